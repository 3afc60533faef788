#include "server/challenge.h"

#include <algorithm>

#include "base/check.h"
#include "server/json_text.h"

namespace assay::server {
namespace {

constexpr std::string_view kScheme = "Bearer";

// What error, error_description and scope may hold between their quotes. RFC 6750 sec 3.
constexpr bool is_plain_text(char c) noexcept { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; }

// A quoted-string. RFC 9110 sec 5.6.4. Bytes that it cannot hold become "?".
std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c >= 0x20 && c <= 0x7e ? c : '?';
  }
  return quoted + '"';
}

// The OAuth error of a code; empty where none is sent. A path without a route is no question of scope.
std::string_view oauth_error_of(ErrorCode code) noexcept {
  if (code == ErrorCode::kNoRoute) return {};
  return facts_of(facts_of(code).verdict_class).oauth_error;
}

bool has_challenge(int status) noexcept { return status >= 400 && status < 500; }

}  // namespace

RefusalWriter::RefusalWriter(const ListenerSettings& settings)
    : mode_(settings.mode),
      client_detail_(settings.client_detail),
      challenge_start_(settings.realm.empty() ? std::string(kScheme)
                                              : std::string(kScheme) + " realm=" + quote(settings.realm)) {}

HttpResponse RefusalWriter::write(const Refusal& refusal) {
  ASSAY_CHECK(refusal.code != ErrorCode::kNone);
  const ErrorFacts facts = facts_of(refusal.code);
  int status = facts_of(facts.verdict_class).http_status;
  description_.assign(facts.text);
  if (!refusal.detail.empty()) description_.append(": ").append(refusal.detail);
  write_body(refusal);

  field_count_ = 0;
  add_field("Content-Type", "application/json");
  add_field("Cache-Control", "no-store");
  add_field("X-Assay-Code", facts.name);
  if (has_challenge(status)) {
    write_challenge(refusal);
    add_field("WWW-Authenticate", challenge_);
  } else {
    add_field("Retry-After", kRetryAfterSeconds);
  }
  if (mode_ == ListenerMode::kAuthRequest && status == 400) {
    add_field("X-Assay-Status", "400");
    status = 401;
  }
  return {.status = status, .fields = {fields_.data(), field_count_}, .body = body_};
}

void RefusalWriter::write_challenge(const Refusal& refusal) {
  challenge_.assign(challenge_start_);
  const std::string_view error = oauth_error_of(refusal.code);
  if (error.empty()) return;
  add_parameter("error", error);
  if (client_detail_) add_parameter("error_description", description_);
  // A scope that the attribute cannot hold is left out: a changed one would send the client for the wrong token.
  const bool has_scope = refusal.code == ErrorCode::kInsufficientScope && !refusal.detail.empty();
  if (has_scope && std::all_of(refusal.detail.begin(), refusal.detail.end(), is_plain_text)) {
    add_parameter("scope", refusal.detail);
  }
}

void RefusalWriter::write_body(const Refusal& refusal) {
  const ErrorFacts facts = facts_of(refusal.code);
  const std::string_view error = oauth_error_of(refusal.code);
  body_.assign("{\"error\":");
  append_json_string(body_, error.empty() ? facts_of(facts.verdict_class).name : error);
  if (client_detail_) {
    body_.append(",\"code\":");
    append_json_string(body_, facts.name);
    body_.append(",\"detail\":");
    append_json_string(body_, description_);
  }
  body_ += '}';
}

void RefusalWriter::add_parameter(std::string_view name, std::string_view value) {
  challenge_.append(challenge_.size() == kScheme.size() ? " " : ", ");
  challenge_.append(name).append("=\"");
  for (const char c : value) challenge_ += is_plain_text(c) ? c : '?';
  challenge_ += '"';
}

void RefusalWriter::add_field(std::string_view name, std::string_view value) {
  fields_[field_count_++] = {.name = name, .value = value};
}

}  // namespace assay::server
