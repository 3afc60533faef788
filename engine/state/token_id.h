// Names of what can be revoked: the text behind a durable id, the id in memory, and the ids of one token.
//
//   text        version, kind, issuer and value, each after its length
//   DurableId   SHA-256 of the text, or HMAC-SHA-256 under the fleet's id key: what disks and streams see
//   TargetId    the first 16 bytes of the durable id: what memory compares
//
// Why the id in memory is cut from the durable one, and not a keyed hash of the value: after a restart only durable ids
// are left, so memory must be found by something that both a log and a token lead to. Hashing is therefore paid once
// per token, beside its signature or its introspection, and the ids are kept with the remembered token. A kind without
// entries need not be hashed at all (RevocationTable::holds).
//
// Why 128 bits: two values with one TargetId can only make one revocation forbid more than it names. To have a
// stranger's token refused somebody needs a second preimage (2^128 hashes); a pair of his own (2^64) gains him nothing.
// No collision lets a revoked token pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "assay/revocation_log.h"
#include "base/attributes.h"
#include "base/check.h"

namespace assay::state {

// What a revocation is about, in words. Views are borrowed.
struct TargetName {
  RevocationKind kind = RevocationKind::kToken;
  std::string_view issuer;  // its identifier, byte for byte as in `iss`; empty for an issuer without one
  // An opaque token's text or a JWT's signing input (kToken), jti, sub, client, sid or kid; empty for
  // kIssuerIssuedBefore. Never a JWT's whole text nor its signature: both can be changed and still verify.
  std::string_view value;
};

// The text of a name, in pieces that are hashed one after another. Lengths are big-endian:
//
//   0       4       5       9      10          14         14+i       18+i
//   +-------+-------+-------+-------+-----------+----------+----------+---------+
//   | 00..1 |  01   | 00..1 | kind  | i: 4 byte | issuer   | v: 4 byte | value  |
//   +-------+-------+-------+-------+-----------+----------+----------+---------+
//           version
class TargetText {
 public:
  // Borrows the name's views, which must outlive it. Precondition: each is shorter than 4 GiB.
  explicit TargetText(const TargetName& name) noexcept : name_(name) {
    head_ = {0, 0, 0, 1, kVersion, 0, 0, 0, 1, static_cast<char>(name.kind)};
    put_length(&head_[kLengthAt], name.issuer.size());
    put_length(value_length_.data(), name.value.size());
  }

  // The pieces in their order; they die with this object and the name's views.
  [[nodiscard]] std::array<std::string_view, 4> pieces() const noexcept ASSAY_LIFETIMEBOUND {
    return {std::string_view(head_.data(), head_.size()), name_.issuer,
            std::string_view(value_length_.data(), value_length_.size()), name_.value};
  }
  // Of all pieces together.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return head_.size() + name_.issuer.size() + value_length_.size() + name_.value.size();
  }

 private:
  static constexpr char kVersion = 1;
  static constexpr std::size_t kLengthAt = 10;
  static constexpr std::size_t kLengthBytes = 4;

  static void put_length(char* place, std::size_t length) noexcept {
    ASSAY_DCHECK(length <= std::numeric_limits<std::uint32_t>::max());
    for (std::size_t i = 0; i < kLengthBytes; ++i) place[i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
  }

  TargetName name_;
  std::array<char, kLengthAt + kLengthBytes> head_{};
  std::array<char, kLengthBytes> value_length_{};
};

// A durable id as memory knows it.
struct TargetId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr bool operator==(const TargetId&, const TargetId&) = default;
};

// The eight bytes from `bytes` on as a number, big-endian.
[[nodiscard]] constexpr std::uint64_t read_big_endian(const std::uint8_t* bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof(word); ++i) word = word << 8 | bytes[i];
  return word;
}

// The first 16 bytes of `id`, big-endian.
[[nodiscard]] constexpr TargetId target_id_of(const DurableId& id) noexcept {
  return {.high = read_big_endian(id.data()), .low = read_big_endian(id.data() + 8)};
}

// The `issued_at_us` of a token that does not say when it was issued: before every time.
inline constexpr std::int64_t kIssuedAtUnknown = std::numeric_limits<std::int64_t>::min();

// Everything by which one token may be revoked. Each kind is filled once per token and kept with it.
class TokenTargets {
 public:
  TokenTargets() = default;

  // `issued_at_us` is the token's iat, in microseconds since 1970; kIssuedAtUnknown where it has none.
  explicit TokenTargets(std::int64_t issued_at_us) noexcept : issued_at_us_(issued_at_us) {}

  void set(RevocationKind kind, const TargetId& id) noexcept {
    ids_[place_of(kind)] = id;
    kinds_ |= bit_of(kind);
    known_ |= bit_of(kind);
  }
  // Notes that the token has nothing that a revocation of this kind could name.
  void set_absent(RevocationKind kind) noexcept { known_ |= bit_of(kind); }

  // Meaningful where kinds() has the kind's bit.
  [[nodiscard]] const TargetId& id(RevocationKind kind) const noexcept { return ids_[place_of(kind)]; }
  // bit_of() of each kind that has been set.
  [[nodiscard]] std::uint32_t kinds() const noexcept { return kinds_; }
  // bit_of() of each kind that has been set, absent or not: the others are still to be looked at.
  [[nodiscard]] std::uint32_t known() const noexcept { return known_; }
  [[nodiscard]] std::int64_t issued_at_us() const noexcept { return issued_at_us_; }

  // Every kind's bit.
  static constexpr std::uint32_t kAllKinds = ((std::uint32_t{1} << kRevocationKindCount) - 1) << 1;

  // The bit of a kind in a set of kinds: its number.
  [[nodiscard]] static constexpr std::uint32_t bit_of(RevocationKind kind) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(kind);
  }

 private:
  [[nodiscard]] static constexpr std::size_t place_of(RevocationKind kind) noexcept {
    return static_cast<std::size_t>(kind) - 1;
  }

  std::array<TargetId, kRevocationKindCount> ids_{};
  std::uint32_t kinds_ = 0;
  std::uint32_t known_ = 0;
  std::int64_t issued_at_us_ = kIssuedAtUnknown;
};

}  // namespace assay::state
