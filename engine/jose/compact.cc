#include "jose/compact.h"

#include <array>
#include <cstdint>
#include <limits>

namespace assay::jose {

namespace {

constexpr std::array<bool, 256> b64token_alphabet() {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}
constexpr std::array<bool, 256> kB64tokenAlphabet = b64token_alphabet();

}  // namespace

Error split_compact(std::string_view compact, CompactJws& jws) noexcept {
  const auto malformed = [](std::size_t offset) {
    return Error{.code = ErrorCode::kMalformedToken, .offset = static_cast<std::uint32_t>(offset)};
  };
  // Offsets have 32 bits; a text that long is refused before it could wrap them.
  if (compact.size() > std::numeric_limits<std::uint32_t>::max()) return malformed(0);

  const std::size_t header_end = compact.find('.');
  if (header_end == std::string_view::npos) return malformed(compact.size());
  if (header_end == 0) return malformed(0);

  const std::size_t payload_end = compact.find('.', header_end + 1);
  if (payload_end == std::string_view::npos) return malformed(compact.size());
  if (payload_end == header_end + 1) return malformed(payload_end);

  const std::size_t third_dot = compact.find('.', payload_end + 1);
  if (third_dot != std::string_view::npos) return malformed(third_dot);
  if (payload_end + 1 == compact.size()) return malformed(payload_end);

  jws.compact = compact;
  jws.header_end = static_cast<std::uint32_t>(header_end);
  jws.payload_end = static_cast<std::uint32_t>(payload_end);
  return {};
}

Expected<CompactJws> split_compact(std::string_view compact) noexcept {
  CompactJws jws;
  if (const Error error = split_compact(compact, jws); error.code != ErrorCode::kNone) return Unexpected(error);
  return jws;
}

bool is_b64token(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size() && kB64tokenAlphabet[static_cast<unsigned char>(text[i])]) ++i;
  if (i == 0) return false;
  return text.find_first_not_of('=', i) == std::string_view::npos;
}

}  // namespace assay::jose
