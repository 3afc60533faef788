#include "server/http.h"

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(Http, ComparesNamesWithoutRegardToTheCaseOfAsciiLetters) {
  EXPECT_TRUE(equals_ignoring_case("Content-Length", "cONTENT-lENGTH"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("a", "b"));
  // Bytes that differ by the case bit alone and are no letters.
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xC3", "\xE3"));
}

TEST(Http, FindsTheFirstFieldOfANameAndCountsAll) {
  const HttpField fields[] = {{"X-A", "1"}, {"x-b", "2"}, {"X-a", "3"}};
  HttpRequest request;
  request.fields = fields;
  EXPECT_EQ(request.find_field("x-A"), "1");
  EXPECT_EQ(request.find_field("X-B"), "2");
  EXPECT_EQ(request.find_field("X-C"), std::nullopt);
  EXPECT_EQ(request.count_field("x-a"), 2U);
  EXPECT_EQ(request.count_field("x-"), 0U);
}

}  // namespace
}  // namespace assay::server
