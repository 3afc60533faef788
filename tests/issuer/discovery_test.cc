#include "issuer/discovery.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::issuer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kIssuer = "https://hub.example/partner/v1";

// Parses an exact-size heap copy, so that a read of one byte too many is seen.
Expected<Metadata> parse(std::string_view document, std::string_view issuer = kIssuer) {
  const auto copy = std::make_unique<char[]>(document.size());
  std::copy(document.begin(), document.end(), copy.get());
  return parse_metadata(std::string_view(copy.get(), document.size()), issuer);
}

void expect_refused(const std::string& document) {
  const Expected<Metadata> metadata = parse(document);
  ASSERT_FALSE(metadata) << document;
  EXPECT_EQ(metadata.error().code, ErrorCode::kBadMetadata) << document;
}

std::string with_jwks_uri(const std::string& uri_json) {
  return R"({"issuer":"https://hub.example/partner/v1","jwks_uri":)" + uri_json + "}";
}

TEST(MetadataUrls, PathIsTriedBothWays) {
  EXPECT_THAT(metadata_urls("https://a.example/t1"),
              ElementsAre("https://a.example/.well-known/oauth-authorization-server/t1",
                          "https://a.example/t1/.well-known/openid-configuration",
                          "https://a.example/.well-known/openid-configuration/t1",
                          "https://a.example/t1/.well-known/oauth-authorization-server"));
  EXPECT_EQ(metadata_urls("https://a.example/partner/v1").front(),
            "https://a.example/.well-known/oauth-authorization-server/partner/v1");
}

TEST(MetadataUrls, WithoutPathThereAreTwo) {
  for (const char* issuer : {"https://a.example", "https://a.example/"}) {
    EXPECT_THAT(metadata_urls(issuer), ElementsAre("https://a.example/.well-known/oauth-authorization-server",
                                                   "https://a.example/.well-known/openid-configuration"));
  }
}

TEST(MetadataUrls, OneSlashAtTheEndOfThePathIsDropped) {
  EXPECT_EQ(metadata_urls("https://a.example/t1/"), metadata_urls("https://a.example/t1"));
}

TEST(MetadataUrls, PortsAndAddressesStay) {
  EXPECT_EQ(metadata_urls("http://127.0.0.1:8080/x")[1], "http://127.0.0.1:8080/x/.well-known/openid-configuration");
  EXPECT_EQ(metadata_urls("https://[::1]:8443").front(), "https://[::1]:8443/.well-known/oauth-authorization-server");
}

TEST(MetadataUrls, IssuersThatAreNoPlainHttpUrlHaveNone) {
  for (const char* issuer : {"",
                             "a.example",
                             "//a.example",
                             "https:",
                             "https://",
                             "https:///path",
                             "https://:443",
                             "https:a.example",
                             "HTTPS://a.example",
                             "ftp://a.example",
                             "file:///etc/passwd",
                             "data:application/json,{}",
                             "javascript://x",
                             "https://a.example?x=1",
                             "https://a.example/t1?x",
                             "https://a.example/t1#f",
                             "https://a.example#",
                             "https://user@a.example",
                             "https://user:pass@a.example/t",
                             "https://a.example\\@evil.example",
                             "https://a.example/ t1",
                             "https://a.example/\n",
                             " https://a.example",
                             "https://a.example/\x01",
                             "https://caf\xc3\xa9.example",
                             "https://a.example/<t>"}) {
    EXPECT_THAT(metadata_urls(issuer), IsEmpty()) << issuer;
  }
}

TEST(HttpUrl, HasAHostAndNoCredentials) {
  for (const char* url : {"https://a.example", "http://127.0.0.1:8080/x?y#z", "https://[::1]/"}) {
    EXPECT_TRUE(is_http_url(url)) << url;
  }
  for (const char* url :
       {"", "https://", "HTTPS://a", "ftp://a", "file:///a", "https://user:pass@a/", "https://a/ b"}) {
    EXPECT_FALSE(is_http_url(url)) << url;
  }
}

TEST(Metadata, GivesTheKeySetUrl) {
  const Expected<Metadata> metadata = parse(R"({
    "issuer": "https://hub.example/partner/v1",
    "token_endpoint": "https://hub.example/oauth/token",
    "jwks_uri": "https://hub.example/keys?v=1",
    "introspection_endpoint": "https:\/\/hub.example\/oauth\/introspect",
    "grant_types_supported": ["client_credentials"]
  })");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->jwks_uri, "https://hub.example/keys?v=1");
}

TEST(Metadata, IssuerMustBeEqualByteForByte) {
  for (const char* issuer :
       {R"("https://hub.example/partner/v1/")", R"("https://hub.example/partner")",
        R"("https://hub.example/partner/V1")", R"("HTTPS://hub.example/partner/v1")",
        R"("https://hub.example:443/partner/v1")", R"("https://evil.example")", R"("")", "null", "1",
        R"(["https://hub.example/partner/v1"])", R"("https://hub.example/partner/v1\u0000")"}) {
    expect_refused(R"({"issuer":)" + std::string(issuer) + R"(,"jwks_uri":"https://hub.example/keys"})");
  }
  expect_refused(R"({"jwks_uri":"https://hub.example/keys"})");
  EXPECT_TRUE(parse(R"({"issuer":"https:\/\/hub.example\/partner\/v1","jwks_uri":"https://hub.example/keys"})"));
}

// A key set from a place that is no web server: CVE-2026-48522.
TEST(Metadata, JwksUriMustBeAnHttpUrl) {
  for (const char* uri :
       {R"("")", "null", "1", R"(["https://hub.example/keys"])", R"("/keys")", R"("hub.example/keys")",
        R"("file:///etc/passwd")", R"("data:application/json,{}")", R"("ftp://hub.example/keys")", R"("https://")",
        R"("https://user:pass@hub.example/keys")", R"("https://hub.example/ keys")",
        R"("https://hub.example/keys\r\nX: y")", R"("https://hub.example/keys\u0000")"}) {
    expect_refused(with_jwks_uri(uri));
  }
  expect_refused(R"({"issuer":"https://hub.example/partner/v1"})");
  EXPECT_TRUE(parse(with_jwks_uri(R"("http://hub.example/keys")")))
      << "whether plain http may be asked is the fetcher's";
}

TEST(Metadata, SaysWhatIsWrongWithADocument) {
  const auto finding = [](std::string_view document) { return describe_bad_metadata(document, kIssuer); };
  EXPECT_EQ(finding(with_jwks_uri(R"("https://hub.example/keys")")), "");
  EXPECT_EQ(finding("<html>"), "no JSON object (byte 0)");
  EXPECT_EQ(finding("{}"), "it has no issuer");
  EXPECT_EQ(finding(R"({"issuer":"https://evil.example\n"})"),
            R"(its issuer is "https://evil.example?", not "https://hub.example/partner/v1")");
  EXPECT_EQ(finding(R"({"issuer":"https://hub.example/partner/v1"})"), "it has no jwks_uri");
  EXPECT_EQ(finding(with_jwks_uri(R"("https://user:pass@hub.example/keys")")),
            "its jwks_uri is no absolute http(s) URL without user information");
  EXPECT_EQ(finding(std::string(kMetadataBytesMax + 1, ' ')), "longer than 262144 bytes");
  EXPECT_LT(finding(R"({"issuer":")" + std::string(10'000, 'x') + R"("})").size(), 300U);
}

TEST(Metadata, RefusesDocumentsThatAreNoJsonObject) {
  for (const char* document : {"", " ", "[]", "null", "<html></html>", "{", R"({"issuer":"a","issuer":"a"})"}) {
    expect_refused(document);
  }
  const std::string good = with_jwks_uri(R"("https://hub.example/keys")");
  expect_refused(good + "x");
  expect_refused("\xef\xbb\xbf" + good);
  expect_refused(with_jwks_uri(R"("https://hub.example/keys","jwks_uri":"https://evil.example/keys")"));
}

TEST(Metadata, BoundsItsSize) {
  const std::string good = with_jwks_uri(R"("https://hub.example/keys")");
  EXPECT_TRUE(parse(good + std::string(kMetadataBytesMax - good.size(), ' ')));
  expect_refused(good + std::string(kMetadataBytesMax - good.size() + 1, ' '));
}

}  // namespace
}  // namespace assay::issuer
