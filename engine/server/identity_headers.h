// The accepted answer: who the token speaks for, in fields that the proxy copies into the request to the backend.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/limits.h"
#include "assay/settings.h"
#include "assay/token.h"
#include "server/http.h"
#include "server/refusal.h"

namespace assay::server {

// Percent-encodes `text` into `room`: bytes outside 0x21-0x7E, and "%", become "%XX" with capital digits.
//
//   returns   the bytes written; room.size() + 1 if they do not fit (nothing past `room` is touched)
[[nodiscard]] std::size_t percent_encode(std::string_view text, std::span<char> room) noexcept;

// Writes the accepting responses of one listener of one worker. Thread-confined.
//
// Every field is present in every response, empty if the token has no such claim, so that a proxy that overwrites what
// it copies also overwrites what a client sent:
//
//   X-Assay-Subject   sub
//   X-Assay-Client    client_id, else azp
//   X-Assay-Issuer    the token's own iss
//   X-Assay-Scope     the granted scope, one blank between two values
//   X-Assay-Expires   exp in whole seconds since the epoch, rounded down; empty if the token never expires
//   claim headers     a string's text, another value's JSON text, nothing for null
//
// Values are percent-encoded, so none can hold a blank, a control byte or a byte >= 0x80.
class IdentityWriter {
 public:
  explicit IdentityWriter(const ListenerSettings& settings);

  // The response, which lives until the next call and borrows from the writer and its settings. No allocation.
  // Error: kBadClaim with the field's name where a value is longer than kIdentityHeaderBytesMax once encoded.
  [[nodiscard]] tl::expected<HttpResponse, Refusal> write(const VerifiedToken& token) noexcept;

  // The names of all fields that a response has, in its order.
  [[nodiscard]] static std::vector<std::string_view> field_names(const ListenerSettings& settings);

 private:
  [[nodiscard]] std::span<char> room_of(std::size_t index) noexcept;
  // Each writes the value of field `index`; false if it is too long.
  [[nodiscard]] bool put_text(std::size_t index, std::string_view text) noexcept;
  [[nodiscard]] bool put_scope(std::size_t index, std::span<const std::string_view> scope) noexcept;

  std::vector<std::string_view> claims_;  // of the claim headers
  std::vector<HttpField> fields_;
  std::unique_ptr<char[]> room_;  // kIdentityHeaderBytesMax for each field, touched only where used
};

}  // namespace assay::server
