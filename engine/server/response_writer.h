// Writes responses of HTTP/1.1. RFC 9112 sec 4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/http.h"

namespace assay::server {

// The standard phrase of a status; "Unknown" for one that the server never uses by itself. RFC 9110 sec 15.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// What the connection and the request add to a response.
struct ResponseContext {
  enum class Persistence : std::uint8_t {
    kDefault,    // HTTP/1.1 stays open: nothing is said
    kKeepAlive,  // HTTP/1.0 stays open because it asked for that
    kClose,
  };
  Persistence persistence = Persistence::kDefault;
  bool is_head = false;  // the request's method is HEAD
};

// Appends `response` to `out`. A response whose fields could split it is replaced by an empty 500.
// Cost: one pass; allocates only where `out` must grow.
void append_response(std::string& out, const HttpResponse& response, ResponseContext context);

// Appends the server's own refusal: the status, its phrase as a short text body, Connection: close.
void append_refusal(std::string& out, int status);

}  // namespace assay::server
