#include "verify/digest.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace assay::verify {

void Sha256::Free::operator()(evp_md_st* algorithm) const noexcept { EVP_MD_free(algorithm); }
void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
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

}  // namespace assay::verify
