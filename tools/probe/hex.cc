#include "probe/hex.h"

#include "base/hex.h"

namespace assay::probe {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int byte = base::hex_byte(text[i], text[i + 1]);
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string encode_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto octet = static_cast<unsigned char>(byte);
    text.append(1, kDigits[octet >> 4]).append(1, kDigits[octet & 15U]);
  }
  return text;
}

}  // namespace assay::probe
