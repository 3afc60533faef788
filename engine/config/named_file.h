// Files and variables that a configuration names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/table_reader.h"

namespace assay::config {

// What every part of the reader needs. All must outlive the reading.
struct ReadContext {
  const ConfigFiles& files;
  std::filesystem::path folder;  // of the configuration file
  Faults& faults;
};

// A file that a key names.
struct NamedFile {
  std::string_view key;
  Place place;
  std::string path;  // resolved
};

// `name` as the configuration says it: absolute, or relative to the configuration's folder.
[[nodiscard]] std::string resolve(const ReadContext& context, const std::string& name);

// The file's content; nothing, with a complaint, where it cannot be read, is longer than `bytes_max` or is empty.
[[nodiscard]] std::optional<std::string> read_named_file(const ReadContext& context, const NamedFile& file,
                                                         std::size_t bytes_max, TableReader& reader);

// Drops one LF or CRLF from the end, as editors put there.
[[nodiscard]] std::string without_line_end(std::string text);

}  // namespace assay::config
