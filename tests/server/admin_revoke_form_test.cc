#include "server/admin_revoke_form.h"

#include <deque>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/admin.h"
#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
const std::string kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
// shop:shop secret and desk:desk secret.
const std::string kShop = "Authorization: Basic c2hvcDpzaG9wK3NlY3JldA==\r\n";
const std::string kDesk = "Authorization: Basic ZGVzazpkZXNrK3NlY3JldA==\r\n";

// RFC 7009 sec 2.
class RevokeFormTest : public SidecarTest {
 protected:
  void SetUp() override {
    log_ = &revocations_;
    Settings settings;
    settings.listeners.emplace_back();
    settings.admin =
        AdminSettings{.address = {},
                      .secret = std::string(kSecret),
                      .clients = {{.id = "shop", .secret = "shop secret"}, {.id = "desk", .secret = "desk secret"}}};
    start(std::move(settings));
  }
  ~RevokeFormTest() override {
    sidecar_.reset();
    engine_.reset();  // before the log
  }
  [[nodiscard]] static std::string shop_token() { return live_token({{"client_id", "\"shop\""}}); }
  [[nodiscard]] ClientResponse revoke(std::string_view body, const std::string& fields) const {
    return post_admin("/revoke", body, kForm + fields);
  }
  // The code that a token is answered with; "<none>" if it is accepted.
  [[nodiscard]] std::string code_of(std::string_view token) const {
    return ask("/me", bearer(token)).value("x-assay-code");
  }

  test::FakeRevocationLog revocations_;
};

TEST_F(RevokeFormTest, AClientEndsATokenOfItsOwn) {
  const std::string token = shop_token();
  EXPECT_EQ(code_of(token), "<none>");
  const ClientResponse response = revoke("token=" + token + "&token_type_hint=access_token", kShop);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"recorded\":1,\"propagated\":true}\n");
  EXPECT_EQ(code_of(token), "revoked");
}

TEST_F(RevokeFormTest, TheClientMayBeInTheForm) {
  const std::string token = shop_token();
  EXPECT_EQ(revoke("token=" + token + "&client_id=shop&client_secret=shop+secret", "").status, 200);
  EXPECT_EQ(code_of(token), "revoked");
}

TEST_F(RevokeFormTest, AnotherClientsTokenIsNotRevoked) {
  const std::string token = shop_token();
  const ClientResponse response = revoke("token=" + token, kDesk);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("\"error\":\"invalid_grant\""));
  EXPECT_EQ(code_of(token), "<none>");
  const std::string of_nobody = live_token();
  EXPECT_EQ(revoke("token=" + of_nobody, kDesk).status, 400);
  EXPECT_EQ(code_of(of_nobody), "<none>");
  EXPECT_EQ(revocations_.appends, 0U);
}

// RFC 7009 sec 2.2.
TEST_F(RevokeFormTest, AnInvalidTokenIsAnsweredAsARevokedOne) {
  std::string forged = shop_token();
  forged[forged.rfind('.') + 5] = forged[forged.rfind('.') + 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(revoke("token=" + forged, kShop).status, 200);
  EXPECT_EQ(revoke("token=a.b.c", kShop).status, 200);
  EXPECT_EQ(revocations_.appends, 0U);
}

TEST_F(RevokeFormTest, AClientMustProveWhoItIs) {
  const std::string token = shop_token();
  EXPECT_EQ(revoke("token=" + token, "").status, 401);
  const ClientResponse wrong = revoke("token=" + token + "&client_id=shop&client_secret=desk+secret", "");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, HasSubstr("\"error\":\"invalid_client\""));
  EXPECT_THAT(wrong.value("www-authenticate"), HasSubstr("Basic"));
  EXPECT_EQ(code_of(token), "<none>");
}

TEST_F(RevokeFormTest, AClientOnEveryPlaceKeepsNoOperatorOut) {
  const std::string body = "token=a.b.c";
  const std::string request = "POST /revoke HTTP/1.1\r\nHost: h\r\n" + kForm + kShop +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::deque<SidecarClient> shops;
  for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) {
    EXPECT_EQ(shops.emplace_back(*sidecar_->admin_address()).exchange(request).status, 200) << i;
  }
  SidecarClient operators(*sidecar_->admin_address());
  EXPECT_EQ(operators.exchange(get("/revocations", bearer(kSecret))).status, 200);
}

TEST_F(RevokeFormTest, ClientsThatProveNothingAreCountedByReason) {
  const auto refused = [this](const std::string& reason) {
    return metric("assay_server_client_authentications_refused_total{endpoint=\"revoke\",reason=\"" + reason + "\"}");
  };
  for (const char* reason : {"missing", "other_scheme", "malformed", "two_ways", "two_ids", "wrong"}) {
    EXPECT_EQ(refused(reason), 0) << reason;
  }
  const std::string body = "token=" + shop_token();
  EXPECT_EQ(revoke(body, "").status, 401);
  EXPECT_EQ(revoke(body + "&client_id=shop&client_secret=desk+secret", "").status, 401);
  EXPECT_EQ(revoke(body + "&client_id=who&client_secret=shop+secret", "").status, 401);
  EXPECT_EQ(revoke(body, "Authorization: Basic !\r\n").status, 401);
  EXPECT_EQ(revoke(body + "&client_secret=x", kShop).status, 400);
  EXPECT_EQ(revoke(body + "&client_id=desk", kShop).status, 400);
  // What is wrong with the token is nothing of the client's proof.
  EXPECT_EQ(revoke("", kShop).status, 400);
  EXPECT_EQ(revoke(body, kShop).status, 200);
  EXPECT_EQ(refused("missing"), 1);
  EXPECT_EQ(refused("wrong"), 2);
  EXPECT_EQ(refused("malformed"), 1);
  EXPECT_EQ(refused("two_ways"), 1);
  EXPECT_EQ(refused("two_ids"), 1);
  EXPECT_EQ(refused("other_scheme"), 0);
  EXPECT_EQ(metric("assay_server_client_authentications_refused_total{endpoint=\"introspect\",reason=\"wrong\"}"), 0);
}

TEST_F(RevokeFormTest, RefusesWhatIsNoRevocation) {
  EXPECT_THAT(revoke("", kShop).body, HasSubstr("token is missing"));
  EXPECT_EQ(revoke("token=a&token=b", kShop).status, 400);
  EXPECT_EQ(revoke("token=%zz", kShop).status, 400);
  EXPECT_EQ(revoke("token=" + std::string(kTokenBytesMax + 1, 'a'), kShop).status, 400);
  EXPECT_EQ(revoke("token=" + std::string(kRevokeFormBytesMax, 'a'), kShop).status, 400);
  const ClientResponse refresh = revoke("token=a&token_type_hint=refresh_token", kShop);
  EXPECT_EQ(refresh.status, 400);
  EXPECT_THAT(refresh.body, HasSubstr("\"error\":\"unsupported_token_type\""));
  EXPECT_EQ(revocations_.appends, 0U);
}

TEST_F(RevokeFormTest, ClientsHaveNoOtherRights) {
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_EQ(post_admin("/revoke", R"({"kind":"subject","issuer":"main","value":"alice"})", json + kShop).status, 401);
  EXPECT_EQ(post_admin("/revocations/lift", "token=a", kForm + kShop).status, 401);
  EXPECT_EQ(exchange_once(*sidecar_->admin_address(), get("/revocations", kShop)).status, 401);
  EXPECT_EQ(revocations_.appends, 0U);
}

TEST_F(RevokeFormTest, WhoHasRightsRevokesAnyToken) {
  const std::string token = shop_token();
  EXPECT_EQ(revoke("token=" + token, bearer(kSecret)).status, 200);
  EXPECT_EQ(code_of(token), "revoked");
  EXPECT_EQ(revoke("", bearer(kSecret)).status, 400);
  EXPECT_EQ(revoke("token=" + token, bearer("another")).status, 401);
}

TEST_F(RevokeFormTest, WhoseAnOpaqueTokenIsIsAskedFor) {
  SidecarClient client(*sidecar_->admin_address());
  client.send(post("/revoke", "token=opaque-shop", kForm + kShop));
  fetcher_.wait_for(1);
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  fetcher_.answer(R"({"active":true,"sub":"bob","client_id":"shop"})");
  EXPECT_EQ(client.receive().body, "{\"recorded\":1,\"propagated\":true}\n");
  EXPECT_EQ(code_of("opaque-shop"), "revoked");

  client.send(post("/revoke", "token=opaque-desk", kForm + kShop));
  fetcher_.answer(R"({"active":true,"sub":"bob","client_id":"desk"})");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_EQ(code_of("opaque-desk"), "<none>");

  client.send(post("/revoke", "token=opaque-dead", kForm + kShop));
  fetcher_.answer(R"({"active":false})");
  EXPECT_EQ(client.receive().body, "{\"recorded\":0,\"propagated\":true}\n");
}

TEST_F(RevokeFormTest, AnOutageLeavesItOpenWhoseAnOpaqueTokenIs) {
  SidecarClient client(*sidecar_->admin_address());
  client.send(post("/revoke", "token=opaque-shop", kForm + kShop));
  fetcher_.answer(FetchResult{});
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.value("retry-after"), "<none>");
  EXPECT_EQ(revocations_.appends, 0U);
}

TEST_F(RevokeFormTest, AClientMayLeaveWhileItsTokenIsAskedAbout) {
  {
    SidecarClient leaving(*sidecar_->admin_address());
    leaving.send(post("/revoke", "token=opaque-shop", kForm + kShop));
    fetcher_.wait_for(1);
  }
  fetcher_.answer(R"({"active":true,"sub":"bob","client_id":"shop"})");
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_LE(revocations_.appends, 1U) << "the answer may be there before it is seen to leave";
}

}  // namespace
}  // namespace assay::server
