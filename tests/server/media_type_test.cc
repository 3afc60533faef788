#include "server/media_type.h"

#include <vector>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

bool is_json(const std::vector<HttpField>& fields) {
  HttpRequest request;
  request.fields = fields;
  return has_media_type(request, "application/json");
}

TEST(MediaType, IsComparedWithoutCaseAndParameters) {
  EXPECT_TRUE(is_json({{.name = "Content-Type", .value = "application/json"}}));
  EXPECT_TRUE(is_json({{.name = "content-type", .value = "APPLICATION/json ; charset=utf-8"}}));
}

TEST(MediaType, IsNotGuessed) {
  EXPECT_FALSE(is_json({}));
  EXPECT_FALSE(is_json({{.name = "Content-Type", .value = ""}}));
  EXPECT_FALSE(is_json({{.name = "Content-Type", .value = "application/jsonx"}}));
  EXPECT_FALSE(is_json({{.name = "Content-Type", .value = "text/plain;application/json"}}));
  EXPECT_FALSE(is_json(
      {{.name = "Content-Type", .value = "application/json"}, {.name = "Content-Type", .value = "application/json"}}));
}

}  // namespace
}  // namespace assay::server
