#include "jose/json_grammar.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace assay::jose {
namespace {

bool is_exact_number(std::string_view text) {
  const auto exact = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), exact.get());
  return is_json_number({exact.get(), text.size()});
}

// What a string's body unescapes to; "refused" otherwise.
std::string unescaped(std::string_view body) {
  base::Arena arena(4096);
  const auto exact = std::make_unique<char[]>(body.size());
  std::copy(body.begin(), body.end(), exact.get());
  const Expected<std::string_view> text = unescape_json({exact.get(), body.size()}, arena);
  if (text) return std::string(*text);
  EXPECT_EQ(text.error().code, ErrorCode::kBadJson);
  return "refused";
}

// RFC 8259 sec 6.
TEST(JsonNumber, AcceptsTheGrammarWhateverTheSize) {
  for (const char* text : {"0", "-0", "1", "10", "-12", "0.0", "0.5", "1.25", "1e5", "1E5", "1e+5", "1e-5", "0e0",
                           "0.0e-0", "1e00005", "123456789012345678901234567890", "1e999999999999"}) {
    EXPECT_TRUE(is_exact_number(text)) << text;
  }
  EXPECT_TRUE(is_exact_number(std::string(10000, '9')));
}

TEST(JsonNumber, RefusesEverythingElse) {
  for (const char* text :
       {"",      "-",   "+1",       "01",        "-01",   "00",    "1.", ".5",           "-.5", "1.e5",
        "1e",    "1e+", "1e-",      "1e5.5",     "1.2.3", "--1",   "1 ", " 1",           "1 2", "0x10",
        "1_000", "NaN", "Infinity", "-Infinity", "1f",    "1e5e5", "1,", "\xef\xbc\x91", "1-",  "1+1"}) {
    EXPECT_FALSE(is_exact_number(text)) << text;
  }
  EXPECT_FALSE(is_exact_number(std::string_view("1\0", 2)));
}

// RFC 8259 sec 7.
TEST(JsonEscapes, ResolveToTheirCharacters) {
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(a\u0062c)"), "abc");
  EXPECT_EQ(unescaped(R"(\u00e9)"), "\xc3\xa9");
  EXPECT_EQ(unescaped(R"(\u20AC)"), "\xe2\x82\xac");
  EXPECT_EQ(unescaped(R"(\ud83d\uDE00!)"), "\xf0\x9f\x98\x80!");
  EXPECT_EQ(unescaped(R"(\uffff)"), "\xef\xbf\xbf");
  EXPECT_EQ(unescaped(R"(\udbff\udfff)"), "\xf4\x8f\xbf\xbf");
  EXPECT_EQ(unescaped(R"(x\u0000y)"), std::string("x\0y", 3));
  EXPECT_EQ(unescaped(R"(\u005cu0041)"), R"(\u0041)");
}

TEST(JsonEscapes, RefuseWhatTheRfcDoesNotList) {
  for (const char* body : {R"(\)", R"(\q)", R"(\x41)", R"(\')", R"(\0)", R"(\U0041)", R"(\u)", R"(\u004)", R"(\u00g1)",
                           R"(\u 041)", R"(\u+041)", R"(a\u12)"}) {
    EXPECT_EQ(unescaped(body), "refused") << body;
  }
  EXPECT_EQ(unescaped(std::string_view("\\\0", 2)), "refused");
}

TEST(JsonEscapes, RefuseSurrogatesThatDoNotPair) {
  for (const char* body : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)", R"(\ud800\ud800)",
                           R"(\udc00\ud800)", R"(\ud800\u)", R"(\ud800\udc0)", R"(\ud800\)"}) {
    EXPECT_EQ(unescaped(body), "refused") << body;
  }
}

TEST(JsonEscapes, SayWhenTheArenaIsFull) {
  base::Arena arena(3);
  const Expected<std::string_view> text = unescape_json(R"(ab\n)", arena);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kOverloaded);
}

TEST(JsonEscapes, TakeOnlyWhatTheResultNeeds) {
  base::Arena arena(64);
  ASSERT_TRUE(unescape_json(R"(\u0041\u0042)", arena));
  EXPECT_EQ(arena.used(), 2u);
}

TEST(JsonBlanks, AreFourCharacters) {
  int blanks = 0;
  for (int byte = 0; byte < 256; ++byte) blanks += is_json_blank(static_cast<char>(byte)) ? 1 : 0;
  EXPECT_EQ(blanks, 4);
  EXPECT_FALSE(is_json_blank('\f'));
  EXPECT_FALSE(is_json_blank('\0'));
}

}  // namespace
}  // namespace assay::jose
