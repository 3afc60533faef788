// Property: any document either is refused whole as bad_key_set, or gives keys of which each, prepared twice, gives the
// same result; a usable key has an OpenSSL key of the size that its numbers state and is found by the look-ups that
// should find it; an unusable key has none and is never found; no key of a document is a secret.
//
// Reaches parse_jwk_set, prepare_key, KeySet::make_from_jwks, find_by_kid and find_fitting; parse_public_pem where the
// input begins with "-----BEGIN ", and read_key_document of a folder where it begins with the mark of a record.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "assay/limits.h"
#include "assay/policy.h"
#include "fuzz/property.h"
#include "jose/jwk.h"
#include "keys/evp_key_pem.h"
#include "keys/key_document.h"
#include "keys/key_set.h"

namespace {

using assay::Alg;
using assay::ErrorCode;
using assay::fuzz::require;
using assay::jose::Jwk;
using assay::jose::KeyDefect;
using assay::jose::KeyType;
using assay::keys::Key;
using assay::keys::KeySet;
using assay::keys::PreparedKey;

// Returns whether the key is usable.
bool check_prepared(const Jwk& jwk) {
  const PreparedKey prepared = assay::keys::prepare_key(jwk);
  const PreparedKey again = assay::keys::prepare_key(jwk);
  require(prepared.defect == again.defect && prepared.bits == again.bits,
          "prepared twice, a key has the same defect and size");
  require(prepared.modulus_bytes == again.modulus_bytes, "prepared twice, a key has the same modulus size");
  require(jwk.defect == KeyDefect::kNone || prepared.defect == jwk.defect, "a defect is carried over");
  require(static_cast<bool>(prepared.key) == (prepared.defect == KeyDefect::kNone),
          "a key is there exactly if it is usable");
  require(jwk.secret_k.empty(), "no secret comes from a document");
  if (!prepared.key) return false;
  require(jwk.type != KeyType::kOct && jwk.type != KeyType::kOther, "only public keys of known types are usable");
  require(EVP_PKEY_eq(prepared.key.handle(), again.key.handle()) == 1, "prepared twice, it is the same key");
  if (jwk.type == KeyType::kRsa || jwk.type == KeyType::kEc) {
    require(EVP_PKEY_get_bits(prepared.key.handle()) == static_cast<int>(prepared.bits),
            "OpenSSL sees a key of the stated size");
  }
  if (jwk.type == KeyType::kRsa) {
    require(prepared.bits >= assay::kRsaModulusBitsMin && prepared.bits <= assay::kRsaModulusBitsMax,
            "a usable modulus is within its bounds");
    require(prepared.modulus_bytes == (prepared.bits + 7) / 8, "modulus_bytes is the size of the modulus");
  } else {
    require(prepared.modulus_bytes == 0, "only RSA has a modulus");
  }
  return true;
}

void check_candidates(const KeySet::Candidates& found, Alg alg) {
  require((found.count == 0) == (found.code != ErrorCode::kNone), "a look-up gives keys or a reason");
  require(found.count <= assay::kKeysTriedMax, "few keys are tried");
  for (std::size_t i = 0; i < found.count; ++i) {
    require(found.keys[i]->usable() && found.keys[i]->fits(alg), "what is found is usable and fits");
  }
}

void check_look_ups(const KeySet& set) {
  for (std::size_t i = 0; i < assay::kAlgCount; ++i) {
    const Alg alg = static_cast<Alg>(i);
    check_candidates(set.find_fitting(alg), alg);
    for (const Key& key : set.keys()) {
      if (!key.kid) continue;
      const KeySet::Candidates found = set.find_by_kid(*key.kid, alg);
      check_candidates(found, alg);
      require(found.code != ErrorCode::kUnknownKey, "the kid of a key is known");
      const auto end = found.keys.begin() + static_cast<std::ptrdiff_t>(found.count);
      require(std::all_of(found.keys.begin(), end, [&key](const Key* other) { return other->kid == key.kid; }),
              "a kid is never answered with another key");
      if (found.count == found.keys.size()) continue;
      const bool is_found = std::find(found.keys.begin(), end, &key) != end;
      require(is_found == (key.usable() && key.fits(alg)), "a key is found exactly if it is usable and fits");
    }
  }
}

void check_document(std::string_view text) {
  const auto jwks = assay::jose::parse_jwk_set(text);
  if (!jwks) {
    require(jwks.error().code == ErrorCode::kBadKeySet, "a document is refused as bad_key_set");
    return;
  }
  bool any_usable = false;
  for (const Jwk& jwk : *jwks) any_usable = check_prepared(jwk) || any_usable;
  const auto set = KeySet::make_from_jwks(text);
  require(set.has_value() == any_usable, "a set is made exactly if one key is usable");
  if (!set) return;
  require((*set)->keys().size() == jwks->size(), "a set has every key of its document");
  check_look_ups(**set);
}

void check_pem(std::string_view text) {
  const auto jwk = assay::keys::parse_public_pem(text);
  if (jwk) {
    const bool may_verify = jwk->defect == KeyDefect::kNone;
    require(may_verify || jwk->defect == KeyDefect::kWrongUse, "a PEM key is sound, or of another use");
    require(!jwk->kid && !jwk->alg, "a PEM key has no name and no alg");
    check_prepared(*jwk);
  }
}

void check_folder(std::string_view text) {
  const auto folder = assay::keys::read_key_document(assay::KeySource::Kind::kPemFolder, text);
  if (!folder) return;
  const auto records = std::count(text.begin(), text.end(), assay::kPemRecordMark);
  require(folder->keys.size() == static_cast<std::size_t>(records), "a folder has one key for each record");
  for (const Jwk& jwk : folder->keys) {
    require(jwk.kid || jwk.defect == KeyDefect::kMalformed, "a key of a folder has the name of its record");
    check_prepared(jwk);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  if (text.starts_with("-----BEGIN ")) {
    check_pem(text);
  } else if (text.starts_with(assay::kPemRecordMark)) {
    check_folder(text);
  } else {
    check_document(text);
  }
  require(ERR_peek_error() == 0, "the error queue is left empty");
  return 0;
}
