// The document of a key source, read but not prepared.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/policy.h"
#include "jose/jwk.h"

namespace assay::keys {

// Whether a kid chooses among the keys of a set. A pinned key (kPem, kSecret) stands alone and has no name.
enum class KidUse : std::uint8_t { kChooses, kIgnored };

struct KeyDocument {
  std::vector<jose::Jwk> keys;  // broken ones too, with their defect
  KidUse kid_use = KidUse::kChooses;
};

// Reads the document of a source of this kind. Cheap beside preparing its keys.
//
// Of a kPemFolder each record is one key; its kid is the record's. A record that parse_public_pem refuses is
// kMalformed, and stops no other.
//
//   kind      kDiscovery, kJwksUrl and kJwksText: `text` is a JWK Set; kPem, kPemFolder, kSecret: as KeySource::text
//   errors    bad_key_set: as parse_jwk_set, parse_public_pem; a secret of another size than kHmacSecretBytesMin ..
//             kHmacSecretBytesMax; no record first, or more than kKeysPerIssuerMax of them; kNone
[[nodiscard]] Expected<KeyDocument> read_key_document(KeySource::Kind kind, std::string_view text);

}  // namespace assay::keys
