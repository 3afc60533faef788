// Every bound that a token, a key set, an answer or a host can run into, in one place.
//
// A bound that depends on another is followed by an assertion that states the relation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

// Tokens ------------------------------------------------------------------------------------------

// Longest token that is looked at, in bytes. Configuration may lower it, never raise it.
inline constexpr std::size_t kTokenBytesMax = 16 * 1024;

// Longest opaque token, in bytes: a worker keeps room for one per pending answer.
inline constexpr std::size_t kOpaqueTokenBytesMax = 4 * 1024;
static_assert(kOpaqueTokenBytesMax <= kTokenBytesMax);

// Longest decoded JOSE header, in bytes. Real ones are under 200.
inline constexpr std::size_t kHeaderBytesMax = 4 * 1024;

// Deepest JSON nesting that is read; the outermost object is level 1.
inline constexpr std::size_t kJsonDepthMax = 64;

// Longest `kid` in a token or a key set, in bytes.
inline constexpr std::size_t kKidBytesMax = 256;

// First NumericDate that is too late, in seconds.
inline constexpr std::int64_t kNumericDateEndS = std::int64_t{1} << 53;

// Latest NumericDate that is kept exactly, in microseconds: about the year 148,000. Later ones in range read as this
// one, since 2^53 seconds have no room in int64; a leeway added to it still has.
inline constexpr std::int64_t kNumericDateUsMax = std::int64_t{1} << 62;
static_assert(kNumericDateUsMax / 1'000'000 < kNumericDateEndS);

// Decimal exponents of a larger magnitude count as this one: no text has enough digits to compensate for it.
inline constexpr std::int64_t kNumericDateExponentMax = std::int64_t{1} << 32;
static_assert(kNumericDateExponentMax > 2 * static_cast<std::int64_t>(kTokenBytesMax));

// Entries of a token's `aud` list that are looked at; a longer list is refused.
inline constexpr std::size_t kAudiencesMax = 64;

// Entries of a token's granted scope that are looked at; a longer list is refused.
inline constexpr std::size_t kGrantedScopesMax = 512;

// Longest level name of a bracketed scope, in bytes. Each of the level's values repeats it.
inline constexpr std::size_t kScopeLevelBytesMax = 32;

// Greatest index into a status list that is told from greater ones; no list has room for it.
inline constexpr std::uint32_t kStatusIndexMax = 0xFFFF'FFFF;

// Keys ----------------------------------------------------------------------------------------------

// Keys of one issuer that a token without `kid` is tried against.
inline constexpr std::size_t kKeysTriedMax = 8;

// Keys of one key set; a document with more is refused whole.
inline constexpr std::size_t kKeysPerIssuerMax = 1000;

// Kids of one issuer that are remembered as unknown.
inline constexpr std::size_t kUnknownKidsMax = 1024;

// Most fetches out of turn at once, RefreshPolicy::forced_fetch_burst.
inline constexpr std::uint32_t kForcedFetchBurstMax = 100;

// RSA modulus sizes that are usable, in bits. Larger keys make one verification a denial of service.
inline constexpr std::size_t kRsaModulusBitsMin = 2048;
inline constexpr std::size_t kRsaModulusBitsMax = 16384;

// Largest RSA public exponent, in bits.
inline constexpr std::size_t kRsaExponentBitsMax = 33;

// A token has room for a signature of the largest modulus.
static_assert(kRsaModulusBitsMax / 8 * 4 / 3 < kTokenBytesMax);

// Shortest HMAC secret, in bytes: RFC 7518 sec 3.2 asks for the size of the hash output of HS256.
inline constexpr std::size_t kHmacSecretBytesMin = 32;
inline constexpr std::size_t kHmacSecretBytesMax = 1024;

// Documents fetched from an issuer ------------------------------------------------------------------

inline constexpr std::size_t kJwksBytesMax = 2 * 1024 * 1024;
inline constexpr std::size_t kMetadataBytesMax = 256 * 1024;
inline constexpr std::size_t kIntrospectionBytesMax = 64 * 1024;
static_assert(kNumericDateExponentMax > 2 * static_cast<std::int64_t>(kIntrospectionBytesMax));

// Status lists: as they are fetched, and decompressed; the most that configuration may allow. And how many one issuer
// may have.
inline constexpr std::size_t kStatusTokenBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kStatusListBytesMax = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kStatusListsPerIssuerMax = 256;
static_assert(8 * kStatusListBytesMax < kStatusIndexMax);
static_assert(kNumericDateExponentMax > 2 * static_cast<std::int64_t>(kStatusTokenBytesMax));

// Hosts ---------------------------------------------------------------------------------------------

// Checks that one call of Worker::decide takes; further ones are answered `overloaded`.
inline constexpr std::size_t kBatchMax = 64;

// Introspection calls to one issuer in one second.
inline constexpr std::uint32_t kCallsPerSecondMax = 1'000'000;

// Longest private key and longest bearer token of Assay's own, in bytes.
inline constexpr std::size_t kPrivateKeyBytesMax = 16 * 1024;
inline constexpr std::size_t kOwnTokenBytesMax = 8 * 1024;

// Answers that one worker may be waiting for; further checks that need one are answered `overloaded`.
inline constexpr std::size_t kPendingMax = 1024;

// Of these, how many may wait for keys: tokens with invented kids leave room for opaque tokens.
inline constexpr std::size_t kPendingKeysMax = 256;
static_assert(kPendingKeysMax < kPendingMax);

// Scratch of one check in a worker's batch, in bytes: decoded segments, unescaped strings and the list of claims of a
// token of kTokenBytesMax (a member of 6 characters takes one Claim of 40 bytes).
inline constexpr std::size_t kScratchBytesPerCheck = 9 * kTokenBytesMax;

// Memory of one worker for JWTs that it has verified, in bytes. The smallest budget has room for one token of
// kTokenBytesMax with its claims.
inline constexpr std::size_t kVerifiedCacheBytesDefault = std::size_t{8} * 1024 * 1024;
inline constexpr std::size_t kVerifiedCacheBytesMin = std::size_t{256} * 1024;
static_assert(kVerifiedCacheBytesMin >= kTokenBytesMax + kScratchBytesPerCheck);

// Of the signatures that are accepted without OpenSSL's EVP, one in this many is verified by it as well.
inline constexpr std::uint32_t kRecheckOneInDefault = 4096;

// Security event tokens that are remembered so that none acts twice.
inline constexpr std::size_t kEventsRememberedMax = std::size_t{256} * 1024;

// Workers of one engine: each owns one hazard slot in every snapshot.
inline constexpr std::size_t kWorkersMax = 128;

// Longest value of one identity header of the sidecar, in bytes once percent-encoded: proxies read an answer's whole
// head into a few KiB (nginx: 4 or 8).
inline constexpr std::size_t kIdentityHeaderBytesMax = 4 * 1024;

// Issuers and routes of one policy.
inline constexpr std::size_t kIssuersMax = 1024;
inline constexpr std::size_t kRoutesMax = 4096;

}  // namespace assay
