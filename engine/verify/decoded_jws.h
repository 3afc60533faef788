// A JWS that is read by itself, off the deciding path: test vectors, security event tokens, status lists. The pipeline
// reads those of a batch in its own memory.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"
#include "base/arena.h"
#include "jose/header.h"
#include "keys/key_set.h"
#include "verify/evp_verify.h"

namespace assay::verify {

// Owns what it decoded: views of it live as long as it does, or what it was moved to.
class DecodedJws {
 public:
  // Decodes all segments, which may be empty but for the header's, and reads the header.
  //
  //   jws      its bytes must outlive this object
  //   errors   bad_base64url (offset in the compact text); for the header those of the JSON reader and of
  //            jose::parse_header
  [[nodiscard]] static Expected<DecodedJws> decode(const CompactJws& jws);

  [[nodiscard]] const jose::JoseHeader& header() const noexcept { return header_; }
  // Any bytes, followed by jose::kJsonPaddingBytes readable ones.
  [[nodiscard]] std::string_view unverified_payload() const noexcept { return payload_; }

  // Whether a fitting key of `keys` verifies the signature.
  //   errors   unknown_key, alg_key_mismatch, weak_key, bad_signature
  [[nodiscard]] Expected<void> check_signature(const keys::KeySet& keys, EvpVerifier& verifier) const;

 private:
  explicit DecodedJws(const CompactJws& jws);
  [[nodiscard]] Expected<std::string_view> decode_segment(std::string_view segment, std::size_t offset);
  [[nodiscard]] Expected<void> read_header();

  CompactJws jws_;
  base::Arena arena_;
  jose::JoseHeader header_;
  std::string_view payload_;
  std::string_view signature_;
};

}  // namespace assay::verify
