#include "verify/signature_only.h"

#include "assay/limits.h"
#include "jose/compact.h"
#include "verify/decoded_jws.h"

namespace assay::verify {
namespace {

// As split_compact, but a JWS may have an empty payload, as no JWT has. RFC 7515 sec 7.1.
Expected<CompactJws> split_any_payload(std::string_view compact) {
  const std::size_t header_end = compact.find('.');
  if (header_end == 0 || header_end == std::string_view::npos || compact.substr(header_end, 2) != "..") {
    return jose::split_compact(compact);
  }
  const std::size_t payload_end = header_end + 1;
  const std::string_view signature = compact.substr(payload_end + 1);
  if (signature.empty() || signature.find('.') != std::string_view::npos) {
    return fail(ErrorCode::kMalformedToken, payload_end);
  }
  return CompactJws{.compact = compact,
                    .header_end = static_cast<std::uint32_t>(header_end),
                    .payload_end = static_cast<std::uint32_t>(payload_end)};
}

}  // namespace

Expected<void> check_signature_only(std::string_view compact, const keys::KeySet& keys, EvpVerifier& verifier) {
  if (compact.empty()) return fail(ErrorCode::kMissingToken);
  if (compact.size() > kTokenBytesMax) return fail(ErrorCode::kTokenTooLong);
  const Expected<CompactJws> jws = split_any_payload(compact);
  if (!jws) return Unexpected(jws.error());
  const Expected<DecodedJws> decoded = DecodedJws::decode(*jws);
  if (!decoded) return Unexpected(decoded.error());
  return decoded->check_signature(keys, verifier);
}

}  // namespace assay::verify
