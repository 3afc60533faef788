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

Error split_compact(std::string_view compact, const kernel::DotsVariant& variant, CompactJws& jws) noexcept {
  const auto malformed = [](std::size_t offset) {
    return Error{.code = ErrorCode::kMalformedToken, .offset = static_cast<std::uint32_t>(offset)};
  };
  // Offsets have 32 bits; a text that long is refused before it could wrap them.
  if (compact.size() > std::numeric_limits<std::uint32_t>::max()) return malformed(0);

  std::size_t dots[kernel::kDotsMax];
  const std::size_t count = variant.run(compact.data(), compact.size(), dots);
  if (count >= 1 && dots[0] == 0) return malformed(0);
  if (count < 2) return malformed(compact.size());
  if (dots[1] == dots[0] + 1) return malformed(dots[1]);
  if (count > 2) return malformed(dots[2]);
  if (dots[1] + 1 == compact.size()) return malformed(dots[1]);

  jws.compact = compact;
  jws.header_end = static_cast<std::uint32_t>(dots[0]);
  jws.payload_end = static_cast<std::uint32_t>(dots[1]);
  return {};
}

Expected<CompactJws> split_compact(std::string_view compact) noexcept {
  CompactJws jws;
  if (const Error error = split_compact(compact, kernel::KernelTable{}.dots, jws); error.code != ErrorCode::kNone)
    return Unexpected(error);
  return jws;
}

bool is_b64token(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size() && kB64tokenAlphabet[static_cast<unsigned char>(text[i])]) ++i;
  if (i == 0) return false;
  return text.find_first_not_of('=', i) == std::string_view::npos;
}

}  // namespace assay::jose
