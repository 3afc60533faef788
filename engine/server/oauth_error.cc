#include "server/oauth_error.h"

#include <cstddef>
#include <span>

#include "server/challenge.h"
#include "server/json_text.h"

namespace assay::server {

HttpResponse OauthErrorWriter::write(const OauthError& error) {
  body_.assign("{\"error\":");
  append_json_string(body_, error.error);
  if (!error.description.empty()) {
    body_.append(",\"error_description\":");
    append_json_string(body_, error.description);
  }
  body_ += '}';
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
