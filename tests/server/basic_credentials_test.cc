#include "server/basic_credentials.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

// "id/secret", or "none".
std::string outcome(std::string_view authorization) {
  base::Arena arena(2 * authorization.size() + 1);
  const auto credentials = parse_basic(authorization, arena);
  return credentials ? std::string(credentials->id) + "/" + std::string(credentials->secret) : "none";
}

// RFC 7617 sec 2.
TEST(BasicCredentials, ReadsTheExampleOfTheRfc) {
  EXPECT_EQ(outcome("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin/open sesame");
  EXPECT_EQ(outcome("Basic QWxhZGRpbjpvcGVuK3Nlc2FtZQ=="), "Aladdin/open sesame");
}

// RFC 6749 sec 2.3.1.
TEST(BasicCredentials, ReadsTheExampleOfOauth) {
  EXPECT_EQ(outcome("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"), "s6BhdRkqt3/gX1fBat3bV");
}

TEST(BasicCredentials, IdAndSecretAreFormEncoded) {
  EXPECT_EQ(outcome("Basic aSUzQWQ6cyUzQWNyZXQlQzMlQTk="), "i:d/s:cret\xc3\xa9");
  EXPECT_EQ(outcome("Basic aWQ6czpjcmV0"), "id/s:cret");  // the first colon splits
  EXPECT_EQ(outcome("Basic aWQ6cyV6eg=="), "none");       // "s%zz"
  EXPECT_EQ(outcome("Basic aWQ6c/8="), "none");           // a byte that is no UTF-8
}

TEST(BasicCredentials, TheSchemeIsReadInAnyCase) {
  EXPECT_EQ(outcome("bASIC   aWQ6cw=="), "id/s");
  EXPECT_TRUE(is_basic("basic"));
  EXPECT_FALSE(is_basic("Basics aWQ6cw=="));
  for (const char* text : {"", "Basic", "Basic ", "Bearer aWQ6cw==", "Basic\taWQ6cw==", "aWQ6cw=="}) {
    EXPECT_EQ(outcome(text), "none") << text;
  }
}

TEST(BasicCredentials, Base64HasOneForm) {
  EXPECT_EQ(outcome("Basic aWQ6cw=="), "id/s");
  for (const char* text : {"aWQ6cw", "aWQ6cw=", "aWQ6cx==", "aWQ6cw===", "aWQ6cw==A",
                           "aWQ=6cw=", "aWQ6 cw==", "aWQ6c_8=", "====", "A===", "aWQ6cw== "}) {
    EXPECT_EQ(outcome(std::string("Basic ") + text), "none") << text;
  }
}

TEST(BasicCredentials, AColonIsNeeded) {
  EXPECT_EQ(outcome("Basic aWRz"), "none");
  EXPECT_EQ(outcome("Basic Og=="), "/");
}

TEST(BasicCredentials, WithoutRoomThereAreNone) {
  base::Arena arena(2);
  EXPECT_FALSE(parse_basic("Basic aWQ6cw==", arena).has_value());
}

}  // namespace
}  // namespace assay::server
