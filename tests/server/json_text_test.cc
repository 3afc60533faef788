#include "server/json_text.h"

#include <gtest/gtest.h>

namespace assay::server {
namespace {

std::string json_of(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

TEST(JsonText, QuotesBackslashesAndControlBytesAreEscaped) {
  EXPECT_EQ(json_of("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(json_of(std::string_view("\n\0\x1f", 3)), "\"\\u000a\\u0000\\u001f\"");
}

TEST(JsonText, EverythingElseIsCopied) {
  EXPECT_EQ(json_of(""), "\"\"");
  EXPECT_EQ(json_of("/\x7f\xc3\xa9"), "\"/\x7f\xc3\xa9\"");
}

TEST(JsonText, AppendsToWhatIsThere) {
  std::string json = "{";
  append_json_string(json, "a");
  EXPECT_EQ(json, "{\"a\"");
}

}  // namespace
}  // namespace assay::server
