#include "verify/rsa_batch.h"

namespace assay::verify {

using kernel::kLanes;

RsaBatch::RsaBatch(const kernel::RsaVariant& variant)
    : variant_(variant), size_classes_(std::make_unique<std::array<SizeClass, kSizeClassCount>>()) {
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
bool RsaBatch::takes(const keys::Key& key) const noexcept { return RsaSingle::takes(key); }
#endif

bool RsaBatch::has_lanes_for(const keys::Key& key) const noexcept {
  return variant_.run != nullptr && key.lanes != nullptr;
}

void RsaBatch::verify(std::span<RsaJob> jobs) noexcept {
  for (RsaJob& job : jobs) {
    if (!has_lanes_for(*job.key)) job.valid = single_.verify(*job.key, job.hash, job.signature);
  }
  if (variant_.run == nullptr) return;
  for (SizeClass& size_class : *size_classes_) verify_class(jobs, size_class);
}

void RsaBatch::verify_class(std::span<RsaJob> jobs, SizeClass& size_class) noexcept {
  Filling filling;
  for (RsaJob& job : jobs) {
    if (!has_lanes_for(*job.key) || job.key->lanes->limbs() != size_class.keys.limbs) continue;
    job.valid = false;
    if (job.signature.size() != job.key->prepared.modulus_bytes) continue;
    filling.jobs[filling.count] = &job;
    ++filling.count;
    if (filling.count == kLanes) run(filling, size_class);
  }
  if (filling.count != 0) run(filling, size_class);
}

RsaBatch::JobOfLane RsaBatch::assign_lanes(const Filling& filling, SizeClass& size_class) noexcept {
  JobOfLane job_of_lane{};
  std::array<RsaJob*, kLanes> others;
  std::size_t other_count = 0;
  for (std::size_t i = 0; i < filling.count; ++i) {
    RsaJob* const job = filling.jobs[i];
    const std::uint64_t id = job->key->lanes->id();
    std::size_t lane = 0;
    while (lane < kLanes && (size_class.key_ids[lane] != id || job_of_lane[lane] != nullptr)) ++lane;
    if (lane < kLanes) {
      job_of_lane[lane] = job;
    } else {
      others[other_count] = job;
      ++other_count;
    }
  }
  // One after the other, so that keys that come in turn stay in lanes of their own.
  for (std::size_t i = 0; i < other_count; ++i) {
    while (job_of_lane[size_class.next_lane] != nullptr) size_class.next_lane = (size_class.next_lane + 1) % kLanes;
    job_of_lane[size_class.next_lane] = others[i];
    const keys::RsaLanes& key = *others[i]->key->lanes;
    key.load(size_class.keys, size_class.next_lane);
    size_class.key_ids[size_class.next_lane] = key.id();
    size_class.next_lane = (size_class.next_lane + 1) % kLanes;
  }
  return job_of_lane;
}

void RsaBatch::run(Filling& filling, SizeClass& size_class) noexcept {
  const JobOfLane job_of_lane = assign_lanes(filling, size_class);
  kernel::RsaSignatureLanes signatures;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    signatures.signature[lane] = nullptr;
    if (job_of_lane[lane] == nullptr) continue;
    signatures.signature[lane] = job_of_lane[lane]->signature.data();
    signatures.signature_bytes[lane] = job_of_lane[lane]->signature.size();
    signatures.hash[lane] = job_of_lane[lane]->hash.data();
  }
  const std::uint32_t equal = variant_.run(size_class.keys, signatures);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (job_of_lane[lane] != nullptr) job_of_lane[lane]->valid = (equal >> lane & 1) != 0;
  }
  filling.count = 0;
}

}  // namespace assay::verify
