#include "keys/key_preparation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"

namespace assay::keys {

KeyPreparation::KeyPreparation(KeyDocument document) : document_(std::move(document)) {
  keys_.reserve(document_.keys.size());
}

Expected<KeyPreparation> KeyPreparation::start(KeySource::Kind kind, std::string_view text) {
  Expected<KeyDocument> document = read_key_document(kind, text);
  if (!document) return Unexpected(document.error());
  return KeyPreparation(std::move(*document));
}

void KeyPreparation::advance(std::size_t key_count) {
  const std::size_t end = std::min(keys_.size() + key_count, document_.keys.size());
  while (keys_.size() < end) keys_.push_back(make_key(std::move(document_.keys[keys_.size()])));
}

std::string KeyPreparation::describe_defects() const {
  std::map<jose::KeyDefect, std::size_t> counts;
  for (const Key& key : keys_) {
    if (!key.usable()) ++counts[key.prepared.defect];
  }
  std::string text;
  for (const auto& [defect, count] : counts) {
    text += (text.empty() ? "" : "; ") + std::to_string(count) + ": " + std::string(jose::facts_of(defect).text);
  }
  return text;
}

Expected<std::unique_ptr<const KeySet>> KeyPreparation::finish() {
  ASSAY_DCHECK(done());
  return KeySet::make(std::move(keys_), document_.kid_use);
}

}  // namespace assay::keys
