#include "keys/key_set.h"

#include <algorithm>
#include <utility>

namespace assay::keys {

namespace {

// Collects candidates for one algorithm and remembers why keys were passed over.
class Selection {
 public:
  explicit Selection(Alg alg) noexcept : alg_(alg) {}

  void consider(const Key& key) noexcept {
    any_seen_ = true;
    if (!key.fits(alg_)) return;
    any_fits_ = true;
    if (key.strong_enough(alg_) && found_.count < found_.keys.size()) found_.keys[found_.count++] = &key;
  }

  [[nodiscard]] KeySet::Candidates finish() noexcept {
    if (found_.count == 0) {
      found_.code = !any_seen_ ? ErrorCode::kUnknownKey : !any_fits_ ? ErrorCode::kAlgKeyMismatch : ErrorCode::kWeakKey;
    }
    return found_;
  }

 private:
  Alg alg_;
  bool any_seen_ = false;
  bool any_fits_ = false;
  KeySet::Candidates found_;
};

}  // namespace

KeySet::KeySet(Maker /*maker*/, std::vector<Key> keys, KidUse kid_use) : keys_(std::move(keys)), kid_use_(kid_use) {
  for (std::uint32_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].kid) by_kid_[base::keyed_hash(*keys_[i].kid)].push_back(i);
  }
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

KeySet::Candidates KeySet::find_by_kid(std::string_view kid, Alg alg) const noexcept {
  if (kid_use_ == KidUse::kIgnored) return find_fitting(alg);
  Selection selection(alg);
  const auto bucket = by_kid_.find(base::keyed_hash(kid));
  if (bucket == by_kid_.end()) return selection.finish();
  for (const std::uint32_t i : bucket->second) {
    if (*keys_[i].kid == kid) selection.consider(keys_[i]);
  }
  return selection.finish();
}

KeySet::Candidates KeySet::find_fitting(Alg alg) const noexcept { return fitting_[static_cast<std::size_t>(alg)]; }

}  // namespace assay::keys
