#include "verify/signature_only.h"

#include <string>

#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json.h"
#include "kernel/base64url.h"

namespace assay::verify {
namespace {

Expected<std::string> decode_segment(std::string_view segment, std::size_t offset) {
  std::string bytes(kernel::base64url_decoded_bytes(segment.size()), '\0');
  const std::size_t fault =
      kernel::decode_base64url_portable(segment.data(), segment.size(), reinterpret_cast<std::uint8_t*>(bytes.data()));
  if (fault != kernel::kBase64urlAccepted) return fail(ErrorCode::kBadBase64url, offset + fault);
  return bytes;
}

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
  Expected<std::string> header_text = decode_segment(jws->header_segment(), 0);
  if (!header_text) return Unexpected(header_text.error());
  const Expected<std::string> payload = decode_segment(jws->payload_segment(), jws->header_end + 1);
  if (!payload) return Unexpected(payload.error());
  const Expected<std::string> signature = decode_segment(jws->signature_segment(), jws->payload_end + 1);
  if (!signature) return Unexpected(signature.error());

  base::Arena arena(kTokenBytesMax);
  jose::JsonReader json(kTokenBytesMax);
  const std::size_t header_bytes = header_text->size();
  header_text->append(jose::kJsonPaddingBytes, '\0');
  const Expected<jose::JsonValue> root = json.read(std::string_view{*header_text}.substr(0, header_bytes), arena);
  if (!root) return Unexpected(root.error());
  const Expected<jose::JoseHeader> header = jose::parse_header(*root);
  if (!header) return Unexpected(header.error());

  const Alg alg = header->unverified_alg;
  const keys::KeySet::Candidates candidates =
      header->has_kid ? keys.find_by_kid(header->unverified_kid, alg) : keys.find_fitting(alg);
  if (candidates.count == 0) return fail(candidates.code);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(signature->data()), signature->size());
  for (std::size_t i = 0; i < candidates.count; ++i) {
    if (verifier.verify(*candidates.keys[i], alg, jws->signing_input(), bytes)) return {};
  }
  return fail(ErrorCode::kBadSignature);
}

}  // namespace assay::verify
