// The disk and the environment, as the configuration reads them.
#pragma once

#include "config/config.h"

namespace assay::config {

// Thread-safe: it has no state. A file is a regular file, or a link to one; nothing else is opened to be read.
//
//   read_folder   in the order of their names: files that end in ".pem" or ".crt" and do not begin with a dot. A file
//                 that goes away meanwhile is left out; any other failure, with the file's name, is the folder's
class DiskFiles final : public ConfigFiles {
 public:
  [[nodiscard]] tl::expected<std::string, std::string> read_file(const std::string& path,
                                                                 std::size_t bytes_max) const override;
  [[nodiscard]] tl::expected<std::vector<FolderFile>, std::string> read_folder(const std::string& path,
                                                                               std::size_t bytes_max) const override;
  [[nodiscard]] std::optional<std::string> read_variable(const std::string& name) const override;
};

// As DiskFiles::read_file, but reads pipes and devices, too, and waits for their writers.
[[nodiscard]] tl::expected<std::string, std::string> read_file_or_pipe(const std::string& path, std::size_t bytes_max);

}  // namespace assay::config
