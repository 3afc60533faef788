#include "server/introspection_writer.h"

#include <charconv>
#include <cstdint>

#include "base/check.h"
#include "server/json_text.h"

namespace assay::server {
namespace {

constexpr HttpField kFields[] = {{.name = "Content-Type", .value = "application/json"},
                                 {.name = "Cache-Control", .value = "no-store"}};
constexpr OauthError kUndecided{
    .status = 503, .error = "temporarily_unavailable", .description = "the token could not be judged now"};

}  // namespace

HttpResponse IntrospectionWriter::write(const Verdict& verdict) {
  ASSAY_CHECK(!verdict.pending());
  if (verdict.verdict_class() == VerdictClass::kCannotDecide) return errors_.write(kUndecided);
  body_.assign(verdict.accepted() ? "{\"active\":true" : "{\"active\":false");
  if (verdict.accepted()) write_active(verdict.token());
  body_ += '}';
  return {.status = 200, .fields = kFields, .body = body_};
}

void IntrospectionWriter::write_active(const VerifiedToken& token) {
  if (!token.scope().empty()) {
    begin_member("scope");
    scope_.clear();
    for (const std::string_view value : token.scope()) {
      if (!scope_.empty()) scope_ += ' ';
      scope_ += value;
    }
    append_json_string(body_, scope_);
  }
  add_text("client_id", token.client());
  add_claim_text("username", token);
  add_text("token_type", "Bearer");
  add_time("exp", token);
  add_time("iat", token);
  add_time("nbf", token);
  add_text("sub", token.subject());
  add_audience(token);
  add_text("iss", token.issuer());
  add_text("jti", token.jwt_id());
}

void IntrospectionWriter::begin_member(std::string_view name) {
  body_ += ',';
  append_json_string(body_, name);
  body_ += ':';
}

void IntrospectionWriter::add_text(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  begin_member(name);
  append_json_string(body_, text);
}

void IntrospectionWriter::add_claim_text(std::string_view name, const VerifiedToken& token) {
  const Claim* const claim = token.find_claim(name);
  if (claim != nullptr && claim->kind == JsonKind::kString) add_text(name, claim->text);
}

// RFC 7519 lets a time have a fraction, RFC 7662 does not. The engine has checked that it is a number from 0 to 2^53,
// all of which a double holds to the second.
void IntrospectionWriter::add_time(std::string_view name, const VerifiedToken& token) {
  const Claim* const claim = token.find_claim(name);
  if (claim == nullptr || claim->kind != JsonKind::kNumber) return;
  double seconds = 0;
  const char* const end = claim->text.data() + claim->text.size();
  if (std::from_chars(claim->text.data(), end, seconds).ec != std::errc()) return;
  std::array<char, 24> digits;
  char* const last = std::to_chars(digits.begin(), digits.end(), static_cast<std::int64_t>(seconds)).ptr;
  begin_member(name);
  body_.append(digits.begin(), last);
}

// One text, or a list of them as the token writes it.
void IntrospectionWriter::add_audience(const VerifiedToken& token) {
  const Claim* const claim = token.find_claim("aud");
  if (claim == nullptr) return;
  if (claim->kind == JsonKind::kString) add_text("aud", claim->text);
  if (claim->kind != JsonKind::kArray) return;
  begin_member("aud");
  body_ += claim->text;
}

}  // namespace assay::server
