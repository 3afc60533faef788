#include "server/form_body.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

// A body on the heap, in exactly its size, and the room that its form may take.
struct Body {
  explicit Body(std::string_view text)
      : bytes(std::make_unique<char[]>(text.size())), size(text.size()), arena(form_scratch_bytes(text.size())) {
    text.copy(bytes.get(), size);
  }
  tl::expected<Form, FormFault> parse() { return Form::parse({bytes.get(), size}, arena); }

  std::unique_ptr<char[]> bytes;
  std::size_t size;
  base::Arena arena;
};

// The form as "name:value;...", or the fault's sentence.
std::string outcome(std::string_view text) {
  Body body(text);
  const auto form = body.parse();
  if (!form) return "! " + std::string(text_of(form.error()));
  std::string result;
  for (const FormParameter& p : form->parameters()) {
    result.append(p.name).append(":").append(p.value).append(";");
  }
  return result;
}

bool refused_as(std::string_view text, FormFault fault) { return outcome(text) == "! " + std::string(text_of(fault)); }

TEST(FormBody, ReadsPairsInTheirOrder) {
  EXPECT_EQ(outcome("token=abc&token_type_hint=access_token"), "token:abc;token_type_hint:access_token;");
  EXPECT_EQ(outcome("x=a=b&bare&none="), "x:a=b;bare:;none:;");
  EXPECT_EQ(outcome("=a"), ":a;");
}

TEST(FormBody, EmptyPairsAreNone) {
  EXPECT_EQ(outcome(""), "");
  EXPECT_EQ(outcome("&&a=1&&b=2&"), "a:1;b:2;");
}

TEST(FormBody, SemicolonsSeparateNothing) { EXPECT_EQ(outcome("a=1;b=2"), "a:1;b=2;"); }

TEST(FormBody, UndoesEscapes) {
  EXPECT_EQ(outcome("a+b=c%20d%2Be%26f%3Dg%25"), "a b:c d+e&f=g%;");
  EXPECT_EQ(outcome("%C3%a9=%e2%82%AC"), "\xc3\xa9:\xe2\x82\xac;");
  EXPECT_EQ(outcome("a=b c"), "a:b c;");  // as hand-written calls have it
  EXPECT_EQ(outcome("a=%00"), std::string("a:\0;", 4));
}

TEST(FormBody, EscapesAreUndoneOnce) { EXPECT_EQ(outcome("a=%2541"), "a:%41;"); }

TEST(FormBody, RefusesBrokenEscapes) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "a=%4g", "a=% 1", "%x=1", "a=%&b=1", "a=%4&1=b", "a=%+1"}) {
    EXPECT_EQ(outcome(text).front(), '!') << text;
  }
  EXPECT_TRUE(refused_as("a=%4&1=b", FormFault::kBadEscape));
}

TEST(FormBody, RefusesBytesThatAFormEscapes) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_printable = byte >= 0x20 && byte <= 0x7e && byte != '%';
    const std::string text = std::string("a=") + static_cast<char>(byte);
    EXPECT_EQ(outcome(text).front() != '!', is_printable) << byte;
  }
  EXPECT_TRUE(refused_as("a=1\r\n", FormFault::kBadByte));
  EXPECT_TRUE(refused_as("\xc3\xa9=1", FormFault::kBadByte));
}

TEST(FormBody, RefusesWhatIsNotUtf8) {
  for (const char* text : {"a=%ff", "%ff=a", "a=%c3", "a=%c0%af", "a=%ed%a0%80", "a=%f4%90%80%80"}) {
    EXPECT_TRUE(refused_as(text, FormFault::kBadUtf8)) << text;
  }
}

// RFC 6749 sec 3.2.
TEST(FormBody, RefusesRepeatedNames) {
  for (const char* text : {"a=1&a=2", "a=1&b=2&a=1", "a=1&%61=2", "a&a=1", "a+b=1&a%20b=2", "=1&=2"}) {
    EXPECT_TRUE(refused_as(text, FormFault::kRepeatedName)) << text;
  }
  EXPECT_EQ(outcome("a=1&A=2"), "a:1;A:2;");
}

TEST(FormBody, TheNumberOfParametersIsBounded) {
  std::string text;
  for (std::size_t i = 0; i < kFormParametersMax; ++i) text += "p" + std::to_string(i) + "=%31&";
  EXPECT_NE(outcome(text).front(), '!');
  EXPECT_TRUE(refused_as(text + "more", FormFault::kTooManyParameters));
}

TEST(FormBody, TakesNoMoreThanItSays) {
  const std::string escaped = "%61=" + std::string(500, '+');
  Body body(escaped);
  ASSERT_TRUE(body.parse().has_value());
  base::Arena small(sizeof(FormParameter) + 400);
  const auto form = Form::parse(escaped, small);
  ASSERT_FALSE(form.has_value());
  EXPECT_EQ(form.error(), FormFault::kNoRoom);
}

TEST(FormBody, AnEmptyValueCountsAsAbsent) {
  Body body("a=&b=1");
  const auto form = body.parse();
  ASSERT_TRUE(form.has_value());
  EXPECT_FALSE(form->has("a"));
  EXPECT_FALSE(form->has("c"));
  EXPECT_EQ(form->find("b"), "1");
  EXPECT_FALSE(Form().has("b"));
}

}  // namespace
}  // namespace assay::server
