#include "config/key_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/limits.h"
#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

const std::string kPem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

// The text of the folder "k/" with these files.
tl::expected<std::string, std::string> read(const std::map<std::string, std::string>& files, std::size_t bytes_max) {
  test::MemoryFiles memory;
  memory.files.clear();
  for (const auto& [name, content] : files) memory.files["k/" + name] = content;
  return read_key_text(memory, "k/", bytes_max);
}

TEST(KeyFiles, AFileIsItsContent) {
  const test::MemoryFiles files;
  EXPECT_EQ(read_key_text(files, "keys.json", 100), " {\"keys\":[]}");
  EXPECT_EQ(read_key_text(files, "keys.json", 3).error(), "too long");
}

TEST(KeyFiles, AFolderIsARecordForEachFile) {
  EXPECT_EQ(read({{"2026-01.pem", kPem}, {"b.x.crt", kPem}}, 1000),
            "\x1e"
            "2026-01\n" +
                kPem +
                "\x1e"
                "b.x\n" +
                kPem);
}

TEST(KeyFiles, AFileThatIsBeingWrittenIsNoFileYet) {
  for (std::size_t bytes = 0; bytes + 1 < kPem.size(); ++bytes) {
    EXPECT_THAT(read({{"a.pem", kPem}, {"b.pem", kPem.substr(0, bytes)}}, 1000).error(),
                testing::HasSubstr("b.pem is not one whole PEM block"))
        << bytes;
  }
}

TEST(KeyFiles, NoFileCanStartAnotherRecord) {
  EXPECT_FALSE(read({{"a.pem", kPem +
                                   "\x1e"
                                   "b\n" +
                                   kPem}},
                    1000));
  EXPECT_FALSE(read({{"a\nb.pem", kPem}}, 1000));
  EXPECT_FALSE(read({{".pem", kPem}}, 1000));
}

TEST(KeyFiles, AreBounded) {
  EXPECT_FALSE(read({{"a.pem", kPem}, {"b.pem", kPem}}, 2 * kPem.size()));
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i <= kKeysPerIssuerMax; ++i) files[std::to_string(i) + ".pem"] = kPem;
  EXPECT_THAT(read(files, kJwksBytesMax).error(), testing::HasSubstr("holds 1001 keys, over 1000"));
  files.erase("0.pem");
  EXPECT_TRUE(read(files, kJwksBytesMax));
}

}  // namespace
}  // namespace assay::config
