#include "server/oauth_error.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

std::string field_of(const HttpResponse& response, std::string_view name) {
  for (const HttpField& field : response.fields) {
    if (field.name == name) return std::string(field.value);
  }
  return "<none>";
}

// RFC 6749 sec 5.2.
TEST(OauthErrorWriter, AnUnknownClientIsAskedForBasic) {
  OauthErrorWriter writer;
  const HttpResponse response = writer.write(invalid_client("who?", ClientFault::kWrong));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.body, R"({"error":"invalid_client","error_description":"who?"})");
  EXPECT_EQ(field_of(response, "WWW-Authenticate"), "Basic realm=\"assay\", charset=\"UTF-8\"");
  EXPECT_EQ(field_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(field_of(response, "Content-Type"), "application/json");
}

TEST(OauthError, OnlyFaultsOfTheClientsProofAreCounted) {
  ClientFaultCounters counters;
  count_client_fault(invalid_client("who?", ClientFault::kWrong), counters);
  count_client_fault(invalid_request("two ids", ClientFault::kTwoIds), counters);
  count_client_fault(invalid_request("no token"), counters);
  for (std::size_t i = 0; i < kClientFaultCount; ++i) {
    const auto fault = static_cast<ClientFault>(i);
    EXPECT_EQ(counters.read(i), fault == ClientFault::kWrong || fault == ClientFault::kTwoIds ? 1U : 0U) << i;
  }
}

TEST(OauthErrorWriter, OtherErrorsHaveNoChallenge) {
  OauthErrorWriter writer;
  const HttpResponse bad = writer.write(invalid_request("a \"quote\""));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body, R"({"error":"invalid_request","error_description":"a \"quote\""})");
  EXPECT_EQ(field_of(bad, "WWW-Authenticate"), "<none>");
  EXPECT_EQ(field_of(bad, "Retry-After"), "<none>");
}

TEST(OauthErrorWriter, StatusesThatSayMoreHaveTheirField) {
  OauthErrorWriter writer;
  EXPECT_EQ(field_of(writer.write({.status = 405, .error = "method_not_allowed", .description = {}}), "Allow"), "POST");
  const HttpResponse late = writer.write({.status = 503, .error = "temporarily_unavailable", .description = {}});
  EXPECT_EQ(field_of(late, "Retry-After"), "5");
  EXPECT_EQ(late.body, R"({"error":"temporarily_unavailable"})");
}

}  // namespace
}  // namespace assay::server
