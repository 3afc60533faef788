// The block that an RS256 signature must open to. It is built and compared, never parsed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::keys {

// 65537, big-endian: the exponent of nearly every key, and the only one that is calculated without OpenSSL's EVP.
inline constexpr std::string_view kFastExponent{"\x01\x00\x01", 3};

// EM of EMSA-PKCS1-v1_5 for SHA-256 up to the hash, which is its last 32 bytes: 00 01 FF .. FF 00 DigestInfo.
// RFC 8017 sec 9.2.
//
//   modulus_bytes   of a modulus of kRsaModulusBitsMin at least
//   returns         modulus_bytes - 32 bytes
[[nodiscard]] std::string emsa_sha256_padding(std::size_t modulus_bytes);

}  // namespace assay::keys
