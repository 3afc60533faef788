#include "verify/digest.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/check.h"

namespace assay::verify {

void Sha256::Free::operator()(evp_md_st* algorithm) const noexcept { EVP_MD_free(algorithm); }
void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256(const kernel::Sha256Variant& variant)
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      context_(EVP_MD_CTX_new()),
      variant_(variant),
      batch_(variant.run == nullptr ? nullptr : std::make_unique<Batch>()) {
  ASSAY_CHECK(algorithm_ != nullptr && context_ != nullptr);
}

bool Sha256::hash(std::string_view message, Sha256Hash& hash) noexcept {
  return this->hash(std::span<const std::string_view>(&message, 1), hash);
}

bool Sha256::hash(std::span<const std::string_view> pieces, Sha256Hash& hash) noexcept {
  if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1) return false;
  for (const std::string_view piece : pieces) {
    if (EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) != 1) return false;
  }
  return EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1;
}

bool Sha256::hash_many(std::span<DigestJob> jobs) noexcept {
  if (!runs_kernel()) {
    return std::all_of(jobs.begin(), jobs.end(), [this](DigestJob& job) { return hash(job.message, job.hash); });
  }
  while (!jobs.empty()) {
    const std::size_t count = std::min(jobs.size(), kBatchMax);
    hash_batch(jobs.first(count));
    jobs = jobs.subspan(count);
  }
  return true;
}

void Sha256::hash_batch(std::span<DigestJob> jobs) noexcept {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string_view message = jobs[i].message;
    batch_->by_size[i] = &batch_->jobs[i];
    kernel::pad_sha256(reinterpret_cast<const std::uint8_t*>(message.data()), message.size(), batch_->jobs[i]);
  }
  const auto by_size = std::span(batch_->by_size).first(jobs.size());
  const auto is_shorter = [](const kernel::Sha256Job* one, const kernel::Sha256Job* other) {
    return one->whole_block_count + one->tail_block_count < other->whole_block_count + other->tail_block_count;
  };
  // One issuer's tokens are often of one length.
  if (!std::is_sorted(by_size.begin(), by_size.end(), is_shorter)) {
    std::sort(by_size.begin(), by_size.end(), is_shorter);
  }
  variant_.run(by_size.data(), by_size.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    std::copy_n(std::begin(batch_->jobs[i].hash), kernel::kHashBytes, jobs[i].hash.begin());
  }
}

}  // namespace assay::verify
