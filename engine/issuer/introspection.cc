#include "issuer/introspection.h"

#include <algorithm>
#include <utility>

#include "assay/limits.h"
#include "issuer/form_text.h"
#include "jose/json.h"

namespace assay::issuer {

namespace {

// Room for the text with its padding, its unescaped strings and what parse_claims takes, whatever the text is: a member
// has at least 5 characters, its claim 40 bytes; lists are bounded.
std::size_t generous_arena_bytes(std::size_t text_bytes) noexcept {
  return 12 * text_bytes + (kGrantedScopesMax + kAudiencesMax) * sizeof(std::string_view) + 1024;
}
static_assert(sizeof(Claim) <= 5 * 10, "two of the twelve are for the text and its unescaped strings");

}  // namespace

FetchRequest make_introspection_request(const OpaquePolicy& policy, std::string_view token) {
  FetchRequest request;
  request.method = FetchRequest::Method::kPost;
  request.url = policy.introspection_url;
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  append_form_member(request.body, "token", token);
  append_form_member(request.body, "token_type_hint", "access_token");
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
  const Expected<jose::JsonDocument> document =
      jose::read_payload(reader, std::string_view(text.data(), body.size()), arena_);
  if (!document) return fail(ErrorCode::kBadAnswer, document.error().offset);
  text_ = document->text;
  const auto active = std::find_if(document->members.begin(), document->members.end(),
                                   [](const Claim& member) { return member.name == "active"; });
  if (active == document->members.end()) return fail(ErrorCode::kBadAnswer);
  // RFC 7662 sec 2.2: a JSON boolean; the text "true" is none.
  if (active->kind == JsonKind::kFalse) return {};
  if (active->kind != JsonKind::kTrue) return fail(ErrorCode::kBadAnswer);
  const Expected<jose::Claims> claims = jose::parse_claims(*document, arena_);
  if (!claims) return fail(ErrorCode::kBadAnswer, claims.error().offset);
  active_ = true;
  claims_ = *claims;
  return {};
}

std::size_t IntrospectionAnswer::bytes() const noexcept { return sizeof(*this) + arena_.size(); }

}  // namespace assay::issuer
