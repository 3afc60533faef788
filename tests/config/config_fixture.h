// Reading configurations from memory, and saying where a complaint must stand.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace assay::config::test {

// Files and variables by name; what is absent cannot be read.
class MemoryFiles final : public ConfigFiles {
 public:
  // Holds good.pem, keys.json, hmac.secret (32 bytes and a line end), client.secret, ca.pem and the variable SECRET.
  MemoryFiles();
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;

  [[nodiscard]] tl::expected<std::string, std::string> read_file(const std::string& path,
                                                                 std::size_t bytes_max) const override;
  // The files of the folder, whose names begin with `path`.
  [[nodiscard]] tl::expected<std::vector<FolderFile>, std::string> read_folder(const std::string& path,
                                                                               std::size_t bytes_max) const override;
  [[nodiscard]] std::optional<std::string> read_variable(const std::string& name) const override;
};

// One issuer. Keys that follow belong to it.
inline constexpr std::string_view kIssuer =
    "[[issuer]]\n"
    "name = \"one\"\n"
    "issuer = \"https://one.example\"\n"
    "discovery = true\n"
    "audiences = [\"api\"]\n";

// Another one, of opaque tokens.
inline constexpr std::string_view kOpaqueIssuer =
    "[[issuer]]\n"
    "name = \"two\"\n"
    "opaque = { introspect = \"https://two.example/i\", client_id = \"assay\", client_secret_env = \"SECRET\" }\n";

// Reads from an exact-size copy, so that a sanitizer sees any reading past the end.
[[nodiscard]] tl::expected<Configuration, std::vector<ConfigFault>> read(const std::string& text);
[[nodiscard]] tl::expected<Configuration, std::vector<ConfigFault>> read(const std::string& text,
                                                                         const MemoryFiles& files);

// The configuration of a text that must be accepted; an empty one, and a failed test, otherwise.
Configuration accepted(const std::string& text);

// Expects exactly one complaint about `text`, which marks the complaint's place by the byte `@` (taken out before
// reading). The message must open with `key` and hold both fragments.
void expect_fault(const std::string& marked_text, std::string_view key, std::string_view finding,
                  std::string_view accepted_form);

}  // namespace assay::config::test
