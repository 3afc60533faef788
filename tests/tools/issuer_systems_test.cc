// The Hub, Bookings and Credicorp as the development issuer serves them: answers, token shapes, errors and controls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "issuer_fixture.h"

namespace assay::development {
namespace {

constexpr std::string_view kHubForm =
    "grant_type=client_credentials&client_id=hub-client&client_secret=hub-secret&scope=identity:read partners:*";
constexpr std::string_view kCredicorpForm =
    "grant_type=client_credentials&client_id=credicorp-client&client_secret=credicorp-secret"
    "&scope=applications:write decisions:read";
constexpr std::string_view kBookingsBody =
    R"({"grant_type":"client_credentials","client_id":"9b1e82a7-0a59-4e7e-add5-b9ffa37aade1",)"
    R"("client_secret":"bookings-secret"})";

std::string credicorp_token() {
  return member_of(call({.path = "/partner/v1/oauth/token", .body = kCredicorpForm}).body, "access_token");
}

Answer introspect(std::string_view compact, std::int64_t later_s = 0) {
  const std::string body = "client_id=assay&client_secret=introspection-secret&token=" + std::string(compact);
  return call({.path = "/partner/v1/oauth/introspect", .body = body, .later_s = later_s});
}

std::string error_of(const Answer& answer) {
  return std::to_string(answer.status) + " " + member_of(answer.body, "error");
}

TEST(Hub, AnswersAsPrinted) {
  const Answer answer = call({.path = "/oauth/token", .body = kHubForm});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"access_token":")" + member_of(answer.body, "access_token") +
                             R"(","token_type":"Bearer","expires_in":3600,"scope":"identity:read partners:*"})");
  EXPECT_EQ(field_of(answer, "Cache-Control"), "no-store");
  const std::string compact = member_of(answer.body, "access_token");
  EXPECT_EQ(segment_of(compact, 0), R"({"typ":"JWT","alg":"RS256","kid":"2024-01"})");
  const std::string claims = segment_of(compact, 1);
  EXPECT_EQ(member_of(claims, "iss"), "http://127.0.0.1:8180");
  EXPECT_EQ(member_of(claims, "aud"), "partner-connect-hub");
  EXPECT_EQ(member_of(claims, "iat"), "1710220031");
  EXPECT_EQ(member_of(claims, "exp"), "1710223631");
}

TEST(Hub, NamesEachErrorOfRfc6749Section52) {
  const auto error = [](std::string_view body) { return error_of(call({.path = "/oauth/token", .body = body})); };
  EXPECT_EQ(error("grant_type=client_credentials&client_id=hub-client&client_secret=x"), "401 invalid_client");
  EXPECT_EQ(error("client_id=hub-client&client_secret=hub-secret"), "400 invalid_request");
  EXPECT_EQ(error("grant_type=password&client_id=hub-client&client_secret=hub-secret"), "400 unsupported_grant_type");
  EXPECT_EQ(error(std::string(kHubForm) + " admin"), "400 invalid_scope");
  EXPECT_EQ(error(std::string(kHubForm) + "&scope=x"), "400 invalid_request");
  EXPECT_EQ(error_of(call({.path = "/oauth/token", .body = kHubForm, .content_type = "application/json"})),
            "400 invalid_request");
}

TEST(Hub, ChallengesAClientThatFails) {
  EXPECT_TRUE(field_of(call({.path = "/oauth/token"}), "WWW-Authenticate").starts_with("Basic "));
}

TEST(Hub, LimitsTheRateWithRetryAfter) {
  EXPECT_EQ(call({.path = "/dev/rate", .body = "system=hub&per_minute=2"}).status, 200);
  EXPECT_EQ(call({.path = "/oauth/token", .body = kHubForm}).status, 200);
  EXPECT_EQ(call({.path = "/oauth/token", .body = kHubForm}).status, 200);
  const Answer limited = call({.path = "/oauth/token", .body = kHubForm});
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(field_of(limited, "Retry-After"), "30");
  EXPECT_EQ(call({.path = "/dev/rate", .body = "system=hub&per_minute=600"}).status, 200);
}

TEST(Bookings, AnswersAsPrinted) {
  const Answer answer = call({.path = "/api/oauth/token", .body = kBookingsBody, .content_type = "application/json"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.starts_with(R"({"token_type":"Bearer","expires_in":3600,"access_token":")"));
  const std::string compact = member_of(answer.body, "access_token");
  EXPECT_EQ(segment_of(compact, 0), R"({"typ":"JWT","alg":"RS256"})");
  const std::string claims = segment_of(compact, 1);
  const std::string jwt_id = member_of(claims, "jti");
  EXPECT_EQ(jwt_id.size(), 80U);
  EXPECT_EQ(claims, R"({"aud":"9b1e82a7-0a59-4e7e-add5-b9ffa37aade1","jti":")" + jwt_id +
                        R"(","iat":1710220031.583112,"nbf":1710220031.583112,"exp":1710223631.583112,"sub":"",)"
                        R"("scopes":["bookings:create","bookings:delete"],)"
                        R"("user_id":"842902db-54e5-4614-b348-002e8ce5da12",)"
                        R"("partner_id":"f31120ee-b5cb-41c4-9529-288d02e91cd6","is_test":false})");
  EXPECT_EQ(compact.size() - compact.rfind('.') - 1, 683U);  // 4096 bits
}

TEST(Bookings, RefusesForms) {
  EXPECT_EQ(error_of(call({.path = "/api/oauth/token", .body = kHubForm})), "400 invalid_request");
}

TEST(Credicorp, PublishesMetadataAtAllThreeForms) {
  for (const char* path :
       {"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/partner/v1",
        "/partner/v1/.well-known/oauth-authorization-server"}) {
    const Answer answer = call({.method = "GET", .path = path});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(member_of(answer.body, "issuer"), "http://127.0.0.1:8180/partner/v1");
    EXPECT_EQ(member_of(answer.body, "jwks_uri"), "http://127.0.0.1:8180/partner/v1/oauth/jwks");
  }
}

TEST(Credicorp, SharesTheHubsKidButNotItsKey) {
  const std::string hub = call({.method = "GET", .path = "/.well-known/jwks.json"}).body;
  const std::string credicorp = call({.method = "GET", .path = "/partner/v1/oauth/jwks"}).body;
  EXPECT_EQ(member_of(hub, "kid"), member_of(credicorp, "kid"));
  EXPECT_NE(member_of(hub, "n"), member_of(credicorp, "n"));
}

TEST(Credicorp, IntrospectsItsOwnTokensOnly) {
  const std::string compact = credicorp_token();
  const Answer active = introspect(compact);
  EXPECT_EQ(member_of(active.body, "active"), "true");
  EXPECT_EQ(member_of(active.body, "scope"), "applications:write decisions:read");
  EXPECT_EQ(member_of(active.body, "aud"), "partner/v1");
  EXPECT_EQ(introspect(compact, 3600).body, R"({"active":false})");
  EXPECT_EQ(introspect(compact + "x").body, R"({"active":false})");
}

TEST(Credicorp, IntrospectionWantsAnAuthenticatedCaller) {
  const std::string body = "token=" + credicorp_token();
  EXPECT_EQ(error_of(call({.path = "/partner/v1/oauth/introspect", .body = body})), "401 invalid_client");
  EXPECT_EQ(error_of(introspect("")), "400 invalid_request");
}

TEST(Credicorp, RevokedTokensIntrospectAsInactive) {
  const std::string compact = credicorp_token();
  EXPECT_EQ(call({.path = "/dev/revoke", .body = "token=" + compact}).status, 200);
  EXPECT_EQ(introspect(compact).body, R"({"active":false})");
  EXPECT_EQ(call({.path = "/dev/revoke", .body = "token=" + compact}).status, 400);
}

// The claims of a token that is made for a test.
std::string minted(std::string_view form) {
  const Answer answer = call({.path = "/dev/mint", .body = form});
  return segment_of(member_of(answer.body, "access_token"), 1);
}

TEST(Controls, MintTokensThatNoClientGets) {
  EXPECT_EQ(member_of(minted("system=hub&expires_in=-60"), "exp"), "1710219971");
  EXPECT_EQ(member_of(minted("system=hub&expires_in=-60"), "iat"), "1710216371");
  EXPECT_EQ(member_of(minted("system=hub&not_before=60"), "nbf"), "1710220091");
  EXPECT_EQ(member_of(minted("system=credicorp&iss=x&aud=y&scope=z"), "scope"), "z");
  for (const std::string_view system : {"hub", "bookings", "credicorp"}) {
    EXPECT_EQ(member_of(minted("sub=alice&system=" + std::string(system)), "sub"), "alice") << system;
  }
  EXPECT_EQ(member_of(minted("system=hub&signature=tampered"), "tampered"), "true");
  EXPECT_EQ(call({.path = "/dev/mint", .body = "system=hubrise"}).status, 400);
  EXPECT_EQ(call({.path = "/dev/mint", .body = "system=hub&expires_in=soon"}).status, 400);
}

TEST(Controls, RotationAddsOrReplacesKeys) {
  const auto kids = [] { return call({.method = "GET", .path = "/.well-known/jwks.json"}).body; };
  EXPECT_EQ(call({.path = "/dev/rotate", .body = "system=hub&old_keys=published"}).status, 200);
  EXPECT_NE(kids().find(R"("kid":"2024-01")"), std::string::npos);
  EXPECT_NE(kids().find(R"("kid":"2024-01-1")"), std::string::npos);
  EXPECT_EQ(call({.path = "/dev/rotate", .body = "system=hub&old_keys=withdrawn"}).status, 200);
  EXPECT_EQ(kids().find(R"("kid":"2024-01")"), std::string::npos);
  EXPECT_EQ(call({.path = "/dev/rotate", .body = "system=hub"}).status, 400);
}

TEST(Controls, AnOutageAnswers503UntilItEnds) {
  EXPECT_EQ(call({.path = "/dev/outage", .body = "endpoint=credicorp.jwks&retry_after=7"}).status, 200);
  const Answer out = call({.method = "GET", .path = "/partner/v1/oauth/jwks"});
  EXPECT_EQ(out.status, 503);
  EXPECT_EQ(field_of(out, "Retry-After"), "7");
  EXPECT_EQ(call({.path = "/dev/outage", .body = "endpoint=credicorp.jwks"}).status, 200);
  EXPECT_EQ(call({.method = "GET", .path = "/partner/v1/oauth/jwks"}).status, 200);
  EXPECT_EQ(call({.path = "/dev/outage", .body = "endpoint=dev&retry_after=7"}).status, 400);
}

TEST(Controls, CountRequestsPerEndpoint) {
  const auto count = [] {
    return std::stoi(member_of(call({.method = "GET", .path = "/dev/counters"}).body, "hub.token"));
  };
  const int before = count();
  (void)call({.path = "/oauth/token"});
  EXPECT_EQ(count(), before + 1);
}

TEST(Issuer, RefusesUnknownPathsAndMethods) {
  EXPECT_EQ(call({.path = "/oauth/token/"}).status, 404);
  const Answer answer = call({.method = "GET", .path = "/oauth/token"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(field_of(answer, "Allow"), "POST");
}

TEST(Issuer, EchoesWhatAProtectedResourceSees) {
  const Answer answer =
      call({.method = "PUT", .path = "/echo/v1/x", .query = "a=1", .body = "123", .content_type = "t\"t"});
  EXPECT_EQ(answer.body, R"({"method":"PUT","path":"/v1/x","query":"a=1","headers":[["content-TYPE","t\"t"]],)"
                         R"("body_bytes":3})");
}

TEST(IssuerStatusList, IsSignedAndNamesItself) {
  const Answer served = call({.method = "GET", .path = "/partner/v1/statuslists/1"});
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(field_of(served, "Content-Type"), "application/statuslist+jwt");
  EXPECT_EQ(member_of(segment_of(served.body, 0), "typ"), "statuslist+jwt");
  EXPECT_EQ(member_of(segment_of(served.body, 1), "sub"), "http://127.0.0.1:8180/partner/v1/statuslists/1");
  const std::string before = member_of(segment_of(served.body, 1), "lst");
  EXPECT_EQ(call({.path = "/dev/status", .body = "index=7&status=1"}).status, 200);
  const Answer changed = call({.method = "GET", .path = "/partner/v1/statuslists/1"});
  EXPECT_NE(member_of(segment_of(changed.body, 1), "lst"), before);
  EXPECT_EQ(call({.path = "/dev/status", .body = "form=wrong_sub"}).status, 200);
  const Answer spoilt = call({.method = "GET", .path = "/partner/v1/statuslists/1"});
  EXPECT_NE(member_of(segment_of(spoilt.body, 1), "sub"), member_of(segment_of(served.body, 1), "sub"));
  for (const char* bad : {"index=4096", "index=-1", "index=1&status=4", "form=odd"}) {
    EXPECT_EQ(call({.path = "/dev/status", .body = bad}).status, 400) << bad;
  }
  EXPECT_EQ(call({.path = "/dev/status"}).status, 200) << "good again";
}

TEST(IssuerStatusList, IsNamedByTokensThatAskForIt) {
  EXPECT_THAT(minted("system=credicorp&status_index=7"),
              testing::HasSubstr(R"("status":{"status_list":{"idx":7,"uri":"http://127.0.0.1:8180/partner/v1/status)"));
  EXPECT_THAT(minted("system=credicorp&status_index=7&status_uri=x"), testing::HasSubstr(R"("idx":7,"uri":"x")"));
  EXPECT_THAT(minted("system=credicorp"), testing::Not(testing::HasSubstr("status")));
  EXPECT_EQ(call({.path = "/dev/mint", .body = "system=hub&status_index=7"}).status, 400);
}

}  // namespace
}  // namespace assay::development
