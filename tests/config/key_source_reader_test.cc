#include "config/key_source_reader.h"

#include <chrono>
#include <filesystem>

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

TEST(KeySourceReader, WantsAWayToVerifyTokens) {
  expect_fault("@" + issuer_with(""), "issuer.discovery", "nothing says how",
               "discovery, jwks, public_key and secret_file");
}

TEST(KeySourceReader, TakesKeysFromOnePlaceOnly) {
  expect_fault(issuer_with("discovery = true\n@jwks = \"https://a/\"\n"), "issuer.jwks", "from discovery already",
               "remove");
  expect_fault(issuer_with("@secret_file = \"hmac.secret\"\njwks = \"https://a/\"\n"), "issuer.secret_file",
               "from jwks already", "remove");
  expect_fault(issuer_with("@public_key = \"file:good.pem\"\njwks = \"file:keys.json\"\n"), "issuer.public_key",
               "from jwks already", "remove");
}

TEST(KeySourceReader, DiscoversFromTheIssuerOrAUrl) {
  EXPECT_EQ(first_issuer(issuer_with("discovery = \"https://a/meta\"\n")).keys.text, "https://a/meta");
  expect_fault(issuer_with("discovery = @false\n"), "issuer.discovery", "neither true nor a URL", "leave the key out");
  expect_fault(issuer_with("discovery = @1\n"), "issuer.discovery", "neither true nor a URL", "accepted: true");
  expect_fault(issuer_with("discovery = @\"meta.json\"\n"), "issuer.discovery", "is no https URL", "https://host/path");
  expect_fault("[[issuer]]\nname = \"a\"\nissuer = \"urn:a\"\naudiences = [\"x\"]\ndiscovery = @true\n",
               "issuer.discovery", "no https URL", "an issuer like");
  expect_fault("[[issuer]]\nname = \"a\"\nissuer = \"https://a/?b\"\naudiences = [\"x\"]\ndiscovery = @true\n",
               "issuer.discovery", "holds a query", "an issuer like");
}

TEST(KeySourceReader, ReadsKeySetsFromUrlsAndFiles) {
  EXPECT_EQ(first_issuer(issuer_with("jwks = \"https://a/keys\"\n")).keys.kind, KeySource::Kind::kJwksUrl);
  const IssuerPolicy from_file = first_issuer(issuer_with("jwks = \"file:keys.json\"\n"));
  EXPECT_EQ(from_file.keys.kind, KeySource::Kind::kJwksText);
  EXPECT_EQ(from_file.keys.text, " {\"keys\":[]}");
  expect_fault(issuer_with("jwks = @\"keys.json\"\n"), "issuer.jwks", "is no https URL", "\"file:keys.json\"");
  expect_fault(issuer_with("jwks = @\"file:absent\"\n"), "issuer.jwks", "cannot read absent: No such file", "readable");
  expect_fault(issuer_with("jwks = @\"file:good.pem\"\n"), "issuer.jwks", "no JWK Set", "{\"keys\": [...]}");
  expect_fault(issuer_with("jwks = @\"\"\n"), "issuer.jwks", "is empty", "a string");
}

TEST(KeySourceReader, WatchesFilesByTheirAbsolutePaths) {
  const IssuerPolicy jwks = first_issuer(issuer_with("jwks = \"file:keys.json\"\n"));
  EXPECT_EQ(jwks.keys.file, (std::filesystem::current_path() / "keys.json").string());
  EXPECT_EQ(jwks.refresh.interval, std::chrono::seconds(2));
  const IssuerPolicy pem = first_issuer(issuer_with("public_key = \"file:good.pem\"\nrefresh = \"30s\"\n"));
  EXPECT_EQ(pem.keys.file, (std::filesystem::current_path() / "good.pem").string());
  EXPECT_EQ(pem.refresh.interval, std::chrono::seconds(30));
  const std::string secret = "secret_file = \"hmac.secret\"\nalgorithms = [\"HS256\"]\n";
  EXPECT_EQ(first_issuer(issuer_with(secret)).keys.file, "");
  expect_fault(issuer_with(secret + "@refresh = \"30s\"\n"), "issuer.refresh", "not fetched", "remove");
}

TEST(KeySourceReader, ReadsAKeySetThatStandsInTheConfiguration) {
  const IssuerPolicy issuer = first_issuer(issuer_with("jwks = ' {\"keys\": []}'\n"));
  EXPECT_EQ(issuer.keys.kind, KeySource::Kind::kJwksText);
  EXPECT_EQ(issuer.keys.text, " {\"keys\": []}");
  EXPECT_EQ(issuer.keys.file, "");
  for (const char* jwks : {R"({"keys":[{"kty":"oct","k":"AA"}]})", R"({"keys":[{"kty":"EC","d" : "AA"}]})"}) {
    expect_fault(issuer_with("jwks = @'" + std::string(jwks) + "'\n"), "issuer.jwks", "private or secret key",
                 "public keys alone");
  }
  EXPECT_EQ(first_issuer(issuer_with(R"(jwks = '{"keys":[{"kid":"d"}]}')"
                                     "\n"))
                .keys.text,
            R"({"keys":[{"kid":"d"}]})");
}

TEST(KeySourceReader, ReadsAFolderOfPublicKeys) {
  test::MemoryFiles files;
  files.files = {{"keys/a.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
                 {"keys/b.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}};
  const std::string text = issuer_with("public_key = \"file:keys/\"\n");
  const auto configuration = test::read(text, files);
  ASSERT_TRUE(configuration.has_value()) << configuration.error()[0].message;
  const KeySource& keys = configuration->policy.issuers[0].keys;
  EXPECT_EQ(keys.kind, KeySource::Kind::kPemFolder);
  EXPECT_THAT(keys.text, testing::StartsWith("\x1e"
                                             "a\n-----BEGIN PUBLIC"));
  EXPECT_THAT(keys.text, testing::HasSubstr("\x1e"
                                            "b\n-----BEGIN CERT"));
  EXPECT_TRUE(keys.file.ends_with("/keys/"));
  EXPECT_THAT(describe(*configuration), testing::HasSubstr("public_key = \"file:keys/\""));
  files.files["keys/c.pem"] = "-----BEGIN PUBLIC KEY-----\nAA";
  EXPECT_THAT(test::read(text, files).error()[0].message, testing::HasSubstr("c.pem is not one whole PEM block"));
  expect_fault(issuer_with("public_key = @\"file:absent/\"\n"), "issuer.public_key", "No such file", "a folder of");
}

TEST(KeySourceReader, ReadsACertificate) {
  test::MemoryFiles files;
  files.files["cert.pem"] = "-----BEGIN CERTIFICATE-----\n";
  const auto configuration = test::read(issuer_with("public_key = \"file:cert.pem\"\n"), files);
  ASSERT_TRUE(configuration.has_value());
  EXPECT_EQ(configuration->policy.issuers[0].keys.kind, KeySource::Kind::kPem);
}

TEST(KeySourceReader, TakesPlainHttpOnlyWithPermission) {
  expect_fault(issuer_with("jwks = @\"http://127.0.0.1/\"\n"), "issuer.jwks",
               "allow_plain_http = true (development only)", "https://");
  EXPECT_EQ(first_issuer(issuer_with("jwks = \"http://127.0.0.1/\"\nallow_plain_http = true\n")).keys.text,
            "http://127.0.0.1/");
  expect_fault(discovered_with("allow_plain_http = @\"yes\"\n"), "issuer.allow_plain_http", "is a string", "a boolean");
}

TEST(KeySourceReader, ReadsOnePublicKey) {
  EXPECT_EQ(first_issuer(issuer_with("public_key = \"file:good.pem\"\n")).keys.kind, KeySource::Kind::kPem);
  expect_fault(issuer_with("public_key = @\"good.pem\"\n"), "issuer.public_key", "\"good.pem\"", "file:key.pem");
  expect_fault(issuer_with("public_key = @\"file:keys.json\"\n"), "issuer.public_key", "no public key",
               "BEGIN PUBLIC KEY");
  test::MemoryFiles files;
  files.files["private.pem"] = "-----BEGIN PRIVATE KEY-----\n";
  const auto result = test::read(issuer_with("public_key = \"file:private.pem\"\n"), files);
  EXPECT_THAT(result.error()[0].message, testing::HasSubstr("holds a private key"));
}

TEST(KeySourceReader, ReadsASecretWithoutItsLineEnd) {
  const IssuerPolicy issuer = first_issuer(issuer_with("secret_file = \"hmac.secret\"\nalgorithms = [\"HS256\"]\n"));
  EXPECT_EQ(issuer.keys.kind, KeySource::Kind::kSecret);
  EXPECT_EQ(issuer.keys.text, std::string(32, 'h'));
  EXPECT_THAT(issuer.algorithms, ElementsAre(Alg::kHS256));
}

TEST(KeySourceReader, RefusesSecretsThatAreNone) {
  const std::string text = issuer_with("secret_file = \"s\"\nalgorithms = [\"HS256\"]\n");
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {std::string(31, 's') + "\n", "holds 31 bytes; accepted: 32 to 1024"},
      {std::string(1025, 's'), "holds 1025 bytes; accepted: 32 to 1024"},
      {std::string(1027, 's'), "too long"},
      {"-----BEGIN PUBLIC KEY-----\nAAAAAAAAAAAAAAAAA", "holds PEM"},
  };
  for (const auto& [content, finding] : cases) {
    test::MemoryFiles files;
    files.files["s"] = content;
    const auto result = test::read(text, files);
    ASSERT_FALSE(result.has_value()) << finding;
    EXPECT_THAT(result.error()[0].message, testing::HasSubstr(finding));
    EXPECT_EQ(result.error()[0].line, 5U);
  }
  test::MemoryFiles files;
  files.files["s"] = std::string(1024, 's') + "\r\n";
  EXPECT_TRUE(test::read(text, files).has_value());
}

}  // namespace
}  // namespace assay::config
