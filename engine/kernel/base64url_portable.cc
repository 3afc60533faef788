// The portable base64url decoder: the specification of every other variant. One table look-up per character, in a table
// for each place of a group of four, whose entries stand where the group has them.
#include "kernel/base64url.h"

#include <array>

namespace assay::kernel {

namespace {

// The value 0..63 of a character; kForeign for every byte outside the alphabet of RFC 4648 sec 5.
constexpr std::uint32_t kForeign = 0x80;

using Sextets = std::array<std::uint32_t, 256>;

// The values shifted left. A foreign byte has kForeign unshifted, which is below every shifted value.
constexpr Sextets sextets(unsigned shift) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  Sextets table{};
  table.fill(kForeign);
  for (std::uint32_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = i << shift;
  return table;
}
constexpr Sextets kSextets = sextets(0);

// A group of four characters makes a word of three bytes and one that is free for kForeign.
constexpr Sextets kFirst = sextets(26);
constexpr Sextets kSecond = sextets(20);
constexpr Sextets kThird = sextets(14);
constexpr Sextets kFourth = sextets(8);

std::uint32_t sextet(char character) noexcept { return kSextets[static_cast<unsigned char>(character)]; }

std::uint32_t group_of(const char* text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text);
  return kFirst[bytes[0]] | kSecond[bytes[1]] | kThird[bytes[2]] | kFourth[bytes[3]];
}

// Offset of the first foreign character from `first` on; `characters` if there is none.
std::size_t find_foreign(const char* text, std::size_t first, std::size_t characters) noexcept {
  while (first < characters && sextet(text[first]) != kForeign) ++first;
  return first;
}

// Decodes the last 2 or 3 characters, which hold 1 or 2 bytes and 4 or 2 unused bits.
std::size_t decode_tail(const char* text, std::size_t first, std::size_t characters, std::uint8_t* bytes) noexcept {
  const std::size_t foreign = find_foreign(text, first, characters);
  if (foreign != characters) return foreign;
  const std::size_t last = characters - 1;
  if (characters - first == 1) return last;

  const std::uint32_t high = sextet(text[first]) << 18 | sextet(text[first + 1]) << 12;
  if (characters - first == 2) {
    if ((high & 0xffff) != 0) return last;
    bytes[0] = static_cast<std::uint8_t>(high >> 16);
    return kBase64urlAccepted;
  }
  const std::uint32_t group = high | sextet(text[first + 2]) << 6;
  if ((group & 0xff) != 0) return last;
  bytes[0] = static_cast<std::uint8_t>(group >> 16);
  bytes[1] = static_cast<std::uint8_t>(group >> 8);
  return kBase64urlAccepted;
}

}  // namespace

std::size_t base64url_decoded_bytes(std::size_t characters) noexcept {
  return characters / 4 * 3 + (characters % 4 == 3 ? 2 : characters % 4 == 2 ? 1 : 0);
}

std::size_t decode_base64url_portable(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  const std::size_t quads_end = characters / 4 * 4;
  std::size_t i = 0;
  // The free byte is written too where the next group covers it.
  for (; i + 4 < quads_end; i += 4) {
    const std::uint32_t group = group_of(text + i);
    if ((group & kForeign) != 0) return find_foreign(text, i, characters);
    bytes[0] = static_cast<std::uint8_t>(group >> 24);
    bytes[1] = static_cast<std::uint8_t>(group >> 16);
    bytes[2] = static_cast<std::uint8_t>(group >> 8);
    bytes[3] = static_cast<std::uint8_t>(group);
    bytes += 3;
  }
  if (i != quads_end) {
    const std::uint32_t group = group_of(text + i);
    if ((group & kForeign) != 0) return find_foreign(text, i, characters);
    bytes[0] = static_cast<std::uint8_t>(group >> 24);
    bytes[1] = static_cast<std::uint8_t>(group >> 16);
    bytes[2] = static_cast<std::uint8_t>(group >> 8);
    bytes += 3;
  }
  if (quads_end == characters) return kBase64urlAccepted;
  return decode_tail(text, quads_end, characters, bytes);
}

}  // namespace assay::kernel
