// Revocations and tokens of the revocation bench: as many as wanted, the same in every run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "assay/revocation_log.h"
#include "state/token_id.h"

namespace assay::bench {

inline constexpr std::size_t kBlock = 64;
inline constexpr std::size_t kIdsPerToken = 7;
inline constexpr std::int64_t kMassExpiryUs =
    5'000'000'000;  // when a tenth of the entries may be forgotten, all at once

// SplitMix64: cheap, and ids are as if random anyway.
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// Entry `number`: kinds in turn, every tenth to be forgotten at kMassExpiryUs.
inline RevocationRecord record_of(std::uint64_t number) {
  RevocationRecord record;
  for (std::size_t i = 0; i < record.id.size(); ++i) {
    record.id[i] = static_cast<std::uint8_t>(mix(4 * number + i / 8) >> (56 - 8 * (i % 8)));
  }
  record.kind = static_cast<RevocationKind>(1 + number % kRevocationKindCount);
  record.issued_before_us = has_issued_before(record.kind) ? 1'000 : 0;
  record.forget_at_us = number % 10 == 0 ? kMassExpiryUs : kNeverForgotten;
  return record;
}

enum class Which : std::uint8_t { kMiss, kHit };

// A block of tokens that has not been seen before; kHit: one random id of each is an entry's, so that it is revoked.
class Tokens {
 public:
  Tokens(std::size_t entry_count, std::uint64_t seed) : entry_count_(entry_count), next_(seed) {}

  const std::array<state::TokenTargets, kBlock>& make(Which which) {
    for (state::TokenTargets& token : tokens_) {
      token = state::TokenTargets(0);
      for (std::size_t kind = 2; kind < 2 + kIdsPerToken; ++kind) {
        token.set(static_cast<RevocationKind>(kind), {.high = mix(++next_), .low = mix(~next_)});
      }
      if (which == Which::kMiss) continue;
      std::uint64_t number = mix(++next_) % entry_count_;
      number += number % kRevocationKindCount == 0 ? 1 : 0;  // kind 1 is not among a token's
      const RevocationRecord record = record_of(number);
      token.set(record.kind, state::target_id_of(record.id));
    }
    return tokens_;
  }

 private:
  std::size_t entry_count_;
  std::uint64_t next_;
  std::array<state::TokenTargets, kBlock> tokens_;
};

}  // namespace assay::bench
