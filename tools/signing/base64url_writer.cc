#include "signing/base64url_writer.h"

#include <cstddef>
#include <cstdint>

namespace assay::signing {

std::string base64url_encode(std::string_view octets) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((octets.size() * 4 + 2) / 3);
  std::uint32_t window = 0;
  unsigned window_bits = 0;
  for (const char octet : octets) {
    window = (window << 8) | static_cast<unsigned char>(octet);
    window_bits += 8;
    while (window_bits >= 6) {
      window_bits -= 6;
      text += kAlphabet[(window >> window_bits) & 63U];
    }
  }
  if (window_bits > 0) text += kAlphabet[(window << (6 - window_bits)) & 63U];
  return text;
}

}  // namespace assay::signing
