#include "config/admin_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kOne(test::kIssuer);
const std::string kTwo(test::kOpaqueIssuer);

std::string admin_with(const std::string& lines) { return "[admin]\naddress = \"tcp://[::1]:1\"\n" + lines; }

test::MemoryFiles files_with(const std::string& secret) {
  test::MemoryFiles files;
  files.files["admin.secret"] = secret;
  files.variables["ADMIN_SECRET"] = secret;
  return files;
}

TEST(AdminReader, ReadsTheSecretFromAFileOrAVariable) {
  for (const std::string line : {"secret_file = \"admin.secret\"\n", "secret_env = \"ADMIN_SECRET\"\n"}) {
    const auto read = test::read(admin_with(line) + kOne, files_with("steer-0123456789"));
    ASSERT_TRUE(read.has_value()) << read.error()[0].message;
    EXPECT_EQ(read->settings.admin->secret, "steer-0123456789");
    EXPECT_FALSE(read->settings.admin->entrance.has_value());
    EXPECT_EQ(read->policy.entrances.size(), 1U);
    EXPECT_THAT(describe(*read), HasSubstr("[admin]\naddress = \"tcp://[::1]:1\"\n" + line));
    EXPECT_THAT(describe(*read), testing::Not(HasSubstr("steer-")));
  }
}

TEST(AdminReader, GivesTokensWithTheScopeAnEntranceOfTheirOwn) {
  const Configuration configuration =
      accepted("[[listener]]\naddress = \"tcp://[::1]:2\"\n" +
               admin_with("scope = \"assay:steer\"\nissuers = [\"one\"]\n") + kOne + kTwo);
  ASSERT_EQ(configuration.policy.entrances.size(), 2U);
  EXPECT_TRUE(configuration.policy.entrances[0].uses_routes);
  ASSERT_EQ(configuration.settings.admin->entrance, 1U);
  const EntrancePolicy& entrance = configuration.policy.entrances[1];
  EXPECT_FALSE(entrance.uses_routes);
  EXPECT_THAT(entrance.scopes, ElementsAre("assay:steer"));
  EXPECT_THAT(entrance.issuers, ElementsAre("one"));
  EXPECT_THAT(describe(configuration), HasSubstr("scope = \"assay:steer\"\nissuers = [\"one\"]\n"));
  EXPECT_EQ(describe(accepted(describe(configuration))), describe(configuration));
}

TEST(AdminReader, PlacesComplaints) {
  expect_fault(admin_with("@secret_file = \"absent\"\nsecret_env = \"SECRET\"\n") + kOne, "admin.secret_file",
               "one is needed", "secret_file or secret_env");
  expect_fault(admin_with("@secret_env = \"SECRET\"\n") + kOne, "admin.secret_env", "a secret of 13 bytes",
               "16 to 1024");
  expect_fault(admin_with("@issuers = [\"one\"]\n") + kOne, "admin.issuers", "has no effect", "remove");
  expect_fault("@" + admin_with("scope = \"x\"\n") + kOne + kTwo, "admin.issuers", "is required", "may steer");
  expect_fault(admin_with("scope = \"x\"\nissuers = [@\"three\"]\n") + kOne, "admin.issuers", "no issuer \"three\"",
               "[[issuer]]");
  expect_fault(admin_with("scope = @\"\"\n") + kOne, "admin.scope", "is empty", "leave the key out");
  const auto read =
      test::read(admin_with("secret_file = \"admin.secret\"\n") + kOne, files_with("two words of it\x01"));
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error()[0].message, HasSubstr("one line of printable ASCII"));
}

TEST(AdminReader, IsNotOpenToOtherMachinesUnguarded) {
  for (const char* address : {"tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1"}) {
    const std::string start = "[admin]\n@address = \"" + std::string(address) + "\"\n";
    expect_fault(start + kOne, "admin.address", "can be reached from other machines",
                 "secret_file, secret_env or scope");
    accepted("[admin]\naddress = \"" + std::string(address) + "\"\nscope = \"x\"\n" + kOne);
  }
  for (const char* address :
       {"tcp://127.0.0.1:1", "tcp://127.1.2.3:1", "tcp://[::1]:1", "tcp://[0:0::1]:1", "unix:/run/assay/admin.sock"}) {
    accepted("[admin]\naddress = \"" + std::string(address) + "\"\n" + kOne);
  }
}

}  // namespace
}  // namespace assay::config
