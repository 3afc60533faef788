// SHA-256 of signing inputs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "assay/limits.h"
#include "kernel/kernel.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace assay::verify {

using Sha256Hash = std::array<std::uint8_t, kernel::kHashBytes>;

// A message to hash, and the answer.
struct DigestJob {
  std::string_view message;  // of any size; must outlive the call
  Sha256Hash hash{};
};

// A worker's digests: a kernel, and for whoever has none a fetched algorithm of OpenSSL's with a context that is used
// again for every message. About 14 KB, claimed at construction. Thread-confined; movable.
class Sha256 {
 public:
  // Fetches from OpenSSL's default provider. Stops the program if OpenSSL lacks it. Without a variant, or with one that
  // runs nothing, OpenSSL hashes.
  explicit Sha256(const kernel::Sha256Variant& variant = kernel::KernelTable{}.sha256);

  // Whether hash_many leaves the work to a kernel.
  [[nodiscard]] bool runs_kernel() const noexcept { return variant_.run != nullptr; }

  // Hashes `message`, of any size, by OpenSSL. False if it fails; `hash` is then unspecified. Allocates nothing.
  [[nodiscard]] bool hash(std::string_view message, Sha256Hash& hash) noexcept;

  // As hash of the pieces joined in their order.
  [[nodiscard]] bool hash(std::span<const std::string_view> pieces, Sha256Hash& hash) noexcept;

  // Sets `hash` of all jobs, of any number in any order. False if OpenSSL fails, which a kernel cannot. Allocates
  // nothing. Cost: that of kernel/sha256.h, for up to kBatchMax at once, which run in the order of their sizes.
  [[nodiscard]] bool hash_many(std::span<DigestJob> jobs) noexcept;

 private:
  // Padded messages, and their order.
  struct Batch {
    std::array<kernel::Sha256Job, kBatchMax> jobs;
    std::array<kernel::Sha256Job*, kBatchMax> by_size;
  };
  void hash_batch(std::span<DigestJob> jobs) noexcept;

  struct Free {
    void operator()(evp_md_st* algorithm) const noexcept;
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_st, Free> algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  kernel::Sha256Variant variant_;
  std::unique_ptr<Batch> batch_;  // none where no kernel runs
};

}  // namespace assay::verify
