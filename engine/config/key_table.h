// Every key that the configuration knows. docs/configuration.md documents exactly these (a test compares).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::config {

struct KnownKey {
  std::string_view table;  // "" for the document, "issuer", "issuer.opaque"
  std::string_view key;
};

// In the order of the documentation. Static.
[[nodiscard]] std::span<const KnownKey> known_keys();

[[nodiscard]] bool is_known(const KnownKey& wanted);

// The keys of one table, in the order of the documentation, for "accepted: ...".
[[nodiscard]] std::string list_keys(std::string_view table);

// The known key of `unknown.table` that `unknown.key` is most likely a slip of; empty if none is near.
[[nodiscard]] std::string_view nearest_key(const KnownKey& unknown);

}  // namespace assay::config
