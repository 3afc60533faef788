// Durable ids: the digest of what a revocation is about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "assay/revocation_log.h"
#include "state/token_id.h"
#include "verify/digest.h"

namespace assay::verify {

// Bytes of the block over which SHA-256 works, and with it of HMAC's padded key. RFC 2104 sec 2.
inline constexpr std::size_t kSha256BlockBytes = 64;

// Makes durable ids: SHA-256 of the name's text, or HMAC-SHA-256 where the fleet has an id key. Thread-confined.
class TargetDigest {
 public:
  // `id_key` is copied; empty: plain SHA-256. A key of any size: one over a block is hashed first. RFC 2104 sec 2.
  explicit TargetDigest(std::string_view id_key);

  // Makes the durable id of `name`. False if OpenSSL fails; `id` is then unspecified. Allocates nothing.
  //
  //   cost   one SHA-256 of 18 bytes, issuer and value, and two more blocks and one digest with an id key;
  //          bench/revocation_bench.cc prints it
  //   spec   RFC 2104 sec 2
  [[nodiscard]] bool digest(const state::TargetName& name, DurableId& id) noexcept;

 private:
  enum class Kind : std::uint8_t { kPlain, kKeyed };
  using PaddedKey = std::array<char, kSha256BlockBytes>;

  Sha256 sha256_;
  Kind kind_;
  PaddedKey inner_key_{};
  PaddedKey outer_key_{};
};

// Identifies an issuer in the log without an index of the policy: the first 8 bytes of SHA-256 of its identifier,
// big-endian. False if OpenSSL fails.
[[nodiscard]] bool issuer_id_of(std::string_view issuer, Sha256& sha256, std::uint64_t& issuer_id) noexcept;

}  // namespace assay::verify
