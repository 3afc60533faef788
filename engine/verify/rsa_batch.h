// RS256 signatures of any keys in any mix, eight at a time in the lanes of a kernel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernel/kernel.h"
#include "keys/key.h"
#include "verify/digest.h"

namespace assay::verify {

// One signature to check, and the answer.
struct RsaJob {
  const keys::Key* key = nullptr;  // RsaBatch::takes it; must outlive the call
  std::span<const std::uint8_t> signature;
  Sha256Hash hash{};  // of the signing input
  bool valid = false;
};

// One worker's lanes. Remembers which keys' constants stand in them, so that a key that comes again costs nothing to
// prepare. About 70 KB, claimed at construction. Thread-confined; movable.
class RsaBatch {
 public:
  explicit RsaBatch(const kernel::RsaVariant& variant);

  // Whether RS256 signatures of `key` can be checked here. False for every key where the variant leaves them to
  // OpenSSL.
  [[nodiscard]] bool takes(const keys::Key& key) const noexcept;

  // Sets `valid` of every job: whether its signature is its key's over its hash. False for a signature of another size
  // than the modulus, and for one that is not below it.
  //
  //   jobs    any number, in any order; grouped here by size class. Eight of one class cost as much as one
  //   timing  public data only
  //   spec    RFC 8017 sec 8.2.2
  void verify(std::span<RsaJob> jobs) noexcept;

 private:
  static constexpr std::size_t kSizeClassCount = (kernel::kLimbsMax - kernel::kLimbsMin) / kernel::kLimbsStep + 1;

  // The keys of one size class.
  struct SizeClass {
    kernel::RsaKeyLanes keys;
    std::array<std::uint64_t, kernel::kLanes> key_ids;  // RsaLanes::id by lane; 0: none
  };
  // What stands in the lanes of the batch that is being filled.
  struct Filling {
    std::array<RsaJob*, kernel::kLanes> jobs;
    std::size_t count = 0;  // lanes whose verdict is asked for
  };

  void verify_class(std::span<RsaJob> jobs, SizeClass& size_class) noexcept;
  // Whether the job's signature has the right size and is below the modulus; then it stands in `lane`.
  [[nodiscard]] bool load_signature(const RsaJob& job, std::size_t lane) noexcept;
  void fill_idle_lanes(Filling& filling, std::size_t limbs) noexcept;
  static void load_keys(const Filling& filling, SizeClass& size_class) noexcept;
  void run(Filling& filling, SizeClass& size_class) noexcept;

  kernel::RsaVariant variant_;
  std::unique_ptr<std::array<SizeClass, kSizeClassCount>> size_classes_;
  std::unique_ptr<kernel::RsaSignatureLanes> signatures_;
};

}  // namespace assay::verify
