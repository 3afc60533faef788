// Requests and responses as the generic HTTP server hands them over. Versions of the protocol do not show here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/letter_case.h"

namespace assay::server {

using base::equals_ignoring_case;

// One field line. RFC 9110 sec 5.
//
//   name    a token, spelled as it arrived; never empty
//   value   without the blanks around it; tab, 0x20-0x7E, and 0x80-0xFF, which may not occur in Authorization,
//           Proxy-Authorization, Cookie and the fields that frame a message
struct HttpField {
  std::string_view name;
  std::string_view value;
};

// Who is at the other end of the connection.
struct Peer {
  enum class Kind : std::uint8_t { kTcp, kUnix };
  Kind kind = Kind::kTcp;
  std::string_view address;  // kTcp: numeric, without port and brackets, IPv4-mapped IPv6 as IPv4; kUnix: empty
};

// What the client of a connection has proved, in rising order.
enum class Standing : std::uint8_t {
  kUnproven,  // nothing
  kKnown,     // who it is: it goes before strangers
  kTrusted,   // that it may steer this server: nobody goes before it
};

// One complete request: the head was accepted by the strict reader and the body has arrived whole.
//
// What a handler need not look for, because such requests are refused before: repeated Host, Content-Length,
// Transfer-Encoding or Authorization; Upgrade and CONNECT; a target with a fragment or bytes outside 0x21-0x7E.
// All views live until the request is answered or abandoned (http_server.h).
struct HttpRequest {
  std::string_view method;            // one of the registered methods, upper case
  std::string_view target;            // origin-form, starts with "/"; or "*" where the method is OPTIONS
  int minor_version = 1;              // of HTTP/1.x: 0 or 1
  std::span<const HttpField> fields;  // in the order of arrival; names may repeat except as said above
  std::string_view body;              // decoded; empty where the listener discards bodies
  Peer peer;
  std::uint32_t listener = 0;  // index into HttpServerOptions::listeners

  // The value of the first field of that name, whatever its case; nothing if there is none. Linear in the fields.
  [[nodiscard]] std::optional<std::string_view> find_field(std::string_view name) const noexcept {
    for (const HttpField& field : fields) {
      if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
  }

  // How many fields have that name, whatever its case.
  [[nodiscard]] std::size_t count_field(std::string_view name) const noexcept {
    std::size_t count = 0;
    for (const HttpField& field : fields) count += equals_ignoring_case(field.name, name) ? 1U : 0U;
    return count;
  }
};

// What becomes of the connection once the response is sent.
enum class AfterAnswer : std::uint8_t {
  kAsClientAsked,  // stays open if the client's version and Connection field allow it
  kClose,
};

// One response. Borrows everything for the call of Responder::answer.
//
//   status   200 .. 599
//   fields   written as given. Content-Length, Transfer-Encoding and Connection are the server's and must not be among
//            them. A name or value that could split the response (any control byte but tab) is never sent: the client
//            gets an empty 500 instead
//   body     not sent, but counted by Content-Length, where the request's method is HEAD; ignored with 204 and 304
struct HttpResponse {
  int status = 200;
  std::span<const HttpField> fields = {};
  std::string_view body = {};
  AfterAnswer after = AfterAnswer::kAsClientAsked;
};

}  // namespace assay::server
