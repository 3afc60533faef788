// Durable ids: the digest of what a revocation is about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "assay/revocation_log.h"
#include "state/token_id.h"
#include "verify/digest.h"

namespace assay::verify {

// Bytes of the block over which SHA-256 works, and with it of HMAC's padded key. RFC 2104 sec 2.
inline constexpr std::size_t kSha256BlockBytes = 64;

// A name and, once it is made, its durable id.
struct TargetJob {
  state::TargetName name;  // its views must outlive the call
  DurableId id{};
};

// Makes durable ids: SHA-256 of the name's text, or HMAC-SHA-256 where the fleet has an id key. Thread-confined.
class TargetDigest {
 public:
  // `id_key` is copied; empty: plain SHA-256. A key of any size: one over a block is hashed first. RFC 2104 sec 2.
  // With a variant digest_many() uses it; without one, or with one that runs nothing, OpenSSL hashes.
  explicit TargetDigest(std::string_view id_key, const kernel::Sha256Variant& variant = kernel::KernelTable{}.sha256);

  // Makes the durable id of `name`. False if OpenSSL fails; `id` is then unspecified. Allocates nothing.
  //
  //   cost   one SHA-256 of 18 bytes, issuer and value, and two more blocks and one digest with an id key;
  //          bench/revocation_bench.cc prints it
  //   spec   RFC 2104 sec 2
  [[nodiscard]] bool digest(const state::TargetName& name, DurableId& id) noexcept;

  // Sets the id of all jobs, of any number. False if OpenSSL fails. Allocates nothing.
  //
  //   cost   texts of up to kShortTextBytes go to the kernel together; longer ones are hashed one by one by OpenSSL
  [[nodiscard]] bool digest_many(std::span<TargetJob> jobs) noexcept;

  static constexpr std::size_t kShortTextBytes = 320;

  // Tells one id key from another, and from none, without telling anything of it: made as the id of a text that no
  // target has. False if OpenSSL fails.
  [[nodiscard]] bool fingerprint(DurableId& fingerprint) noexcept;

 private:
  [[nodiscard]] bool digest_pieces(const std::array<std::string_view, 4>& pieces, DurableId& id) noexcept;

  enum class Kind : std::uint8_t { kPlain, kKeyed };
  using PaddedKey = std::array<char, kSha256BlockBytes>;
  // Short texts side by side.
  struct Batch {
    std::array<std::array<char, kSha256BlockBytes + kShortTextBytes>, kBatchMax> texts;
    std::array<DigestJob, kBatchMax> digests;
    std::array<TargetJob*, kBatchMax> jobs;  // by digest
    std::size_t count = 0;
  };
  void add_short(TargetJob& job, const state::TargetText& text) noexcept;
  [[nodiscard]] bool digest_batch(std::span<TargetJob> jobs) noexcept;

  Sha256 sha256_;
  Kind kind_;
  PaddedKey inner_key_{};
  PaddedKey outer_key_{};
  std::unique_ptr<Batch> batch_;  // none where no kernel runs
};

// Identifies an issuer in the log without an index of the policy: the first 8 bytes of SHA-256 of its identifier,
// big-endian. False if OpenSSL fails.
[[nodiscard]] bool issuer_id_of(std::string_view issuer, Sha256& sha256, std::uint64_t& issuer_id) noexcept;

}  // namespace assay::verify
