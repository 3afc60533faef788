// Turns a refusal into a response: status, one challenge, fields for the proxy and a small JSON body.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "assay/settings.h"
#include "server/http.h"
#include "server/refusal.h"

namespace assay::server {

// Writes the refusals of one listener of one worker. Thread-confined.
//
//   status             of the code's class (error.h). In mode auth_request 400 becomes 401 with X-Assay-Status: 400,
//                      because nginx passes on 401 and 403 alone
//   WWW-Authenticate   exactly one on 400, 401 and 403, none on 503: RFC 6750 sec 3. It has `error` unless the class
//                      sends none, `scope` with insufficient_scope, `error_description` only with client_detail
//   X-Assay-Code       the code's public name: for the proxy's log
//   Cache-Control      no-store
//   Retry-After        with 503: kRetryAfterSeconds
//   body               {"error":"..."}: the OAuth error, or the class's name where OAuth has none. With
//                      client_detail also "code" and "detail"
class RefusalWriter {
 public:
  static constexpr const char* kRetryAfterSeconds = "5";

  explicit RefusalWriter(const ListenerSettings& settings);

  // Precondition: the code is not kNone.
  // The response borrows from the writer and lives until the next call. No allocation after the buffers have grown.
  [[nodiscard]] HttpResponse write(const Refusal& refusal);

 private:
  static constexpr std::size_t kFieldsMax = 5;

  void write_challenge(const Refusal& refusal);
  void write_body(const Refusal& refusal);
  // Bytes of `value` that a parameter cannot hold become "?".
  void add_parameter(std::string_view name, std::string_view value);
  void add_field(std::string_view name, std::string_view value);

  const ListenerMode mode_;
  const bool client_detail_;
  const std::string challenge_start_;  // "Bearer", or "Bearer realm=..."
  std::string challenge_, description_, body_;
  std::array<HttpField, kFieldsMax> fields_;
  std::size_t field_count_ = 0;
};

}  // namespace assay::server
