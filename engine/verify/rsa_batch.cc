#include "verify/rsa_batch.h"

namespace assay::verify {

using kernel::kLanes;

namespace {

// Whether the number in `lane` is below `bound`. Nearly always the highest limbs tell.
bool is_below(const std::uint64_t (*number)[kLanes], std::size_t lane, std::span<const std::uint64_t> bound) noexcept {
  for (std::size_t i = bound.size(); i-- > 0;) {
    if (number[i][lane] != bound[i]) return number[i][lane] < bound[i];
  }
  return false;
}

using KeyOfLane = std::array<const keys::RsaLanes*, kLanes>;

// Limb i of lane l's number to rows[i][l]. Row by row, because a row is one cache line.
template <typename NumberOf>
void interleave(const KeyOfLane& keys, NumberOf number_of, std::uint64_t (*rows)[kLanes]) noexcept {
  std::array<const std::uint64_t*, kLanes> numbers;
  for (std::size_t lane = 0; lane < kLanes; ++lane) numbers[lane] = (keys[lane]->*number_of)().data();
  const std::size_t count = (keys[0]->*number_of)().size();
  for (std::size_t i = 0; i < count; ++i) {
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < kLanes; ++lane) rows[i][lane] = numbers[lane][i];
  }
}

}  // namespace

RsaBatch::RsaBatch(const kernel::RsaVariant& variant)
    : variant_(variant),
      size_classes_(std::make_unique<std::array<SizeClass, kSizeClassCount>>()),
      signatures_(std::make_unique<kernel::RsaSignatureLanes>()) {
  std::size_t limbs = kernel::kLimbsMin;
  for (SizeClass& size_class : *size_classes_) {
    size_class.keys.limbs = limbs;
    limbs += kernel::kLimbsStep;
  }
}

#ifdef ASSAY_UNSAFE_SIGNATURES_FOR_FUZZING
// There a signature is a fixed byte, which EvpVerifier alone knows.
bool RsaBatch::takes(const keys::Key&) const noexcept { return false; }
#else
bool RsaBatch::takes(const keys::Key& key) const noexcept {
  return variant_.run != nullptr && key.lanes != nullptr && key.usable();
}
#endif

void RsaBatch::verify(std::span<RsaJob> jobs) noexcept {
  for (SizeClass& size_class : *size_classes_) verify_class(jobs, size_class);
}

void RsaBatch::verify_class(std::span<RsaJob> jobs, SizeClass& size_class) noexcept {
  Filling filling;
  for (RsaJob& job : jobs) {
    if (job.key->lanes->limbs() != size_class.keys.limbs) continue;
    job.valid = false;
    if (!load_signature(job, filling.count)) continue;
    filling.jobs[filling.count] = &job;
    ++filling.count;
    if (filling.count == kLanes) run(filling, size_class);
  }
  if (filling.count == 0) return;
  fill_idle_lanes(filling, size_class.keys.limbs);
  run(filling, size_class);
}

bool RsaBatch::load_signature(const RsaJob& job, std::size_t lane) noexcept {
  if (job.signature.size() != job.key->prepared.modulus_bytes) return false;
  const keys::RsaLanes& key = *job.key->lanes;
  kernel::write_limbs({job.signature.data(), job.signature.size()},
                      {&signatures_->signature_s[0][lane], key.limbs(), kLanes});
  if (!is_below(signatures_->signature_s, lane, key.modulus_n())) return false;
  kernel::write_limbs({job.hash.data(), job.hash.size()}, {&signatures_->hash[0][lane], kernel::kHashLimbs, kLanes});
  return true;
}

// Copies lane 0, so that no lane ever computes with what a former batch, or a refused signature, left.
void RsaBatch::fill_idle_lanes(Filling& filling, std::size_t limbs) noexcept {
  const auto copy = [&](std::uint64_t(*rows)[kLanes], std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t lane = filling.count; lane < kLanes; ++lane) rows[i][lane] = rows[i][0];
    }
  };
  copy(signatures_->signature_s, limbs);
  copy(signatures_->hash, kernel::kHashLimbs);
  for (std::size_t lane = filling.count; lane < kLanes; ++lane) filling.jobs[lane] = filling.jobs[0];
}

void RsaBatch::load_keys(const Filling& filling, SizeClass& size_class) noexcept {
  KeyOfLane keys;
  std::array<std::uint64_t, kLanes> ids;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    keys[lane] = filling.jobs[lane]->key->lanes.get();
    ids[lane] = keys[lane]->id();
  }
  if (ids == size_class.key_ids) return;
  interleave(keys, &keys::RsaLanes::modulus_n, size_class.keys.modulus_n);
  interleave(keys, &keys::RsaLanes::fold_m, size_class.keys.fold_m);
  interleave(keys, &keys::RsaLanes::hash_factor_k, size_class.keys.hash_factor_k);
  interleave(keys, &keys::RsaLanes::padding_c, size_class.keys.padding_c);
  interleave(keys, &keys::RsaLanes::inverse, size_class.keys.inverse);
  size_class.key_ids = ids;
}

void RsaBatch::run(Filling& filling, SizeClass& size_class) noexcept {
  load_keys(filling, size_class);
  const std::uint32_t equal = variant_.run(size_class.keys, *signatures_);
  for (std::size_t lane = 0; lane < filling.count; ++lane) filling.jobs[lane]->valid = (equal >> lane & 1) != 0;
  filling.count = 0;
}

}  // namespace assay::verify
