#include "issuer/form_text.h"

#include <gtest/gtest.h>

namespace assay::issuer {
namespace {

std::string form_encoded(std::string_view text) {
  std::string out;
  append_form_encoded(out, text);
  return out;
}

TEST(FormText, EncodesAllButTheLiteralCharacters) {
  EXPECT_EQ(form_encoded("AZaz09*-._"), "AZaz09*-._");
  EXPECT_EQ(form_encoded("a b+c&d=e%f~"), "a+b%2Bc%26d%3De%25f%7E");
  EXPECT_EQ(form_encoded(std::string("\0\r\n\x7f\xff", 5)), "%00%0D%0A%7F%FF");
  EXPECT_EQ(form_encoded(""), "");
}

TEST(FormText, MembersCannotAddMembers) {
  std::string body;
  append_form_member(body, "a", "1&b=2");
  append_form_member(body, "c", "");
  EXPECT_EQ(body, "a=1%26b%3D2&c=");
}

// RFC 4648 sec 10.
TEST(FormText, Base64IsPadded) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("\xfb\xff\xbf"), "+/+/");
}

TEST(FormText, Base64urlIsNot) {
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("\xfb\xff\xbf"), "-_-_");
}

TEST(FormText, JsonStringsCannotEnd) {
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(json_string(std::string("\n\0\x1f", 3)), R"("\u000A\u0000\u001F")");
}

}  // namespace
}  // namespace assay::issuer
