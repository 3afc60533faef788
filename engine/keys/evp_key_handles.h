// Owners of OpenSSL's objects, for the files of keys/ and verify/ that see OpenSSL.
#pragma once

#include <memory>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/free_with.h"
#include "jose/alg.h"

namespace assay::keys {

using BigNumber = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, base::FreeWith<BN_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, base::FreeWith<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, base::FreeWith<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, base::FreeWith<EVP_PKEY_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, base::FreeWith<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, base::FreeWith<X509_free>>;

// Drops what OpenSSL puts into this thread's error queue while it lives, and nothing that stood there before.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() noexcept { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

// As OpenSSL takes bytes.
inline const unsigned char* bytes_of(std::string_view octets) noexcept {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

// OpenSSL's name of an EC curve; null for the other ones.
inline const char* group_name(jose::Curve curve) noexcept {
  switch (curve) {
    case jose::Curve::kP256: return "prime256v1";
    case jose::Curve::kP384: return "secp384r1";
    case jose::Curve::kP521: return "secp521r1";
    case jose::Curve::kEd25519:
    case jose::Curve::kNone: return nullptr;
  }
  return nullptr;
}

}  // namespace assay::keys
