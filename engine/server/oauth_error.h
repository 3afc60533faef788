// Error answers of OAuth endpoints that clients call: introspection, revocation. RFC 6749 sec 5.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "server/http.h"

namespace assay::server {

// Why a client that calls has not proved who it is. Names are labels of metrics: never renamed.
enum class ClientFault : std::uint8_t {
  kNone,         // that is not what is wrong
  kMissing,      // no id or no secret
  kOtherScheme,  // Authorization is not Basic
  kMalformed,    // Basic credentials that cannot be read
  kTwoWays,      // two ways of authentication at once
  kTwoIds,       // client_id is another one than that of Basic
  kWrong,        // no such client, or another secret
};
inline constexpr std::size_t kClientFaultCount = 7;
[[nodiscard]] std::string_view name_of(ClientFault fault) noexcept;

// The refusals of one worker, by ClientFault; kNone counts nothing. Written by the worker (base/counters.h).
using ClientFaultCounters = base::Counters<kClientFaultCount>;

// Why a client's call is answered with an error.
struct OauthError {
  int status = 400;
  std::string_view error;        // the registered name: "invalid_client"
  std::string_view description;  // for people; empty: none. Lives as long as what it was read from
  ClientFault client_fault = ClientFault::kNone;
};

// 400 invalid_request.
[[nodiscard]] constexpr OauthError invalid_request(std::string_view description,
                                                   ClientFault fault = ClientFault::kNone) noexcept {
  return {.status = 400, .error = "invalid_request", .description = description, .client_fault = fault};
}
// 401 invalid_client.
[[nodiscard]] constexpr OauthError invalid_client(std::string_view description, ClientFault fault) noexcept {
  return {.status = 401, .error = "invalid_client", .description = description, .client_fault = fault};
}

// Counts an error that is about who the client is, and no other.
inline void count_client_fault(const OauthError& error, ClientFaultCounters& counters) noexcept {
  if (error.client_fault != ClientFault::kNone) counters.add(static_cast<std::size_t>(error.client_fault));
}

// Appends {"error":"...","error_description":"..."}; an empty description is left out.
void append_oauth_error(std::string& json, std::string_view error, std::string_view description);

// Writes the error answers of one thread.
//
//   body               append_oauth_error
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
