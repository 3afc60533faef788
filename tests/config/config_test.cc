#include "config/config.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using test::kIssuer;
using test::kOpaqueIssuer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kOne(kIssuer);
const std::string kTwo(kOpaqueIssuer);

TEST(Config, TakesTheSmallestFileWithEveryDefault) {
  const Configuration configuration = accepted(kOne);
  ASSERT_EQ(configuration.policy.issuers.size(), 1U);
  const IssuerPolicy& issuer = configuration.policy.issuers[0];
  EXPECT_EQ(issuer.name, "one");
  EXPECT_EQ(issuer.issuer, "https://one.example");
  EXPECT_EQ(issuer.keys.kind, KeySource::Kind::kDiscovery);
  EXPECT_EQ(issuer.keys.text, "");
  EXPECT_THAT(issuer.algorithms, ElementsAre(Alg::kRS256, Alg::kPS256, Alg::kES256, Alg::kEdDSA));
  EXPECT_FALSE(issuer.audience_unchecked);
  EXPECT_FALSE(issuer.exp_optional);
  EXPECT_EQ(issuer.leeway.count(), 0);
  EXPECT_EQ(configuration.policy.entrances.size(), 1U);
  EXPECT_TRUE(configuration.policy.unmatched_authenticated);
  EXPECT_TRUE(configuration.settings.listeners.empty());
  EXPECT_FALSE(configuration.settings.admin.has_value());
}

TEST(Config, TakesASignedAndAnOpaqueIssuerBehindOneListener) {
  const Configuration configuration = accepted(R"(
[server]
workers = 0
[[listener]]
address = "tcp://127.0.0.1:8181"
mode    = "ext_authz"
token   = ["bearer"]
issuers = ["credicorp", "hubrise"]
trusted_peers = []
[admin]
address = "tcp://127.0.0.1:8182"
[[issuer]]
name       = "credicorp"
issuer     = "https://hub.credicorp.co.uk/partner/v1"
discovery  = true
audiences  = ["partner/v1"]
algorithms = ["RS256"]
leeway     = "0s"
exp        = "required"
[[issuer]]
name   = "hubrise"
opaque = { introspect = "https://h/i", client_id = "c", client_secret_file = "client.secret", ttl = "60s" }
scope  = { grammar = "bracketed" }
[[route]]
path    = "/partner/v1/applications/*"
methods = ["POST"]
issuers = ["credicorp"]
scopes  = ["applications:write"]
[routes]
unmatched = "refuse"
)");
  ASSERT_EQ(configuration.policy.issuers.size(), 2U);
  EXPECT_EQ(configuration.policy.issuers[1].scope.grammar, ScopeGrammar::kBracketed);
  EXPECT_EQ(configuration.policy.issuers[1].keys.kind, KeySource::Kind::kNone);
  EXPECT_THAT(configuration.policy.entrances[0].issuers, ElementsAre("credicorp", "hubrise"));
}

TEST(Config, RefusesUnknownKeysOfEveryTableWithASuggestion) {
  expect_fault("[server]\n@worker = 1\n" + kOne, "server.worker", "did you mean workers?", "accepted: workers, poller");
  expect_fault("[[listener]]\naddress = \"tcp://[::1]:1\"\n@tokens = [\"bearer\"]\n" + kOne, "listener.tokens",
               "did you mean token?", "accepted: address");
  expect_fault("[admin]\naddress = \"tcp://[::1]:1\"\n@port = 1\n" + kOne, "admin.port", "not a known key",
               "accepted: address");
  expect_fault("[outbound]\n@cafile = \"x\"\n" + kOne, "outbound.cafile", "did you mean ca_file?", "ca_file, proxy");
  expect_fault(kOne + "@audience = [\"x\"]\n", "issuer.audience", "did you mean audiences?", "accepted: name, issuer");
  expect_fault(kOne + "scope = { @wildcards = true }\n", "issuer.scope.wildcards", "did you mean wildcard?",
               "grammar, wildcard");
  expect_fault(kOne +
                   "opaque = { introspect = \"https://h/\", client_id = \"c\", client_secret_env = \"SECRET\", @url = "
                   "\"x\" }\n",
               "issuer.opaque.url", "not a known key", "accepted: introspect");
  expect_fault(kOne + "[routes]\n@unmatch = \"refuse\"\nunmatched = \"authenticated\"\n", "routes.unmatch",
               "did you mean unmatched?", "accepted: unmatched");
  expect_fault(kOne + "[[route]]\npath = \"/\"\n@scope = [\"x\"]\n[routes]\nunmatched = \"refuse\"\n", "route.scope",
               "did you mean scopes?", "accepted: path");
  expect_fault("[@listner]\n" + kOne, "listner", "did you mean listener?", "accepted: server, listener");
}

TEST(Config, ReportsAllComplaintsInOrderOfPlace) {
  const auto result = test::read("[server]\nworkers = -1\nbogus = 1\n[[issuer]]\nname = \"a b\"\n");
  ASSERT_FALSE(result.has_value());
  std::vector<std::uint32_t> lines;
  for (const ConfigFault& fault : result.error()) lines.push_back(fault.line);
  EXPECT_THAT(lines, ElementsAre(2, 3, 4, 5));
}

TEST(Config, RefusesWhatIsNoToml) {
  const auto result = test::read("[[issuer]\n");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error()[0].line, 1U);
  EXPECT_THAT(result.error()[0].message, HasSubstr("accepted: TOML 1.0"));
  EXPECT_FALSE(test::read(std::string(kConfigBytesMax + 1, '\n')).has_value());
}

TEST(Config, NeedsAnIssuer) {
  const auto result = test::read("");
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error()[0].message, HasSubstr("issuer: is required; accepted: one [[issuer]]"));
  expect_fault("@[issuer]\nname = \"one\"\n", "issuer", "no list of tables", "accepted: one or more [[issuer]]");
}

TEST(Config, KeepsControlBytesOutOfComplaints) {
  const auto result = test::read("\"a\\nb\\u001B\" = 1\n" + kOne);
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error()[0].message, testing::StartsWith("a?b?: is not a known key"));
}

TEST(Config, DescribesItselfSoThatReadingItAgainChangesNothing) {
  const std::string text =
      "[[listener]]\naddress = \"tcp://[::1]:1\"\ntoken = [\"header:X-T\", \"cookie:c\"]\nissuers = [\"one\"]\n"
      "claim_headers = { \"https://c\\\"\\n\" = \"X-C\" }\nrealm = \"r\"\n"
      "[[listener]]\naddress = \"unix:/s\"\nmode = \"forward_auth\"\ntrusted_peers = [\"unix\"]\nissuers = [\"two\", "
      "\"h\"]\n"
      "[admin]\naddress = \"tcp://127.0.0.1:2\"\n[outbound]\nca_file = \"ca.pem\"\n" +
      kOne + "max_token_life = \"36h\"\nexp = \"optional\"\nscope = { grammar = \"comma\", wildcard = \"all\" }\n" +
      kTwo +
      "[[issuer]]\nname = \"h\"\nissuer = \"\"\nsecret_file = \"hmac.secret\"\nalgorithms = [\"HS512\"]\n"
      "audiences = \"unchecked\"\n[[route]]\npath = \"/x\"\nissuers = [\"one\"]\nscopes = [\"s\"]\n"
      "[routes]\nunmatched = \"refuse\"\n";
  const std::string description = describe(accepted(text));
  EXPECT_EQ(describe(accepted(description)), description);
  EXPECT_THAT(description, HasSubstr("max_token_life = \"36h\""));
  EXPECT_THAT(description, HasSubstr("client_secret_env = \"SECRET\""));
  EXPECT_THAT(description, HasSubstr("secret_file = \"hmac.secret\""));
  EXPECT_THAT(description, HasSubstr("algorithms = [\"HS512\"]"));
}

TEST(Config, DescribesNoSecret) {
  const std::string description =
      describe(accepted(
          kTwo + "[[issuer]]\nname = \"h\"\nissuer = \"h\"\nsecret_file = \"hmac.secret\"\nalgorithms = [\"HS256\"]\n"
                 "audiences = [\"a\"]\n"));
  EXPECT_THAT(description, Not(HasSubstr("variable-pass")));
  EXPECT_THAT(description, Not(HasSubstr("hhhh")));
}

TEST(Config, ReadsFilesRelativeToItsOwnFolder) {
  std::string folder = testing::TempDir() + "assay_config_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/keys.json") << "{\"keys\":[]}";
  std::ofstream(folder + "/assay.toml")
      << "[[issuer]]\nname = \"one\"\nissuer = \"i\"\njwks = \"file:keys.json\"\naudiences = [\"a\"]\n";
  const auto configuration = read_config_file(folder + "/assay.toml");
  ASSERT_TRUE(configuration.has_value()) << configuration.error()[0].message;
  EXPECT_EQ(configuration->policy.issuers[0].keys.text, "{\"keys\":[]}");
  EXPECT_EQ(configuration->sources[0].keys_file, folder + "/keys.json");

  std::filesystem::remove(folder + "/keys.json");
  EXPECT_THAT(read_config_file(folder + "/assay.toml").error()[0].message, HasSubstr("No such file or directory"));
  EXPECT_THAT(read_config_file(folder + "/absent.toml").error()[0].message, HasSubstr("No such file or directory"));
  EXPECT_THAT(read_config_file(folder).error()[0].message, HasSubstr("folder"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace assay::config
