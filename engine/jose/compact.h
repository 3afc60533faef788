// The compact serialization. RFC 7515 sec 7.1.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"
#include "kernel/kernel.h"

namespace assay::jose {

// How a token's text looks before anything is decoded.
enum class TokenShape : std::uint8_t { kCompactJws, kOpaque, kMalformed };

// Splits a JWS compact serialization into its three segments. Copies nothing.
//
//   compact   any bytes; need not end in NUL
//   returns   offsets into `compact`, valid while those bytes live; all three segments are non-empty
//   errors    malformed_token: not exactly two dots, or a leading, trailing or doubled dot (offset = the byte at fault)
//   cost      one pass, no allocation
[[nodiscard]] Expected<CompactJws> split_compact(std::string_view compact) noexcept;

// As split_compact, into `jws`, with a kernel; the error's code is kNone if it was split, and else `jws` untouched.
[[nodiscard]] Error split_compact(std::string_view compact, const kernel::DotsVariant& dots, CompactJws& jws) noexcept;

// Whether `text` has the b64token alphabet of RFC 6750 sec 2.1: ALPHA DIGIT - . _ ~ + / and trailing '='; not empty.
[[nodiscard]] bool is_b64token(std::string_view text) noexcept;

}  // namespace assay::jose
