#include "server/admin_page.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(AdminPage, ErrorsHaveANameAndASentence) {
  const AdminPage page = error_page(422, "invalid_configuration", "a \"quoted\" word");
  EXPECT_EQ(page.status, 422);
  EXPECT_EQ(page.content_type, "application/json");
  EXPECT_EQ(page.body, "{\"error\":\"invalid_configuration\",\"error_description\":\"a \\\"quoted\\\" word\"}\n");
}

TEST(AdminPage, TimesAreSecondsOrNull) {
  std::string json;
  append_time(json, "seen", 1'710'223'631'577'478);
  append_time(json, "never", kNeverForgotten);
  append_time(json, "none", 0);
  EXPECT_EQ(json, ",\"seen\":1710223631,\"never\":null,\"none\":null");
}

TEST(AdminPage, ListsAndCountsFollowAnotherMember) {
  std::string json = "{";
  append_text(json, "a", "b");
  append_count(json, "n", 18446744073709551615U);
  append_list(json, "list", {"x", "\n"});
  append_list(json, "none", {});
  EXPECT_EQ(json, "{\"a\":\"b\",\"n\":18446744073709551615,\"list\":[\"x\",\"\\u000a\"],\"none\":[]");
}

}  // namespace
}  // namespace assay::server
