// assay/json.h, which lives in engine/verify like the rest of the facade.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "assay/json.h"
#include "assay/limits.h"

namespace assay {
namespace {

constexpr std::size_t kTextBytesMax = 256;

// An exact-size copy on the heap: a byte too many is seen.
Expected<std::span<const Claim>> read_copy(JsonObjectReader& reader, std::string_view text) {
  const auto copy = std::make_unique<char[]>(text.size());
  text.copy(copy.get(), text.size());
  return reader.read({copy.get(), text.size()});
}

ErrorCode code_of(std::string_view text) {
  JsonObjectReader reader(kTextBytesMax);
  const auto members = read_copy(reader, text);
  return members ? ErrorCode::kNone : members.error().code;
}

TEST(JsonObjectReader, GivesTheMembersInTheirOrder) {
  JsonObjectReader reader(kTextBytesMax);
  const auto members =
      read_copy(reader, R"( {"kind":"subject","value":"a\u0041\"","issued_before":1.50,"list":[1,{}]} )");
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 4U);
  EXPECT_EQ((*members)[0].name, "kind");
  EXPECT_EQ((*members)[0].text, "subject");
  EXPECT_EQ((*members)[1].text, "aA\"");
  EXPECT_EQ((*members)[2].kind, JsonKind::kNumber);
  EXPECT_EQ((*members)[2].text, "1.50");
  EXPECT_EQ((*members)[3].kind, JsonKind::kArray);
  EXPECT_EQ((*members)[3].text, "[1,{}]");
}

TEST(JsonObjectReader, ReadsOneTextAfterTheOther) {
  JsonObjectReader reader(kTextBytesMax);
  ASSERT_TRUE(read_copy(reader, R"({"a":1})").has_value());
  EXPECT_EQ(read_copy(reader, "{").error().code, ErrorCode::kBadJson);
  JsonObjectReader moved = std::move(reader);
  const auto members = read_copy(moved, R"({"b":true})");
  ASSERT_TRUE(members.has_value());
  EXPECT_EQ(members->front().name, "b");
}

TEST(JsonObjectReader, RefusesWhatIsNotOneObject) {
  for (const std::string_view text :
       {"", " ", "[]", "1", "{}{}", "{} x", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(code_of(text), ErrorCode::kBadJson) << text;
  }
  EXPECT_EQ(code_of(R"({"a":1,"\u0061":2})"), ErrorCode::kDuplicateMember);
  EXPECT_EQ(code_of(R"({"a":{"b":1,"b":2}})"), ErrorCode::kDuplicateMember);
}

TEST(JsonObjectReader, BoundsTheText) {
  const std::string text = R"({"a":")" + std::string(kTextBytesMax - 8, 'x') + R"("})";
  ASSERT_EQ(text.size(), kTextBytesMax);
  EXPECT_EQ(code_of(text), ErrorCode::kNone);
  EXPECT_EQ(code_of(text + " "), ErrorCode::kBadJson);
}

TEST(JsonObjectReader, HasRoomForATextOfEscapesAlone) {
  std::string text = R"({"a":")";
  while (text.size() + 8 <= kTextBytesMax) text += "\\u00e9";
  EXPECT_EQ(code_of(text + "\"}"), ErrorCode::kNone);
}

TEST(JsonObjectReader, ReadsNumbersAsTimesExactly) {
  EXPECT_EQ(read_numeric_date("1710223631.577478")->us, 1710223631577478);
  EXPECT_EQ(read_numeric_date("1.0000001")->us, 1000001);
  EXPECT_EQ(read_numeric_date("1e3")->us, 1000000000);
  EXPECT_EQ(read_numeric_date("-1").error().code, ErrorCode::kBadClaim);
  EXPECT_EQ(read_numeric_date(std::to_string(kNumericDateEndS)).error().code, ErrorCode::kBadClaim);
}

}  // namespace
}  // namespace assay
