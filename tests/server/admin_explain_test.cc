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
    return explain_page(engine_->control(), listeners_, body, reader_, now_);
  }

  std::vector<ListenerSettings> listeners_{1};
  Now now_ = Now::read();
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

TEST_F(AdminExplainTest, WithoutARequestAGetOfTheRootIsExplained) {
  const AdminPage page = explain(R"({"token":")" + live_token() + R"("})");
  const AdminPage same = explain(R"({"token":")" + live_token() + R"(","method":"GET","path":"/"})");
  EXPECT_THAT(page.body, Not(HasSubstr("ambiguous_path")));
  EXPECT_THAT(page.body, HasSubstr("{\"check\":\"signature\",\"result\":\"ok\""));
  EXPECT_EQ(page.body, same.body);
}

TEST_F(AdminExplainTest, ListenersAreCountedFromOne) {
  listeners_.resize(2);
  const std::string start = R"({"token":")" + live_token() + "\",\"listener\":";
  EXPECT_EQ(explain(start + "1}").status, 200);
  EXPECT_EQ(explain(start + "2}").status, 200);
  for (const std::string_view listener : {"0", "-1", "1.0", "\"1\"", "18446744073709551616"}) {
    const AdminPage page = explain(start + std::string(listener) + "}");
    EXPECT_EQ(page.status, 400) << listener;
    EXPECT_THAT(page.body, HasSubstr("listener is no number from 1")) << listener;
  }
  const AdminPage beyond = explain(start + "3}");
  EXPECT_EQ(beyond.status, 400);
  EXPECT_THAT(beyond.body, HasSubstr("listener 3: the configuration has only 2, counted from 1"));
}

TEST_F(AdminExplainTest, NoTokenComesInWhereEventsDo) {
  listeners_.resize(2);
  listeners_[0].mode = ListenerMode::kEvents;
  listeners_[0].entrance = 7;
  const std::string start = R"({"token":")" + live_token() + "\"";
  const AdminPage page = explain(start + R"(,"listener":1})");
  EXPECT_EQ(page.status, 400);
  EXPECT_THAT(page.body, HasSubstr("listener 1: no access tokens come in there, but events"));
  // Where nobody says which, it is the first that tokens come by.
  EXPECT_EQ(explain(start + "}").body, explain(start + R"(,"listener":2})").body);
}

TEST_F(AdminExplainTest, AConfigurationWithoutListenersHasOneEntrance) {
  EXPECT_EQ(explained_entrance({}, 0), 0U);
  EXPECT_EQ(explained_entrance({}, 1), 0U);
  EXPECT_FALSE(explained_entrance({}, 2).has_value());
}

TEST_F(AdminExplainTest, OtherBodiesAreRefused) {
  for (const std::string_view body : {"", "{}", R"({"token":""})", R"({"token":1})", R"({"token":"a","scope":"b"})",
                                      R"({"token":"a","path":null})"}) {
    EXPECT_EQ(explain(body).status, 400) << body;
  }
  EXPECT_THAT(explain(R"({"token":"a",})").body, HasSubstr("not one JSON object, at byte 13 of it"));
  EXPECT_THAT(explain(R"({"token":")" + std::string(kAdminObjectBytesMax, 'x') + "\"}").body,
              HasSubstr("longer than 65536 bytes"));
}

}  // namespace
}  // namespace assay::server
