#include "jose/alg.h"

#include <array>

namespace assay::jose {

namespace {

// In the order of Alg. The last column is RFC 7518 sec 3.2 and sec 3.4, RFC 8032 sec 5.1.6.
constexpr std::array<AlgFacts, kAlgCount> kAlgFacts{{
    {"RS256", AlgFamily::kRsaPkcs1, Digest::kSha256, Curve::kNone, 0},
    {"RS384", AlgFamily::kRsaPkcs1, Digest::kSha384, Curve::kNone, 0},
    {"RS512", AlgFamily::kRsaPkcs1, Digest::kSha512, Curve::kNone, 0},
    {"PS256", AlgFamily::kRsaPss, Digest::kSha256, Curve::kNone, 0},
    {"PS384", AlgFamily::kRsaPss, Digest::kSha384, Curve::kNone, 0},
    {"PS512", AlgFamily::kRsaPss, Digest::kSha512, Curve::kNone, 0},
    {"ES256", AlgFamily::kEcdsa, Digest::kSha256, Curve::kP256, 64},
    {"ES384", AlgFamily::kEcdsa, Digest::kSha384, Curve::kP384, 96},
    {"ES512", AlgFamily::kEcdsa, Digest::kSha512, Curve::kP521, 132},
    {"EdDSA", AlgFamily::kEdDsa, Digest::kNone, Curve::kEd25519, 64},
    {"HS256", AlgFamily::kHmac, Digest::kSha256, Curve::kNone, 32},
    {"HS384", AlgFamily::kHmac, Digest::kSha384, Curve::kNone, 48},
    {"HS512", AlgFamily::kHmac, Digest::kSha512, Curve::kNone, 64},
}};
static_assert(static_cast<std::size_t>(Alg::kHS512) + 1 == kAlgCount);

}  // namespace

AlgFacts facts_of(Alg alg) noexcept { return kAlgFacts[static_cast<std::size_t>(alg)]; }

std::optional<Alg> find_alg(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kAlgFacts.size(); ++i) {
    if (kAlgFacts[i].name == name) return static_cast<Alg>(i);
  }
  return std::nullopt;
}

}  // namespace assay::jose
