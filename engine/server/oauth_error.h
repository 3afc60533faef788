// Error answers of OAuth endpoints that clients call: introspection, revocation. RFC 6749 sec 5.2.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "server/http.h"

namespace assay::server {

// Why a client's call is answered with an error.
struct OauthError {
  int status = 400;
  std::string_view error;        // the registered name: "invalid_client"
  std::string_view description;  // for people; empty: none. Lives as long as what it was read from
};

// 400 invalid_request.
[[nodiscard]] constexpr OauthError invalid_request(std::string_view description) noexcept {
  return {.status = 400, .error = "invalid_request", .description = description};
}
// 401 invalid_client.
[[nodiscard]] constexpr OauthError invalid_client(std::string_view description) noexcept {
  return {.status = 401, .error = "invalid_client", .description = description};
}

// Writes the error answers of one thread.
//
//   body               {"error":"...","error_description":"..."}
//   Cache-Control      no-store
//   WWW-Authenticate   with 401: Basic. RFC 6749 sec 5.2
//   Allow              with 405: POST
//   Retry-After        with 503: RefusalWriter::kRetryAfterSeconds
class OauthErrorWriter {
 public:
  // The response borrows from the writer and lives until the next call. No allocation after the buffer has grown.
  [[nodiscard]] HttpResponse write(const OauthError& error);

 private:
  std::string body_;
  std::array<HttpField, 3> fields_;
};

}  // namespace assay::server
