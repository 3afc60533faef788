#include "verify/target_digest.h"

#include <algorithm>

#include "base/check.h"

namespace assay::verify {
namespace {

// RFC 2104 sec 2.
constexpr char kInnerPad = 0x36;
constexpr char kOuterPad = 0x5c;

std::string_view text_of(const DurableId& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <std::size_t kBytes>
std::string_view text_of(const std::array<char, kBytes>& bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

}  // namespace

TargetDigest::TargetDigest(std::string_view id_key) : kind_(id_key.empty() ? Kind::kPlain : Kind::kKeyed) {
  DurableId hashed_key;
  if (id_key.size() > kSha256BlockBytes) {
    ASSAY_CHECK(sha256_.hash(id_key, hashed_key));
    id_key = text_of(hashed_key);
  }
  PaddedKey key{};
  std::copy(id_key.begin(), id_key.end(), key.begin());
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner_key_[i] = static_cast<char>(key[i] ^ kInnerPad);
    outer_key_[i] = static_cast<char>(key[i] ^ kOuterPad);
  }
}

bool TargetDigest::digest(const state::TargetName& name, DurableId& id) noexcept {
  const state::TargetText text(name);
  const std::array<std::string_view, 4> pieces = text.pieces();
  if (kind_ == Kind::kPlain) return sha256_.hash(pieces, id);
  DurableId inner;
  const std::array<std::string_view, 5> keyed{text_of(inner_key_), pieces[0], pieces[1], pieces[2], pieces[3]};
  return sha256_.hash(keyed, inner) && sha256_.hash(std::array{text_of(outer_key_), text_of(inner)}, id);
}

bool issuer_id_of(std::string_view issuer, Sha256& sha256, std::uint64_t& issuer_id) noexcept {
  Sha256Hash hash;
  if (!sha256.hash(issuer, hash)) return false;
  issuer_id = state::read_big_endian(hash.data());
  return true;
}

}  // namespace assay::verify
