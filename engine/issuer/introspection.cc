#include "issuer/introspection.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "assay/limits.h"
#include "jose/json.h"

namespace assay::issuer {

namespace {

bool is_form_literal(char c) noexcept {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
}

// application/x-www-form-urlencoded, of any bytes. RFC 6749 appendix B.
void append_form_encoded(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_form_literal(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    }
  }
}

// The padded base64 of RFC 4648 sec 4, which HTTP Basic wants.
std::string base64_encode(std::string_view octets) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::string_view group = octets.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= group.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

// Room for the text with its padding, its unescaped strings and what parse_claims takes, whatever the text is: a member
// has at least 5 characters, its claim 40 bytes; lists are bounded.
std::size_t generous_arena_bytes(std::size_t text_bytes) noexcept {
  return 12 * text_bytes + (kGrantedScopesMax + kAudiencesMax) * sizeof(std::string_view) + 1024;
}
static_assert(sizeof(Claim) <= 5 * 10, "two of the twelve are for the text and its unescaped strings");

}  // namespace

FetchRequest make_introspection_request(const OpaquePolicy& policy, std::string_view token) {
  std::string credentials;
  append_form_encoded(credentials, policy.client_id);
  credentials += ':';
  append_form_encoded(credentials, policy.client_secret);

  FetchRequest request;
  request.method = FetchRequest::Method::kPost;
  request.url = policy.introspection_url;
  request.headers = {{"Accept", "application/json"},
                     {"Content-Type", "application/x-www-form-urlencoded"},
                     {"Authorization", "Basic " + base64_encode(credentials)}};
  request.body = "token=";
  append_form_encoded(request.body, token);
  request.body += "&token_type_hint=access_token";
  request.response_bytes_max = kIntrospectionBytesMax;
  request.timeout = policy.timeout;
  return request;
}

Expected<std::shared_ptr<const IntrospectionAnswer>> IntrospectionAnswer::parse(std::string_view body) {
  if (body.size() > kIntrospectionBytesMax) return fail(ErrorCode::kBadAnswer, kIntrospectionBytesMax);
  // Read once to see how much memory it takes, and once into exactly that much: answers are remembered in a cache with
  // a byte budget.
  IntrospectionAnswer trial(Maker(), generous_arena_bytes(body.size()));
  if (const Expected<void> read = trial.read(body); !read) return Unexpected(read.error());
  const std::size_t escapes_bytes = body.find('\\') == std::string_view::npos ? 0 : body.size();
  const auto answer = std::make_shared<IntrospectionAnswer>(Maker(), trial.arena_.used() + escapes_bytes);
  if (const Expected<void> read = answer->read(body); !read) return Unexpected(read.error());
  return answer;
}

Expected<void> IntrospectionAnswer::read(std::string_view body) {
  const std::span<char> text = arena_.take<char>(body.size() + jose::kJsonPaddingBytes);
  if (text.empty()) return fail(ErrorCode::kBadAnswer);
  std::fill(std::copy(body.begin(), body.end(), text.begin()), text.end(), '\0');
  jose::JsonReader reader(body.size());
  const Expected<jose::JsonValue> root = reader.read(std::string_view(text.data(), body.size()), arena_);
  if (!root) return fail(ErrorCode::kBadAnswer, root.error().offset);
  text_ = root->text();
  const jose::JsonValue::Found active = root->find("active");
  if (!active) return fail(ErrorCode::kBadAnswer);
  // RFC 7662 sec 2.2: a JSON boolean; the text "true" is none.
  if (active.value.kind() == JsonKind::kFalse) return {};
  if (active.value.kind() != JsonKind::kTrue) return fail(ErrorCode::kBadAnswer);
  const Expected<jose::Claims> claims = jose::parse_claims(*root, arena_);
  if (!claims) return fail(ErrorCode::kBadAnswer, claims.error().offset);
  active_ = true;
  claims_ = *claims;
  return {};
}

std::size_t IntrospectionAnswer::bytes() const noexcept { return sizeof(*this) + arena_.size(); }

}  // namespace assay::issuer
