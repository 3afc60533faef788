#include "issuer/random_text.h"

#include <array>
#include <cstdint>
#include <span>

#include <openssl/rand.h>

#include "base/check.h"
#include "base/hex.h"

namespace assay::development {

std::string random_hex(std::size_t digits) {
  std::array<unsigned char, 64> octets{};
  ASSAY_CHECK(digits % 2 == 0 && digits / 2 <= octets.size());
  ASSAY_CHECK(RAND_bytes(octets.data(), static_cast<int>(digits / 2)) == 1);
  return base::hex_text(std::span<const std::uint8_t>(octets).first(digits / 2));
}

std::string random_uuid() {
  std::string text = random_hex(32);
  text[12] = '4';
  text[16] = 'a';  // the variant bits 10, one of its four digits
  for (const std::size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return text;
}

}  // namespace assay::development
