// Secrets that a configuration names: in a file or in a variable of the environment, never in the configuration itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/named_file.h"

namespace assay::config {

// The two keys of a table that one secret may come from, and how long it may be.
struct SecretKeys {
  std::string_view file;
  std::string_view variable;
  Bounds<std::size_t> bytes;
};

// Takes both keys; exactly one must be there. A file's secret ends before its line end, if it has one.
//
//   source    where the secret comes from, as far as it is said
//   returns   the secret; nothing, with a complaint that does not hold it, where there is none to use
[[nodiscard]] std::optional<std::string> read_secret(TableReader& reader, const ReadContext& context,
                                                     const SecretKeys& keys, SecretSource& source);

}  // namespace assay::config
