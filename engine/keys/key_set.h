// All keys of one issuer at one time: immutable, looked up by kid in O(1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/limits.h"
#include "assay/policy.h"
#include "base/keyed_hash.h"
#include "keys/key.h"
#include "keys/key_document.h"
#include "keys/kid_table.h"

namespace assay::keys {

class KeySet {
  // Only the make functions have one.
  struct Maker {
    explicit Maker() = default;
  };

 public:
  using Candidates = keys::Candidates;

  // Reads the document of a source of this kind and prepares every key. Slow (about 0.1 ms a key): never on the
  // deciding path.
  //   errors   bad_key_set: as read_key_document; or not one key is usable
  [[nodiscard]] static Expected<std::unique_ptr<const KeySet>> make(KeySource::Kind kind, std::string_view text);
  [[nodiscard]] static Expected<std::unique_ptr<const KeySet>> make(const KeySource& source) {
    return make(source.kind, source.text);
  }
  [[nodiscard]] static Expected<std::unique_ptr<const KeySet>> make_from_jwks(std::string_view document) {
    return make(KeySource::Kind::kJwksText, document);
  }

  // Of keys that are prepared (KeyPreparation).
  //   errors   bad_key_set: not one key is usable
  [[nodiscard]] static Expected<std::unique_ptr<const KeySet>> make(std::vector<Key> keys, KidUse kid_use);

  KeySet(Maker maker, std::vector<Key> keys, KidUse kid_use);

  [[nodiscard]] std::span<const Key> keys() const noexcept { return keys_; }

  // Whether any key, usable or not, has the kid of this keyed hash.
  [[nodiscard]] bool has_kid(const base::Hash128& kid) const noexcept { return kids_.view().contains(kid); }

  // Keys with this kid that fit `alg`. A present kid is never answered with another key; a key set whose keys carry no
  // kid at all has no key for a token with one. A pinned key (kPem, kSecret) stands alone and has no name: there the
  // kid chooses nothing and this is find_fitting (RFC 7515 sec 4.1.4: kid is a hint).
  //   kid      or its keyed hash
  //   codes    as KidView::find
  [[nodiscard]] Candidates find_by_kid(const base::Hash128& kid, Alg alg) const noexcept;
  [[nodiscard]] Candidates find_by_kid(std::string_view kid, Alg alg) const noexcept {
    return find_by_kid(base::keyed_hash(kid), alg);
  }

  // What find_by_kid looks in; dies with the set. Without any kid where the set's kids choose nothing.
  [[nodiscard]] KidView kids() const noexcept { return kid_use_ == KidUse::kIgnored ? KidView() : kids_.view(); }

  // The first kKeysTriedMax usable keys that fit `alg`, for tokens without kid; weak_key where only unusable ones
  // would, unknown_key where the set is empty, alg_key_mismatch where keys exist but none fits.
  [[nodiscard]] Candidates find_fitting(Alg alg) const noexcept;

 private:
  std::vector<Key> keys_;
  KidUse kid_use_;
  KidTable kids_;                              // of keys_
  std::array<Candidates, kAlgCount> fitting_;  // by Alg: what find_fitting answers
};

}  // namespace assay::keys
