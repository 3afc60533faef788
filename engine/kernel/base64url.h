// Strict base64url decoding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::kernel {

// Bytes that `characters` of unpadded base64url decode to; meaningless for characters = 1 mod 4.
[[nodiscard]] std::size_t base64url_decoded_bytes(std::size_t characters) noexcept;

// Result of a decode that accepted everything.
inline constexpr std::size_t kBase64urlAccepted = static_cast<std::size_t>(-1);

// Decodes base64url as RFC 7515 sec 2 wants it: the alphabet of RFC 4648 sec 5, no padding, no white space, no length
// of 1 mod 4, unused low bits of the last character zero.
//
//   text      `characters` bytes; may be 0
//   bytes     base64url_decoded_bytes(characters) writable bytes; must not overlap `text`; exactly those are written,
//             and their content is unspecified when the text is refused
//   returns   kBase64urlAccepted, else the offset of the first character at fault (of the last character for a bad
//             length or non-zero unused bits)
//   timing    public data only; not constant-time
//
// The portable variant is for every processor, and the specification of the others. kernel/kernel.h chooses one.
[[nodiscard]] std::size_t decode_base64url_portable(const char* text, std::size_t characters,
                                                    std::uint8_t* bytes) noexcept;
[[nodiscard]] std::size_t decode_base64url_avx2(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept;
[[nodiscard]] std::size_t decode_base64url_avx512vbmi(const char* text, std::size_t characters,
                                                      std::uint8_t* bytes) noexcept;

}  // namespace assay::kernel
