#include "config/value_text.h"

#include <gtest/gtest.h>

namespace assay::config {
namespace {

using std::chrono::milliseconds;

TEST(ValueText, ReadsAndWritesDurations) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0s", 0},          {"500ms", 500},  {"1s", 1000},
                                                        {"90s", 90'000},    {"2m", 120'000}, {"1h", 3'600'000},
                                                        {"24h", 86'400'000}};
  for (const auto& [text, count] : cases) {
    ASSERT_TRUE(parse_duration(text).has_value()) << text;
    EXPECT_EQ(parse_duration(text)->count(), count) << text;
    EXPECT_EQ(format_duration(milliseconds(count)), text);
  }
  EXPECT_EQ(format_duration(milliseconds(60'000)), "1m");
  EXPECT_EQ(parse_duration("999999999h")->count(), 999'999'999LL * 3'600'000);
}

TEST(ValueText, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "s", "1", "1 s", " 1s", "1s ", "-1s", "+1s", "1.5s", "1d", "1S", "1min", "1sec", "1h30m",
                           "1000000000s", "1us", "0x1s", "1e3s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(ValueText, ReadsAndWritesAddresses) {
  for (const char* text : {"tcp://127.0.0.1:8181", "tcp://[::1]:8181", "tcp://0.0.0.0:0", "tcp://[fe80::1]:65535",
                           "unix:/run/assay/check.sock"}) {
    ASSERT_TRUE(parse_address(text).has_value()) << text;
    EXPECT_EQ(format_address(*parse_address(text)), text);
  }
  EXPECT_EQ(parse_address("tcp://[::1]:80")->host, "::1");
  EXPECT_EQ(parse_address("tcp://[::1]:80")->port, 80);
  EXPECT_EQ(parse_address("unix:/a")->kind, Address::Kind::kUnix);
}

TEST(ValueText, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "127.0.0.1:80", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:65536",
                           "tcp://127.0.0.1:-1", "tcp://127.0.0.1:+1", "tcp://127.0.0.1:80/", "tcp://localhost:80",
                           "tcp://::1:80", "tcp://[::1]80", "tcp://[]:80", "tcp://[127.0.0.1]:80", "tcp://127.1:80",
                           "http://127.0.0.1:80", "unix:", "unix:run/x", "unix:/a b", "udp://127.0.0.1:80"}) {
    EXPECT_FALSE(parse_address(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_address("unix:/" + std::string(106, 'x')).has_value());
  EXPECT_FALSE(parse_address("unix:/" + std::string(107, 'x')).has_value());
}

TEST(ValueText, ReadsTokenPlaces) {
  EXPECT_EQ(parse_token_place("bearer")->kind, TokenPlace::Kind::kBearer);
  EXPECT_EQ(parse_token_place("header:X-Access-Token")->name, "x-access-token");
  EXPECT_EQ(parse_token_place("cookie:Session")->name, "Session");
  EXPECT_EQ(parse_token_place("query:access_token")->kind, TokenPlace::Kind::kQuery);
  for (const char* text : {"", "Bearer", "header:", "header:a b", "header:Authorization", "header:AUTHORIZATION",
                           "cookie:a;b", "query:a&b", "query:a=b", "body:x"}) {
    EXPECT_FALSE(parse_token_place(text).has_value()) << text;
  }
}

TEST(ValueText, NamesEveryAlgorithmByItsJwsName) {
  for (std::size_t i = 0; i < kAlgCount; ++i) {
    const auto alg = static_cast<Alg>(i);
    EXPECT_EQ(parse_algorithm(format_algorithm(alg)), alg);
  }
  EXPECT_EQ(format_algorithm(Alg::kEdDSA), "EdDSA");
  EXPECT_EQ(format_algorithm(Alg::kHS512), "HS512");
  for (const char* text : {"none", "None", "rs256", "RS256 ", "", "RS1", "ES256K"}) {
    EXPECT_FALSE(parse_algorithm(text).has_value()) << text;
  }
}

TEST(ValueText, SaysWhatIsWrongWithAUrl) {
  const auto fault = [](const std::string& url) { return url_fault(url, PlainHttp::kForbidden); };
  EXPECT_EQ(fault("https://a.example/x?y=z"), "");
  EXPECT_EQ(fault("https://a.example:8443"), "");
  EXPECT_EQ(url_fault("http://127.0.0.1:1/x", PlainHttp::kAllowed), "");
  for (const char* url :
       {"", "a.example", "ftp://a", "file:///x", "https://", "https:///x", "https://:80/", "https://u@h/",
        "https://u:p@h/", "https://h/#f", "https://h/a b", "https://h/\x80", "http://h/", "HTTPS://h/"}) {
    EXPECT_NE(fault(url), "") << url;
  }
  EXPECT_NE(fault("https://h/" + std::string(2048, 'x')), "");
  EXPECT_NE(fault("http://h/").find("allow_plain_http"), std::string::npos);
}

TEST(ValueText, TakesOnlyRoutePathsThatARequestCanHave) {
  for (const char* path : {"/", "/*", "/a", "/a/", "/a/b/*", "/a.b/~c/$d", "/..."})
    EXPECT_TRUE(is_route_path(path)) << path;
  for (const char* path : {"", "a", "*", "/a*", "/a/*/b", "/**", "/a//b", "//", "//*", "/./a", "/a/..", "/../*", "/a?b",
                           "/a#b", "/a b", "/a%20b", "/a\\b", "/\x80"}) {
    EXPECT_FALSE(is_route_path(path)) << path;
  }
}

TEST(ValueText, TakesPlainIssuerNames) {
  EXPECT_TRUE(is_issuer_name("credicorp.co_uk-1"));
  EXPECT_TRUE(is_issuer_name(std::string(64, 'x')));
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\"b"), std::string(65, 'x')}) {
    EXPECT_FALSE(is_issuer_name(name)) << name;
  }
}

}  // namespace
}  // namespace assay::config
