#include "config/issuer_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::ElementsAre;

// An issuer without keys; `rest` follows.
std::string issuer_with(const std::string& rest) {
  return "[[issuer]]\nname = \"one\"\nissuer = \"https://one.example\"\naudiences = [\"api\"]\n" + rest;
}

std::string discovered_with(const std::string& rest) { return issuer_with("discovery = true\n" + rest); }

IssuerPolicy first_issuer(const std::string& text) {
  const Configuration configuration = accepted(text);
  return configuration.policy.issuers.empty() ? IssuerPolicy{} : configuration.policy.issuers[0];
}

TEST(IssuerReader, ReadsEveryRule) {
  const IssuerPolicy issuer = first_issuer(discovered_with(
      "algorithms = [\"ES384\", \"EdDSA\"]\nleeway = \"5s\"\nexp = \"optional\"\nmax_token_life = \"24h\"\n"
      "require_claims = [\"sub\", \"jti\"]\ntypes = [\"at+jwt\"]\nscope = { grammar = \"bracketed\", wildcard = "
      "\"all\" }\n"
      "refresh = \"1m\"\nmax_stale = \"2h\"\nfetch_timeout = \"500ms\"\n"));
  EXPECT_THAT(issuer.audiences, ElementsAre("api"));
  EXPECT_THAT(issuer.algorithms, ElementsAre(Alg::kES384, Alg::kEdDSA));
  EXPECT_EQ(issuer.leeway.count(), 5'000'000);
  EXPECT_TRUE(issuer.exp_optional);
  EXPECT_EQ(issuer.max_token_life->count(), 86'400'000'000);
  EXPECT_THAT(issuer.required_claims, ElementsAre("sub", "jti"));
  EXPECT_THAT(issuer.token_types, ElementsAre("at+jwt"));
  EXPECT_EQ(issuer.scope.grammar, ScopeGrammar::kBracketed);
  EXPECT_EQ(issuer.scope.wildcard, ScopeWildcard::kAll);
  EXPECT_EQ(issuer.refresh.interval.count(), 60'000'000);
  EXPECT_EQ(issuer.refresh.max_stale.count(), 7'200'000'000);
  EXPECT_EQ(issuer.fetch_timeout.count(), 500);
}

TEST(IssuerReader, ReadsTheWildcardAsABoolean) {
  EXPECT_EQ(first_issuer(discovered_with("scope = { wildcard = true }\n")).scope.wildcard, ScopeWildcard::kLastSegment);
  EXPECT_EQ(first_issuer(discovered_with("scope = { wildcard = false }\n")).scope.wildcard, ScopeWildcard::kOff);
  expect_fault(discovered_with("scope = { wildcard = @\"yes\" }\n"), "issuer.scope.wildcard", "none of its values",
               "false, true, \"all\"");
  expect_fault(discovered_with("scope = { grammar = @\"json\" }\n"), "issuer.scope.grammar", "\"json\"",
               "\"space\", \"comma\", \"bracketed\"");
  expect_fault(discovered_with("scope = @\"space\"\n"), "issuer.scope", "is a string", "a table");
}

TEST(IssuerReader, WantsAUniquePlainName) {
  expect_fault("@[[issuer]]\nissuer = \"https://a\"\ndiscovery = true\naudiences = [\"x\"]\n", "issuer.name",
               "is required", "letters, digits");
  expect_fault("[[issuer]]\nname = @\"a b\"\nissuer = \"https://a\"\ndiscovery = true\naudiences = [\"x\"]\n",
               "issuer.name", "\"a b\"", "1 to 64 letters");
  expect_fault(discovered_with("") +
                   "[[issuer]]\nname = @\"one\"\nissuer = \"https://b\"\ndiscovery = true\naudiences = [\"x\"]\n",
               "issuer.name", "there twice", "unique names");
}

TEST(IssuerReader, WantsIssSaidForSignedTokensEvenIfEmpty) {
  expect_fault("@[[issuer]]\nname = \"a\"\njwks = \"https://a/\"\naudiences = [\"x\"]\n", "issuer.issuer",
               "is required", "\"\" for tokens without iss");
  EXPECT_EQ(
      first_issuer("[[issuer]]\nname = \"a\"\nissuer = \"\"\njwks = \"https://a/\"\naudiences = [\"x\"]\n").issuer, "");
}

TEST(IssuerReader, BindsAlgorithmsToTheKindOfKey) {
  expect_fault("@" + issuer_with("secret_file = \"hmac.secret\"\n"), "issuer.algorithms", "is required",
               "HS256, HS384");
  expect_fault(issuer_with("secret_file = \"hmac.secret\"\nalgorithms = [\"HS256\", @\"RS256\"]\n"),
               "issuer.algorithms", "RS256 does not go with", "HS256, HS384 and HS512");
  expect_fault(discovered_with("algorithms = [\"RS256\", @\"HS256\"]\n"), "issuer.algorithms", "HS256 does not go with",
               "secret_file alone");
}

TEST(IssuerReader, RefusesNoneInAnyCaseAndUnknownAlgorithms) {
  for (const char* none : {"none", "None", "NONE", "nOnE"}) {
    expect_fault(discovered_with("algorithms = [@\"" + std::string(none) + "\"]\n"), "issuer.algorithms",
                 "tokens that nobody signed", "RS256");
  }
  expect_fault(discovered_with("algorithms = [@\"rs256\"]\n"), "issuer.algorithms", "\"rs256\" is no JWS", "RS256");
  expect_fault(discovered_with("algorithms = @[]\n"), "issuer.algorithms", "is empty", "one or more");
  expect_fault(discovered_with("algorithms = [\"RS256\", @\"RS256\"]\n"), "issuer.algorithms", "twice", "once");
}

TEST(IssuerReader, WantsAudiencesForSignedTokens) {
  const std::string start = "[[issuer]]\nname = \"a\"\nissuer = \"https://a\"\ndiscovery = true\n";
  expect_fault("@" + start, "issuer.audiences", "is required", "\"unchecked\"");
  expect_fault(start + "audiences = @[]\n", "issuer.audiences", "is empty", "one or more");
  expect_fault(start + "audiences = @\"api\"\n", "issuer.audiences", "\"api\"",
               "an array of audiences, or \"unchecked\"");
  expect_fault(start + "audiences = @true\n", "issuer.audiences", "is a boolean", "an array");
  EXPECT_TRUE(first_issuer(start + "audiences = \"unchecked\"\n").audience_unchecked);
}

TEST(IssuerReader, WantsALifeForTokensThatMayLackExp) {
  expect_fault(discovered_with("@exp = \"optional\"\n"), "issuer.exp", "needs max_token_life", "\"required\"");
  expect_fault(discovered_with("exp = @\"no\"\n"), "issuer.exp", "\"no\"", "\"required\", \"optional\"");
  expect_fault(discovered_with("leeway = @\"11m\"\n"), "issuer.leeway", "out of bounds", "0s to 10m");
  expect_fault(discovered_with("types = [@\"application/at+jwt\"]\n"), "issuer.types", "without its prefix",
               "\"at+jwt\"");
}

TEST(IssuerReader, RefusesKeysWithoutEffect) {
  expect_fault(issuer_with("jwks = '{}'\n@refresh = \"1m\"\n"), "issuer.refresh", "not fetched", "remove");
  expect_fault(discovered_with("refresh = \"2h\"\n@max_stale = \"1h\"\n"), "issuer.max_stale",
               "shorter than refresh (2h)", "at least refresh");
  const std::string opaque(test::kOpaqueIssuer);
  for (const char* line :
       {"algorithms = [\"RS256\"]", "types = [\"JWT\"]", "max_stale = \"1h\"", "fetch_timeout = \"1s\""}) {
    const std::string key(line, std::string_view(line).find(' '));
    expect_fault(opaque + "@" + line + "\n", "issuer." + key, "has no effect", "remove");
  }
}

}  // namespace
}  // namespace assay::config
