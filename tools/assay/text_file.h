// Whole files in and out. Errors are sentences for people that name the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/expected.h"

namespace assay::cli {

// The whole content of a file of at most `bytes_max` bytes; a FIFO or device is read to its end.
[[nodiscard]] tl::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max);

// Who may read a file that is written.
enum class FileSecrecy : std::uint8_t { kPublic, kOwnerOnly };

// Creates or replaces a file.
[[nodiscard]] tl::expected<void, std::string> write_file(const std::string& path, std::string_view text,
                                                         FileSecrecy secrecy);

}  // namespace assay::cli
