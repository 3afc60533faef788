#include "server/admin_explain.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/admin_targets.h"
#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class AdminExplainTest : public SidecarTest {
 protected:
  void SetUp() override { start(ListenerSettings{}); }
  [[nodiscard]] AdminPage explain(std::string_view body) {
    return explain_page(engine_->control(), entrances_, body, reader_, Now::read());
  }

  std::vector<std::uint32_t> entrances_{0};
  JsonObjectReader reader_{kAdminObjectBytesMax};
};

TEST_F(AdminExplainTest, ShowsEveryCheckUpToTheFirstRefusal) {
  const std::string token = live_token();
  const AdminPage page = explain(R"({"token":")" + token + R"(","method":"GET","path":"/reports"})");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body,
              HasSubstr("{\"verdict\":\"refuse\",\"class\":\"lacks_rights\",\"code\":\"insufficient_scope\""));
  EXPECT_THAT(page.body, HasSubstr("{\"check\":\"signature\",\"result\":\"ok\""));
  EXPECT_THAT(page.body, HasSubstr("{\"check\":\"scope\",\"result\":\"refused\""));
  EXPECT_THAT(page.body, Not(HasSubstr(token.substr(token.rfind('.') + 1))));
}

TEST_F(AdminExplainTest, AnAcceptedTokenHasNoCode) {
  const AdminPage page = explain(R"({"token":")" + live_token() + R"(","method":"GET","path":"/orders/1"})");
  EXPECT_THAT(page.body, HasSubstr("{\"verdict\":\"accept\",\"class\":\"accepted\",\"code\":null,\"detail\":null,"));
}

TEST_F(AdminExplainTest, TheListenerIsOneOfTheConfiguration) {
  entrances_ = {0, 0};
  const std::string start = R"({"token":")" + live_token() + "\",\"listener\":";
  EXPECT_EQ(explain(start + "1}").status, 200);
  for (const std::string_view listener : {"2", "-1", "1.0", "\"0\"", "18446744073709551616"}) {
    EXPECT_EQ(explain(start + std::string(listener) + "}").status, 400) << listener;
  }
}

TEST_F(AdminExplainTest, OtherBodiesAreRefused) {
  for (const std::string_view body : {"", "{}", R"({"token":""})", R"({"token":1})", R"({"token":"a","scope":"b"})",
                                      R"({"token":"a","path":null})"}) {
    EXPECT_EQ(explain(body).status, 400) << body;
  }
}

}  // namespace
}  // namespace assay::server
