#include "verify/decoded_jws.h"

#include <cstring>

#include "assay/limits.h"
#include "jose/json.h"
#include "kernel/base64url.h"

namespace assay::verify {
namespace {

// Three segments, each with its padding, and what the header's strings take unescaped.
std::size_t arena_bytes(const CompactJws& jws) { return 2 * jws.compact.size() + 3 * jose::kJsonPaddingBytes; }

}  // namespace

DecodedJws::DecodedJws(const CompactJws& jws) : jws_(jws), arena_(arena_bytes(jws)) {}

Expected<DecodedJws> DecodedJws::decode(const CompactJws& jws) {
  DecodedJws decoded(jws);
  if (const Expected<void> read = decoded.read_header(); !read) return Unexpected(read.error());
  const Expected<std::string_view> payload = decoded.decode_segment(jws.payload_segment(), jws.header_end + 1);
  if (!payload) return Unexpected(payload.error());
  const Expected<std::string_view> signature = decoded.decode_segment(jws.signature_segment(), jws.payload_end + 1);
  if (!signature) return Unexpected(signature.error());
  decoded.payload_ = *payload;
  decoded.signature_ = *signature;
  return decoded;
}

Expected<std::string_view> DecodedJws::decode_segment(std::string_view segment, std::size_t offset) {
  const std::size_t bytes = kernel::base64url_decoded_bytes(segment.size());
  const std::span<char> room = arena_.take<char>(bytes + jose::kJsonPaddingBytes);
  if (room.empty()) return fail(ErrorCode::kOverloaded);
  const std::size_t fault =
      kernel::decode_base64url_portable(segment.data(), segment.size(), reinterpret_cast<std::uint8_t*>(room.data()));
  if (fault != kernel::kBase64urlAccepted) return fail(ErrorCode::kBadBase64url, offset + fault);
  std::memset(room.data() + bytes, 0, jose::kJsonPaddingBytes);
  return std::string_view{room.data(), bytes};
}

Expected<void> DecodedJws::read_header() {
  const Expected<std::string_view> text = decode_segment(jws_.header_segment(), 0);
  if (!text) return Unexpected(text.error());
  jose::JsonReader json(kTokenBytesMax);
  const Expected<jose::JsonValue> root = json.read(*text, arena_);
  if (!root) return Unexpected(root.error());
  const Expected<jose::JoseHeader> header = jose::parse_header(*root);
  if (!header) return Unexpected(header.error());
  header_ = *header;
  return {};
}

Expected<void> DecodedJws::check_signature(const keys::KeySet& keys, EvpVerifier& verifier) const {
  const Alg alg = header_.unverified_alg;
  const keys::KeySet::Candidates candidates =
      header_.has_kid ? keys.find_by_kid(header_.unverified_kid, alg) : keys.find_fitting(alg);
  if (candidates.count == 0) return fail(candidates.code);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(signature_.data()), signature_.size());
  for (std::size_t i = 0; i < candidates.count; ++i) {
    if (verifier.verify(*candidates.keys[i], alg, jws_.signing_input(), bytes)) return {};
  }
  return fail(ErrorCode::kBadSignature);
}

}  // namespace assay::verify
