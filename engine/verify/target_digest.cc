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

TargetDigest::TargetDigest(std::string_view id_key, const kernel::Sha256Variant& variant)
    : sha256_(variant),
      kind_(id_key.empty() ? Kind::kPlain : Kind::kKeyed),
      batch_(sha256_.runs_kernel() ? std::make_unique<Batch>() : nullptr) {
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
  return digest_pieces(text.pieces(), id);
}

// A target's text begins with its version, a byte that is no letter.
bool TargetDigest::fingerprint(DurableId& fingerprint) noexcept {
  return digest_pieces({"assay id key, fingerprint 1", {}, {}, {}}, fingerprint);
}

bool TargetDigest::digest_pieces(const std::array<std::string_view, 4>& pieces, DurableId& id) noexcept {
  if (kind_ == Kind::kPlain) return sha256_.hash(pieces, id);
  DurableId inner;
  const std::array<std::string_view, 5> keyed{text_of(inner_key_), pieces[0], pieces[1], pieces[2], pieces[3]};
  return sha256_.hash(keyed, inner) && sha256_.hash(std::array{text_of(outer_key_), text_of(inner)}, id);
}

bool TargetDigest::digest_many(std::span<TargetJob> jobs) noexcept {
  if (batch_ == nullptr) {
    return std::all_of(jobs.begin(), jobs.end(), [this](TargetJob& job) { return digest(job.name, job.id); });
  }
  while (!jobs.empty()) {
    const std::size_t count = std::min(jobs.size(), kBatchMax);
    if (!digest_batch(jobs.first(count))) return false;
    jobs = jobs.subspan(count);
  }
  return true;
}

bool TargetDigest::digest_batch(std::span<TargetJob> jobs) noexcept {
  batch_->count = 0;
  for (TargetJob& job : jobs) {
    const state::TargetText text(job.name);
    if (text.bytes() <= kShortTextBytes) {
      add_short(job, text);
    } else if (!digest(job.name, job.id)) {
      return false;
    }
  }
  const std::span<DigestJob> digests = std::span(batch_->digests).first(batch_->count);
  if (!sha256_.hash_many(digests)) return false;
  if (kind_ == Kind::kKeyed) {
    for (std::size_t i = 0; i < batch_->count; ++i) {
      char* const outer = batch_->texts[i].data();
      std::copy(outer_key_.begin(), outer_key_.end(), outer);
      std::copy(digests[i].hash.begin(), digests[i].hash.end(), outer + outer_key_.size());
      digests[i].message = {outer, outer_key_.size() + digests[i].hash.size()};
    }
    if (!sha256_.hash_many(digests)) return false;
  }
  for (std::size_t i = 0; i < batch_->count; ++i) batch_->jobs[i]->id = digests[i].hash;
  return true;
}

void TargetDigest::add_short(TargetJob& job, const state::TargetText& text) noexcept {
  char* const begin = batch_->texts[batch_->count].data();
  char* end = begin;
  if (kind_ == Kind::kKeyed) end = std::copy(inner_key_.begin(), inner_key_.end(), end);
  for (const std::string_view piece : text.pieces()) end = std::copy(piece.begin(), piece.end(), end);
  batch_->digests[batch_->count].message = {begin, static_cast<std::size_t>(end - begin)};
  batch_->jobs[batch_->count] = &job;
  ++batch_->count;
}

bool issuer_id_of(std::string_view issuer, Sha256& sha256, std::uint64_t& issuer_id) noexcept {
  Sha256Hash hash;
  if (!sha256.hash(issuer, hash)) return false;
  issuer_id = state::read_big_endian(hash.data());
  return true;
}

}  // namespace assay::verify
