// RS256 signatures of any keys in any mix: eight at a time in the lanes of a kernel where one runs and has room for the
// key, else one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernel/kernel.h"
#include "keys/key.h"
#include "verify/digest.h"
#include "verify/rsa_single.h"

namespace assay::verify {

// One signature to check, and the answer.
struct RsaJob {
  const keys::Key* key = nullptr;  // RsaBatch::takes it; must outlive the call
  std::span<const std::uint8_t> signature;
  Sha256Hash hash{};  // of the signing input
  bool valid = false;
};

// One worker's lanes. Remembers which keys' constants stand in them, so that a key that comes again costs nothing to
// prepare, in whatever order. About 79 KB, claimed at construction. Thread-confined; movable.
class RsaBatch {
 public:
  explicit RsaBatch(const kernel::RsaVariant& variant);

  // Whether RS256 signatures of `key` can be checked here: of a usable RSA key with e = 65537.
  [[nodiscard]] bool takes(const keys::Key& key) const noexcept;

  // Sets `valid` of every job: whether its signature is its key's over its hash. False for a signature of another size
  // than the modulus, and for one that is not below it.
  //
  //   jobs    any number, in any order; grouped here by size class
  //   cost    for each eight of one class that of one run of the kernel, and less where the last are few; without lanes
  //           that of RsaSingle for each
  //   timing  public data only
  //   spec    RFC 8017 sec 8.2.2
  void verify(std::span<RsaJob> jobs) noexcept;

 private:
  static constexpr std::size_t kSizeClassCount = (kernel::kLimbsMax - kernel::kLimbsMin) / kernel::kLimbsStep + 1;

  // The keys of one size class.
  struct SizeClass {
    kernel::RsaKeyLanes keys;
    std::array<std::uint64_t, kernel::kLanes> key_ids;  // RsaLanes::id by lane; 0: none
    std::size_t next_lane;                              // that gets a new key, if it is free
  };
  // Up to eight jobs of one size class.
  struct Filling {
    std::array<RsaJob*, kernel::kLanes> jobs;
    std::size_t count = 0;
  };
  using JobOfLane = std::array<RsaJob*, kernel::kLanes>;  // null: an idle lane

  [[nodiscard]] bool has_lanes_for(const keys::Key& key) const noexcept;
  void verify_class(std::span<RsaJob> jobs, SizeClass& size_class) noexcept;
  // Gives each job a lane where its key's constants stand, or else a free one, and loads them there.
  [[nodiscard]] static JobOfLane assign_lanes(const Filling& filling, SizeClass& size_class) noexcept;
  void run(Filling& filling, SizeClass& size_class) noexcept;

  kernel::RsaVariant variant_;
  RsaSingle single_;
  std::unique_ptr<std::array<SizeClass, kSizeClassCount>> size_classes_;
};

}  // namespace assay::verify
