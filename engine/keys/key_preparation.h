// A key set in the making: its keys are prepared a few at a time, so that nobody waits for a thousand of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/policy.h"
#include "keys/key_document.h"
#include "keys/key_set.h"

namespace assay::keys {

// Thread-confined; movable.
class KeyPreparation {
 public:
  // Reads the document of a source of this kind.
  //   errors  bad_key_set, as read_key_document
  [[nodiscard]] static Expected<KeyPreparation> start(KeySource::Kind kind, std::string_view text);

  // Prepares up to `key_count` more keys. Cost: 0.1 ms to 0.6 ms each (make_key).
  void advance(std::size_t key_count);
  [[nodiscard]] bool done() const noexcept { return keys_.size() == document_.keys.size(); }
  // Why the keys that are prepared are not usable, and how many each reason keeps out, for people; empty if none is.
  [[nodiscard]] std::string describe_defects() const;
  // The set. Precondition: done(). Leaves nothing behind.
  //   errors  bad_key_set: not one key is usable
  [[nodiscard]] Expected<std::unique_ptr<const KeySet>> finish();

 private:
  explicit KeyPreparation(KeyDocument document);

  KeyDocument document_;  // keys that are prepared are moved from
  std::vector<Key> keys_;
};

}  // namespace assay::keys
