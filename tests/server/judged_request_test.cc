#include "server/judged_request.h"

#include <gtest/gtest.h>

#include "tests/server/request_copy.h"

namespace assay::server {
namespace {

PeerTrust trust_of(std::vector<std::string> peers) { return PeerTrust::parse(peers).value(); }

// "METHOD target", or the name of the refusing code in angle brackets.
std::string read(const RequestCopy& request, ListenerMode mode, const PeerTrust& trust) {
  const tl::expected<JudgedRequest, Refusal> judged = read_judged_request(request.get(), mode, trust);
  if (judged) return std::string(judged->method) + " " + std::string(judged->target);
  return "<" + std::string(facts_of(judged.error().code).name) + ">";
}

std::string read_unix(RequestCopy& request, ListenerMode mode) {
  return read(request.from_unix(), mode, trust_of({"unix"}));
}

std::string read_original(RequestCopy::Fields fields) {
  RequestCopy request("/auth", fields);
  return read_unix(request, ListenerMode::kAuthRequest);
}

TEST(JudgedRequest, ExtAuthzJudgesTheRequestItself) {
  const RequestCopy request("/v1/orders?a=1");
  EXPECT_EQ(read(request, ListenerMode::kExtAuthz, {}), "GET /v1/orders?a=1");
}

TEST(JudgedRequest, ExtAuthzNeverReadsForwardedFields) {
  RequestCopy request("/admin", {{"X-Original-URI", "/public"},
                                 {"X-Original-Method", "POST"},
                                 {"X-Forwarded-Uri", "/public"},
                                 {"X-Forwarded-Method", "POST"}});
  EXPECT_EQ(read_unix(request, ListenerMode::kExtAuthz), "GET /admin");
}

TEST(JudgedRequest, AuthRequestJudgesTheOriginalRequest) {
  EXPECT_EQ(read_original({{"X-Original-Method", "DELETE"}, {"X-Original-URI", "/v1/orders/7?x=%20"}}),
            "DELETE /v1/orders/7?x=%20");
}

TEST(JudgedRequest, ForwardAuthJudgesTheForwardedRequest) {
  RequestCopy request("/auth", {{"x-forwarded-method", "PUT"}, {"x-forwarded-uri", "/a"}, {"X-Forwarded-Host", "h"}});
  EXPECT_EQ(read_unix(request, ListenerMode::kForwardAuth), "PUT /a");
}

TEST(JudgedRequest, EachModeReadsItsOwnFieldsOnly) {
  RequestCopy original("/auth", {{"X-Original-Method", "GET"}, {"X-Original-URI", "/a"}});
  EXPECT_EQ(read_unix(original, ListenerMode::kForwardAuth), "<ambiguous_path>");
  RequestCopy forwarded("/auth", {{"X-Forwarded-Method", "GET"}, {"X-Forwarded-Uri", "/a"}});
  EXPECT_EQ(read_unix(forwarded, ListenerMode::kAuthRequest), "<ambiguous_path>");
}

TEST(JudgedRequest, ForwardedUriFromUntrustedPeerIsNotBelieved) {
  RequestCopy request("/auth", {{"X-Forwarded-Method", "GET"}, {"X-Forwarded-Uri", "/public"}});
  request.from_tcp("10.0.0.9");
  EXPECT_EQ(read(request, ListenerMode::kForwardAuth, trust_of({"10.0.0.1", "unix"})), "<no_route>");
  EXPECT_EQ(read(request, ListenerMode::kForwardAuth, {}), "<no_route>");
}

TEST(JudgedRequest, OriginalUriFromUntrustedPeerIsNotBelieved) {
  RequestCopy request("/auth", {{"X-Original-Method", "GET"}, {"X-Original-URI", "/public"}});
  EXPECT_EQ(read(request.from_unix(), ListenerMode::kAuthRequest, trust_of({"127.0.0.1"})), "<no_route>");
  EXPECT_EQ(read(request.from_tcp("127.0.0.1"), ListenerMode::kAuthRequest, trust_of({"unix"})), "<no_route>");
  EXPECT_EQ(read(request.from_tcp("127.0.0.1"), ListenerMode::kAuthRequest, trust_of({"127.0.0.1"})), "GET /public");
}

TEST(JudgedRequest, UntrustedPeersAreNotJudgedByTheChecksOwnPath) {
  RequestCopy request("/public");
  EXPECT_EQ(read(request.from_tcp("10.0.0.9"), ListenerMode::kAuthRequest, {}), "<no_route>");
}

TEST(JudgedRequest, MissingForwardedFieldsAreRefused) {
  EXPECT_EQ(read_original({}), "<ambiguous_path>");
  EXPECT_EQ(read_original({{"X-Original-Method", "GET"}}), "<ambiguous_path>");
  EXPECT_EQ(read_original({{"X-Original-URI", "/a"}}), "<ambiguous_path>");
}

TEST(JudgedRequest, RepeatedForwardedFieldsAreRefused) {
  EXPECT_EQ(read_original({{"X-Original-Method", "GET"}, {"X-Original-URI", "/a"}, {"x-original-uri", "/a"}}),
            "<ambiguous_path>");
  EXPECT_EQ(read_original({{"X-Original-Method", "GET"}, {"X-Original-URI", "/a"}, {"X-Original-Method", "GET"}}),
            "<ambiguous_path>");
}

TEST(JudgedRequest, AliasSpellingsOfForwardedFieldsAreOtherFields) {
  EXPECT_EQ(read_original({{"X_Original_Method", "GET"}, {"X.Original.URI", "/a"}}), "<ambiguous_path>");
  EXPECT_EQ(read_original({{"X-Original-Method", "GET"}, {"X-Original-URI", "/a"}, {"X_Original_URI", "/b"}}),
            "GET /a");
}

TEST(JudgedRequest, MalformedForwardedFieldsAreRefused) {
  for (const std::string_view method : {"", "GET, POST", "GET POST", "G\tT", "GET\x80"}) {
    EXPECT_EQ(read_original({{"X-Original-Method", method}, {"X-Original-URI", "/a"}}), "<ambiguous_path>") << method;
  }
  for (const std::string_view target :
       {"", "a", "*", "http://h/a", "/a b", "/a, /b", "/a#b", "/a\tb", "/a\x7f", "/\xc3\xa9", "?/a"}) {
    EXPECT_EQ(read_original({{"X-Original-Method", "GET"}, {"X-Original-URI", target}}), "<ambiguous_path>") << target;
  }
}

TEST(JudgedRequest, ATargetWithoutPathIsRefused) {
  const RequestCopy request("*");
  EXPECT_EQ(read(request, ListenerMode::kExtAuthz, {}), "<ambiguous_path>");
}

TEST(PeerTrust, AddressesAreComparedInCanonicalForm) {
  RequestCopy request;
  EXPECT_TRUE(trust_of({"0:0::0001"}).trusts(request.from_tcp("::1").get().peer));
  EXPECT_TRUE(trust_of({"2001:DB8::A"}).trusts(request.from_tcp("2001:db8::a").get().peer));
  EXPECT_TRUE(trust_of({"::ffff:10.0.0.1"}).trusts(request.from_tcp("10.0.0.1").get().peer));
  EXPECT_FALSE(trust_of({"10.0.0.1"}).trusts(request.from_tcp("10.0.0.10").get().peer));
  EXPECT_FALSE(trust_of({"10.0.0.10"}).trusts(request.from_tcp("10.0.0.1").get().peer));
  EXPECT_FALSE(PeerTrust().trusts(request.from_tcp("").get().peer));
}

TEST(PeerTrust, EntriesThatAreNoAddressAreRefused) {
  for (const std::string entry :
       {"", "localhost", "10.0.0.0/8", "0.0.0", "010.0.0.1", "*", "UNIX", "[::1]", "::1%lo"}) {
    EXPECT_FALSE(PeerTrust::parse(std::vector<std::string>{entry}).has_value()) << entry;
  }
}

}  // namespace
}  // namespace assay::server
