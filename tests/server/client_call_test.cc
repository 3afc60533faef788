#include "server/client_call.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

constexpr std::string_view kGood = "Basic Z2F0ZTpzJTNBY3JldA==";  // gate, s%3Acret

class ClientCall : public testing::Test {
 protected:
  // The client's id, or an error.
  tl::expected<std::string, OauthError> authenticate(std::string_view authorization, std::string_view body) {
    HttpField field{.name = "authorization", .value = authorization};
    HttpRequest request;
    if (!authorization.empty()) request.fields = {&field, 1};
    base::Arena arena(4096);
    const auto form = Form::parse(body, arena);
    if (!form) return std::string(text_of(form.error()));
    const auto client = authenticate_client(request, *form, clients_, arena);
    if (!client) return tl::unexpected<OauthError>(client.error());
    return (*client)->id;
  }
  // The client's id, or "status error".
  std::string outcome(std::string_view authorization, std::string_view body) {
    const auto id = authenticate(authorization, body);
    return id ? *id : std::to_string(id.error().status) + " " + std::string(id.error().error);
  }
  std::string_view fault(std::string_view authorization, std::string_view body) {
    const auto id = authenticate(authorization, body);
    return id ? "none" : name_of(id.error().client_fault);
  }

  std::vector<ClientCredentials> clients_{
      {.id = "other", .secret = "another"}, {.id = "gate", .secret = "s:cret"}, {.id = "last", .secret = "s:cret"}};
};

TEST_F(ClientCall, AcceptsBasicOrForm) {
  EXPECT_EQ(outcome(kGood, "token=x"), "gate");
  EXPECT_EQ(outcome("", "token=x&client_id=gate&client_secret=s%3Acret"), "gate");
  EXPECT_EQ(outcome("", "client_id=other&client_secret=another"), "other");
  EXPECT_EQ(outcome("", "client_id=last&client_secret=s%3Acret"), "last");
}

TEST_F(ClientCall, AnIdBesideBasicMustBeTheSame) {
  EXPECT_EQ(outcome(kGood, "client_id=gate"), "gate");
  EXPECT_EQ(outcome(kGood, "client_id=other"), "400 invalid_request");
}

TEST(ReadCall, SaysHowMuchScratchItMayTake) {
  const HttpField fields[] = {{.name = "Content-Type", .value = "application/x-www-form-urlencoded"},
                              {.name = "Authorization", .value = kGood}};
  const HttpRequest request{
      .method = "POST", .target = "/introspect", .fields = fields, .body = "a=%31&b=+", .peer = {}};
  base::Arena arena(call_scratch_bytes(request));
  const auto form = read_call(request, arena);
  ASSERT_TRUE(form.has_value());
  const std::vector<ClientCredentials> clients{{.id = "gate", .secret = "s:cret"}};
  EXPECT_TRUE(authenticate_client(request, *form, clients, arena).has_value());
  base::Arena none(1);
  EXPECT_EQ(read_call(request, none).error().status, 413);
}

// RFC 6749 sec 2.3.
TEST_F(ClientCall, RefusesTwoWaysAtOnce) {
  EXPECT_EQ(outcome(kGood, "client_id=gate&client_secret=s%3Acret"), "400 invalid_request");
  EXPECT_EQ(outcome(kGood, "client_secret=s%3Acret"), "400 invalid_request");
  EXPECT_EQ(outcome(kGood, "client_assertion=x"), "400 invalid_request");
  EXPECT_EQ(outcome("Bearer x", "client_id=gate&client_secret=s%3Acret"), "400 invalid_request");
}

TEST_F(ClientCall, RefusesEveryoneElse) {
  const struct {
    std::string_view authorization;
    std::string_view body;
  } cases[] = {
      {"", ""},
      {"", "client_id=gate"},
      {"", "client_secret=s%3Acret"},
      {"", "client_id=gate&client_secret="},
      {"", "client_id=gate&client_secret=another"},  // the secret of another client
      {"", "client_id=gate&client_secret=s%3Acre"},
      {"", "client_id=gate&client_secret=s%3Acrett"},
      {"", "client_id=gat&client_secret=s%3Acret"},
      {"", "client_id=Gate&client_secret=s%3Acret"},
      {"", "client_assertion=x&client_id=gate"},
      {"Basic Og==", ""},
      {"Basic Z2F0ZTo=", ""},
      {"Basic !", ""},
      {"Basic", ""},
      {"Bearer x", ""},
      {"Bearer x", "client_id=gate"},
  };
  for (const auto& c : cases) EXPECT_EQ(outcome(c.authorization, c.body), "401 invalid_client") << c.body;
}

TEST_F(ClientCall, SaysWhichFaultItIs) {
  const struct {
    std::string_view authorization;
    std::string_view body;
    std::string_view fault;
  } cases[] = {
      {"", "", "missing"},
      {"", "client_id=gate", "missing"},
      {"Basic Z2F0ZTo=", "", "missing"},
      {"Bearer x", "", "other_scheme"},
      {"Basic !", "", "malformed"},
      {kGood, "client_id=gate&client_secret=s%3Acret", "two_ways"},
      {kGood, "client_id=other", "two_ids"},
      // The same for a client that is not there and for another secret.
      {"", "client_id=nobody&client_secret=s%3Acret", "wrong"},
      {"", "client_id=gate&client_secret=another", "wrong"},
  };
  for (const auto& c : cases) EXPECT_EQ(fault(c.authorization, c.body), c.fault) << c.authorization << " " << c.body;
}

TEST_F(ClientCall, WhereNoClientIsConfiguredNobodyIsOne) {
  clients_.clear();
  EXPECT_EQ(outcome(kGood, ""), "401 invalid_client");
  clients_.push_back({});
  EXPECT_EQ(outcome("Basic Og==", ""), "401 invalid_client");
  EXPECT_EQ(outcome("", ""), "401 invalid_client");
}

}  // namespace
}  // namespace assay::server
