#include "config/secret_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

// The first complaint about an [admin] with this secret (at least 16 bytes, at most 1024); empty if there is none.
std::string complaint_about(const std::string& secret) {
  test::MemoryFiles files;
  files.files["admin.secret"] = secret;
  const auto read = test::read(
      "[admin]\naddress = \"tcp://[::1]:1\"\nsecret_file = \"admin.secret\"\n" + std::string(test::kIssuer), files);
  return read ? "" : read.error()[0].message;
}

TEST(SecretReader, CountsTheBytesWithoutOneLineEnd) {
  EXPECT_EQ(complaint_about(std::string(16, 's')), "");
  EXPECT_EQ(complaint_about(std::string(16, 's') + "\n"), "");
  EXPECT_EQ(complaint_about(std::string(16, 's') + "\r\n"), "");
  EXPECT_EQ(complaint_about(std::string(1024, 's') + "\r\n"), "");
  EXPECT_THAT(complaint_about(std::string(15, 's') + "\n"),
              testing::HasSubstr("names a secret of 15 bytes; accepted: 16 to 1024"));
  EXPECT_THAT(complaint_about(std::string(1025, 's')), testing::HasSubstr("1025 bytes; accepted: 16 to 1024"));
  EXPECT_THAT(complaint_about(std::string(2000, 's')), testing::HasSubstr("cannot read admin.secret"));
  EXPECT_THAT(complaint_about(""), testing::HasSubstr("admin.secret is empty"));
}

TEST(SecretReader, NeverSaysTheSecret) {
  EXPECT_THAT(complaint_about("hidden"), testing::Not(testing::HasSubstr("hidden")));
  EXPECT_THAT(complaint_about("hidden hidden hidden"), testing::Not(testing::HasSubstr("hidden")));
}

}  // namespace
}  // namespace assay::config
