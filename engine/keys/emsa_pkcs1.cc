#include "keys/emsa_pkcs1.h"

#include <string_view>

#include "kernel/radix52.h"

namespace assay::keys {
namespace {

// DigestInfo of a SHA-256 hash up to the hash. RFC 8017 sec 9.2 note 1.
constexpr std::string_view kSha256Prefix{"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
                                         19};

}  // namespace

std::string emsa_sha256_padding(std::size_t modulus_bytes) {
  std::string padding("\x00\x01", 2);
  padding.append(modulus_bytes - 3 - kSha256Prefix.size() - kernel::kHashBytes, '\xff');
  padding.push_back('\x00');
  padding.append(kSha256Prefix);
  return padding;
}

}  // namespace assay::keys
