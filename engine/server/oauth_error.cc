#include "server/oauth_error.h"

#include <cstddef>
#include <span>

#include "server/challenge.h"
#include "server/json_text.h"

namespace assay::server {

std::string_view name_of(ClientFault fault) noexcept {
  switch (fault) {
    case ClientFault::kNone: return "none";
    case ClientFault::kMissing: return "missing";
    case ClientFault::kOtherScheme: return "other_scheme";
    case ClientFault::kMalformed: return "malformed";
    case ClientFault::kTwoWays: return "two_ways";
    case ClientFault::kTwoIds: return "two_ids";
    case ClientFault::kWrong: return "wrong";
  }
  return "none";
}

void append_oauth_error(std::string& json, std::string_view error, std::string_view description) {
  json += "{\"error\":";
  append_json_string(json, error);
  if (!description.empty()) {
    json += ",\"error_description\":";
    append_json_string(json, description);
  }
  json += '}';
}

HttpResponse OauthErrorWriter::write(const OauthError& error) {
  body_.clear();
  append_oauth_error(body_, error.error, error.description);
  std::size_t count = 2;
  fields_ = {{{.name = "Content-Type", .value = "application/json"}, {.name = "Cache-Control", .value = "no-store"}}};
  if (error.status == 401) {
    fields_[count++] = {.name = "WWW-Authenticate", .value = "Basic realm=\"assay\", charset=\"UTF-8\""};
  } else if (error.status == 405) {
    fields_[count++] = {.name = "Allow", .value = "POST"};
  } else if (error.status == 503) {
    fields_[count++] = {.name = "Retry-After", .value = RefusalWriter::kRetryAfterSeconds};
  }
  return {.status = error.status, .fields = std::span(fields_).first(count), .body = body_};
}

}  // namespace assay::server
