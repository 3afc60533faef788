#include "keys/key_set.h"

#include <algorithm>
#include <utility>

namespace assay::keys {

KeySet::KeySet(Maker /*maker*/, std::vector<Key> keys, KidUse kid_use)
    : keys_(std::move(keys)), kid_use_(kid_use), kids_(keys_) {
  for (std::size_t i = 0; i < kAlgCount; ++i) {
    Selection selection(static_cast<Alg>(i));
    for (const Key& key : keys_) selection.consider(key);
    fitting_[i] = selection.finish();
  }
}

Expected<std::unique_ptr<const KeySet>> KeySet::make(KeySource::Kind kind, std::string_view text) {
  Expected<KeyDocument> document = read_key_document(kind, text);
  if (!document) return Unexpected(document.error());
  std::vector<Key> keys;
  keys.reserve(document->keys.size());
  for (jose::Jwk& jwk : document->keys) keys.push_back(make_key(std::move(jwk)));
  return make(std::move(keys), document->kid_use);
}

Expected<std::unique_ptr<const KeySet>> KeySet::make(std::vector<Key> keys, KidUse kid_use) {
  if (std::none_of(keys.begin(), keys.end(), [](const Key& key) { return key.usable(); })) {
    return fail(ErrorCode::kBadKeySet);
  }
  return std::make_unique<const KeySet>(Maker(), std::move(keys), kid_use);
}

KeySet::Candidates KeySet::find_by_kid(const base::Hash128& kid, Alg alg) const noexcept {
  return kid_use_ == KidUse::kIgnored ? find_fitting(alg) : kids_.view().find(kid, alg);
}

KeySet::Candidates KeySet::find_fitting(Alg alg) const noexcept { return fitting_[static_cast<std::size_t>(alg)]; }

}  // namespace assay::keys
