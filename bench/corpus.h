// Distinct RS256 tokens of about 900 bytes by keys of 2048 bits, the same for every run in one clone.
//
// Claims come from a seed. Keys and signatures are made once and kept in files under build/bench_corpus, because
// signing takes a millisecond a token and making a key a tenth of a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/engine.h"
#include "assay/error.h"
#include "assay/policy.h"

namespace assay::bench {

// The time of every benchmark: 2024-03-12, in the life of the tokens that are not expired.
inline constexpr std::int64_t kNowS = 1'710'221'000;
inline constexpr Now kNow{.wall_us = kNowS * 1'000'000, .monotonic_ns = 1'000'000'000'000};

inline constexpr std::string_view kIssuer = "https://issuer.example/partner/v1";
inline constexpr std::string_view kAudience = "https://api.example/v1";

// What a corpus consists of.
enum class Mix : std::uint8_t {
  kValid,
  kExpired,       // well signed, exp in the past
  kBadSignature,  // one bit of the signature differs, low enough to leave it below the modulus
  kMixed,         // half valid, a quarter each of the others, shuffled
};
inline constexpr Mix kAllMixes[] = {Mix::kValid, Mix::kExpired, Mix::kBadSignature, Mix::kMixed};
[[nodiscard]] std::string_view name_of(Mix mix);

struct CorpusToken {
  std::string compact;
  std::size_t key = 0;                        // index of its key
  ErrorCode expected = ErrorCode::kBadClaim;  // what `decide` must say about it
};

struct Corpus {
  std::string jwks;                 // of all keys, each with a kid
  std::vector<CorpusToken> tokens;  // a multiple of kBatchMax of them, all distinct
};

// The corpus of `keys` keys, every key used equally often. Made on first use, which may take ten seconds; lives as long
// as the program. 1,024 tokens, or as many as the environment variable ASSAY_BENCH_TOKENS says, rounded up to a
// multiple of kBatchMax. Stops the program where the build directory cannot be written.
[[nodiscard]] const Corpus& corpus(std::size_t keys, Mix mix);

// A policy under which `corpus` decides as expected: issuer, audience, times, and a route with a scope.
[[nodiscard]] Policy policy_for(const Corpus& corpus);

// The request that such a token comes with.
[[nodiscard]] Check check_for(const CorpusToken& token);

}  // namespace assay::bench
