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

void copy_to_lane(std::span<const std::uint64_t> number, std::uint64_t (*lanes)[kLanes], std::size_t lane) noexcept {
  for (std::size_t i = 0; i < number.size(); ++i) lanes[i][lane] = number[i];
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
    if (!load_lane(job, size_class, filling.count)) continue;
    filling.jobs[filling.count] = &job;
    ++filling.count;
    if (filling.count == kLanes) run(filling, size_class);
  }
  if (filling.count == 0) return;
  for (std::size_t lane = filling.count; lane < kLanes; ++lane) copy_lane_0(filling, size_class, lane);
  run(filling, size_class);
}

bool RsaBatch::load_lane(const RsaJob& job, SizeClass& size_class, std::size_t lane) noexcept {
  if (job.signature.size() != job.key->prepared.modulus_bytes) return false;
  const keys::RsaLanes& key = *job.key->lanes;
  kernel::write_limbs({job.signature.data(), job.signature.size()},
                      {&signatures_->signature_s[0][lane], key.limbs(), kLanes});
  if (!is_below(signatures_->signature_s, lane, key.modulus_n())) return false;
  kernel::write_limbs({job.hash.data(), job.hash.size()}, {&signatures_->hash[0][lane], kernel::kHashLimbs, kLanes});
  load_key(key, size_class, lane);
  return true;
}

void RsaBatch::load_key(const keys::RsaLanes& key, SizeClass& size_class, std::size_t lane) noexcept {
  if (size_class.key_ids[lane] == key.id()) return;
  copy_to_lane(key.modulus_n(), size_class.keys.modulus_n, lane);
  copy_to_lane(key.fold_m(), size_class.keys.fold_m, lane);
  copy_to_lane(key.hash_factor_k(), size_class.keys.hash_factor_k, lane);
  copy_to_lane(key.padding_c(), size_class.keys.padding_c, lane);
  copy_to_lane(key.inverse(), size_class.keys.inverse, lane);
  size_class.key_ids[lane] = key.id();
}

// Fills an idle lane with a live one, so that no lane ever computes with what a former batch left.
void RsaBatch::copy_lane_0(const Filling& filling, SizeClass& size_class, std::size_t lane) noexcept {
  load_key(*filling.jobs[0]->key->lanes, size_class, lane);
  for (std::size_t i = 0; i < size_class.keys.limbs; ++i) {
    signatures_->signature_s[i][lane] = signatures_->signature_s[i][0];
  }
  for (auto& limb : signatures_->hash) limb[lane] = limb[0];
}

void RsaBatch::run(Filling& filling, SizeClass& size_class) noexcept {
  const std::uint32_t equal = variant_.run(size_class.keys, *signatures_);
  for (std::size_t lane = 0; lane < filling.count; ++lane) filling.jobs[lane]->valid = (equal >> lane & 1) != 0;
  filling.count = 0;
}

}  // namespace assay::verify
