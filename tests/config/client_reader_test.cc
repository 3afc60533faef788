#include "config/client_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;

const std::string kOne(test::kIssuer);
const std::string kAdmin = "[admin]\naddress = \"tcp://[::1]:1\"\n";

std::string client_with(const std::string& lines) { return "[[client]]\nid = \"shop\"\n" + lines; }

TEST(ClientReader, ReadsClientsAndWhoListsThem) {
  const Configuration configuration =
      accepted(kAdmin + "clients = [\"till\", \"shop\"]\n" + client_with("secret_file = \"client.secret\"\n") +
               "[[client]]\nid = \"till\"\nsecret_env = \"SECRET\"\n" + kOne);
  ASSERT_EQ(configuration.clients.size(), 2U);
  EXPECT_EQ(configuration.clients[0].credentials.id, "shop");
  EXPECT_EQ(configuration.clients[0].credentials.secret, "client-pass");
  EXPECT_EQ(configuration.clients[0].secret.file, "client.secret");
  EXPECT_EQ(configuration.clients[1].secret.variable, "SECRET");
  ASSERT_TRUE(configuration.settings.admin.has_value());
  ASSERT_EQ(configuration.settings.admin->clients.size(), 2U);
  EXPECT_EQ(configuration.settings.admin->clients[0].id, "till");
  EXPECT_EQ(configuration.settings.admin->clients[0].secret, "variable-pass");
  EXPECT_EQ(configuration.settings.admin->clients[1].id, "shop");
}

TEST(ClientReader, PlacesComplaints) {
  const std::string secret = "secret_env = \"SECRET\"\n";
  const std::string listed = kAdmin + "clients = [\"shop\"]\n";
  expect_fault(kOne + "@[[client]]\n" + secret, "client.id", "is required", "printable ASCII");
  expect_fault(listed + client_with(secret) + "[[client]]\nid = @\"shop\"\n" + secret + kOne, "client.id",
               "\"shop\" is there twice", "unique ids");
  expect_fault(listed + "@" + client_with("") + kOne, "client.secret_file", "one is needed",
               "secret_file or secret_env");
  expect_fault(listed + client_with("secret_env = @\"ABSENT\"\n") + kOne, "client.secret_env", "ABSENT is not set",
               "environment");
  expect_fault(listed + client_with(secret + "@scope = \"x\"\n") + kOne, "client.scope", "not a known key",
               "accepted: id, secret_file, secret_env");
  expect_fault(kAdmin + "clients = [\"shop\", @\"shed\"]\n" + client_with(secret) + kOne, "admin.clients",
               "there is no client \"shed\"", "ids of [[client]]");
  expect_fault("[[client]]\n@id = \"shop\"\n" + secret + kOne, "client.id", "no list of clients names \"shop\"",
               "remove the table");
}

TEST(ClientReader, RefusesIdsThatCannotBeSent) {
  const std::string rest = "\nsecret_env = \"SECRET\"\n" + kOne;
  for (const std::string& id : {std::string(257, 'a'), std::string("sh\xC3\xB6p"), std::string("a\\tb")}) {
    const auto read = test::read("[admin]\naddress = \"tcp://[::1]:1\"\n[[client]]\nid = \"" + id + "\"" + rest);
    ASSERT_FALSE(read.has_value()) << id;
    EXPECT_THAT(read.error()[0].message, testing::HasSubstr("1 to 256 characters of printable ASCII"));
  }
}

TEST(ClientReader, KeepsSecretsOutOfTheDescription) {
  const Configuration configuration =
      accepted(kAdmin + "clients = [\"shop\"]\n" + client_with("secret_file = \"client.secret\"\n") + kOne);
  const std::string description = describe(configuration);
  EXPECT_THAT(description, testing::HasSubstr("[[client]]\nid = \"shop\"\nsecret_file = \"client.secret\"\n"));
  EXPECT_THAT(description, testing::HasSubstr("clients = [\"shop\"]"));
  EXPECT_THAT(description, testing::Not(testing::HasSubstr("client-pass")));
  EXPECT_EQ(describe(accepted(description)), description);
}

}  // namespace
}  // namespace assay::config
