#include "issuer/client_credentials.h"

#include <algorithm>

#include "assay/limits.h"
#include "base/arena.h"
#include "base/letter_case.h"
#include "issuer/form_text.h"
#include "jose/compact.h"
#include "jose/json.h"
#include "jose/numeric_date.h"

namespace assay::issuer {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;
constexpr std::int64_t kUnsaidLifeUs = 300 * kUsPerS;
constexpr std::int64_t kLifeUsMax = 86'400 * kUsPerS;
constexpr std::int64_t kMarginUsMax = 30 * kUsPerS;

}  // namespace

FetchRequest make_token_request(const OpaquePolicy& policy) {
  FetchRequest request;
  request.method = FetchRequest::Method::kPost;
  request.url = policy.token_url;
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  append_form_member(request.body, "grant_type", "client_credentials");
  if (!policy.token_scope.empty()) append_form_member(request.body, "scope", policy.token_scope);
  request.response_bytes_max = kIntrospectionBytesMax;
  request.timeout = policy.timeout;
  return request;
}

std::optional<OwnToken> parse_token_answer(std::string_view body) {
  if (body.size() > kIntrospectionBytesMax) return std::nullopt;
  std::string text;
  text.reserve(body.size() + jose::kJsonPaddingBytes);
  text.append(body).append(jose::kJsonPaddingBytes, '\0');
  base::Arena arena(body.size());
  jose::JsonReader reader(body.size());
  const Expected<jose::JsonValue> root = reader.read({text.data(), body.size()}, arena);
  if (!root) return std::nullopt;
  const jose::JsonValue::Found token = root->find("access_token");
  const jose::JsonValue::Found type = root->find("token_type");
  if (!token || token.value.kind() != JsonKind::kString || !type || type.value.kind() != JsonKind::kString) {
    return std::nullopt;
  }
  const std::string_view token_text = token.value.text();
  const bool can_be_sent =
      !token_text.empty() && token_text.size() <= kOwnTokenBytesMax && jose::is_b64token(token_text);
  if (!can_be_sent || !base::equals_ignoring_case(type.value.text(), "bearer")) return std::nullopt;
  OwnToken own{.text = std::string(token_text), .life_us = std::nullopt};
  const jose::JsonValue::Found life = root->find("expires_in");
  if (!life) return own;
  if (life.value.kind() != JsonKind::kNumber) return std::nullopt;
  const Expected<NumericDate> seconds = jose::parse_numeric_date(life.value.text(), jose::Rounding::kDown);
  if (!seconds) return std::nullopt;
  own.life_us = seconds->us;
  return own;
}

std::int64_t use_of_own_token_ns(const OwnToken& token) noexcept {
  const std::int64_t life_us = std::min(token.life_us.value_or(kUnsaidLifeUs), kLifeUsMax);
  return (life_us - std::min(life_us / 4, kMarginUsMax)) * 1000;
}

}  // namespace assay::issuer
