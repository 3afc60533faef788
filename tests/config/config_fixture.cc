#include "tests/config/config_fixture.h"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::config::test {

MemoryFiles::MemoryFiles()
    : files{{"good.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
            {"keys.json", " {\"keys\":[]}"},
            {"hmac.secret", std::string(32, 'h') + "\n"},
            {"client.secret", "client-pass\r\n"},
            {"ca.pem", "-----BEGIN CERTIFICATE-----\n"}},
      variables{{"SECRET", "variable-pass"}} {}

tl::expected<std::string, std::string> MemoryFiles::read_file(const std::string& path, std::size_t bytes_max) const {
  const auto found = files.find(path);
  if (found == files.end()) return tl::unexpected<std::string>("No such file or directory");
  if (found->second.size() > bytes_max) return tl::unexpected<std::string>("too long");
  return found->second;
}

tl::expected<std::vector<FolderFile>, std::string> MemoryFiles::read_folder(const std::string& path,
                                                                            std::size_t bytes_max) const {
  std::vector<FolderFile> found;
  for (auto file = files.lower_bound(path); file != files.end() && file->first.starts_with(path); ++file) {
    if (file->second.size() > bytes_max) return tl::unexpected<std::string>("too long");
    found.push_back({.name = file->first.substr(path.size()), .content = file->second});
  }
  if (found.empty()) return tl::unexpected<std::string>("No such file or directory");
  return found;
}

std::optional<std::string> MemoryFiles::read_variable(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::nullopt : std::optional(found->second);
}

tl::expected<Configuration, std::vector<ConfigFault>> read(const std::string& text, const MemoryFiles& files) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  return read_config(std::string_view(exact.get(), text.size()), "", files);
}

tl::expected<Configuration, std::vector<ConfigFault>> read(const std::string& text) {
  return read(text, MemoryFiles());
}

Configuration accepted(const std::string& text) {
  auto configuration = read(text);
  if (configuration) return *configuration;
  for (const ConfigFault& fault : configuration.error()) {
    ADD_FAILURE() << fault.line << ":" << fault.column << ": " << fault.message;
  }
  return {};
}

void expect_fault(const std::string& marked_text, std::string_view key, std::string_view finding,
                  std::string_view accepted_form) {
  SCOPED_TRACE(marked_text);
  const std::size_t mark = marked_text.find('@');
  ASSERT_NE(mark, std::string::npos);
  const std::string before = marked_text.substr(0, mark);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = mark - (before.rfind('\n') + 1) + 1;
  const auto configuration = read(before + marked_text.substr(mark + 1));
  ASSERT_FALSE(configuration.has_value());
  for (std::size_t i = 1; i < configuration.error().size(); ++i) {
    ADD_FAILURE() << "another complaint: " << configuration.error()[i].message;
  }
  const ConfigFault& fault = configuration.error().front();
  EXPECT_EQ(fault.line, line) << fault.message;
  EXPECT_EQ(fault.column, column) << fault.message;
  EXPECT_THAT(fault.message, testing::StartsWith(std::string(key) + ": "));
  EXPECT_THAT(fault.message, testing::HasSubstr(std::string(finding)));
  EXPECT_THAT(fault.message, testing::HasSubstr(std::string(accepted_form)));
}

}  // namespace assay::config::test
