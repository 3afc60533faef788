// Files and folders that hold keys, as KeySource::text wants them.
#pragma once

#include <string>

#include "config/config.h"

namespace assay::config {

// Whether a path means a folder of PEM files: it ends in "/".
[[nodiscard]] inline bool is_folder_path(std::string_view path) { return path.ends_with('/'); }

// The text of a key source at `path`: a file's content as it is; of a folder a record for each file, whose kid is the
// file's name without its ending (assay/policy.h, kPemFolder).
//
//   bytes_max   of all content together
//   errors      words for people, without the path: it cannot be read; of a folder, also that a file is not one whole
//               PEM block (it is being written, or none), or that there are more than kKeysPerIssuerMax
[[nodiscard]] tl::expected<std::string, std::string> read_key_text(const ConfigFiles& files, const std::string& path,
                                                                   std::size_t bytes_max);

}  // namespace assay::config
