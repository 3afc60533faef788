// Documents whose members are listed and sought while they are read, with every kernel that finds tokens.
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "base/cpu.h"
#include "jose/json.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

constexpr std::array<std::string_view, 4> kNames{"iss", "aud", "client_id", "status"};
static_assert(are_sought_apart(kNames));
constexpr SoughtNames kSought = seek_names(kNames);
enum Name : std::size_t { kIss, kAud, kClientId, kStatus };

class JsonDocuments : public testing::TestWithParam<kernel::JsonVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
    reader_.emplace(kTokenBytesMax, GetParam());
  }

  // What it shows lives until the next call.
  Expected<JsonDocument> read(std::string_view text) {
    arena_.reset();
    text_ = PaddedText(text);
    return reader_->read_document(text_.view(), arena_, kSought);
  }
  // The members, one after the other: `name=text` with `*` before those that were found by name.
  std::string members(std::string_view text) {
    const Expected<JsonDocument> document = read(text);
    if (!document) return "refused";
    std::string all;
    for (const Claim& claim : document->members) {
      for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (document->found.has(i) && &document->found.claim(i) == &claim) all += "*";
      }
      all += std::string(claim.name) + "=" + std::string(claim.text) + " ";
    }
    return all;
  }

  std::optional<JsonReader> reader_;
  base::Arena arena_{10 * kTokenBytesMax};
  PaddedText text_{""};
};

INSTANTIATE_TEST_SUITE_P(Variants, JsonDocuments, testing::ValuesIn(kernel::json_variants()),
                         [](const auto& variant) { return std::string(variant.param.name); });

TEST_P(JsonDocuments, ListTheMembersAndFindThoseThatAreSought) {
  EXPECT_EQ(members(R"({"iss":"a","exp":1712345678,"client_id":"b"})"), "*iss=a exp=1712345678 *client_id=b ");
  EXPECT_EQ(members(R"( { "iss" : "a" , "exp" : 1 , "x" : null } )"), "*iss=a exp=1 x=null ");
  EXPECT_EQ(members("{}"), "");
  EXPECT_EQ(members(R"({"":"","a":"","ab":""})"), "= a= ab= ");
}

TEST_P(JsonDocuments, FindNamesThatAreWrittenWithEscapes) {
  EXPECT_EQ(members(R"({"\u0069ss":"a","client\u005fid":"b","x":"\n"})"), "*iss=a *client_id=b x=\n ");
}

TEST_P(JsonDocuments, DoNotTakeANameForItsNeighbour) {
  // The same ends, the same size, and so the same mark.
  EXPECT_EQ(members(R"({"clieXt_id":"a"})"), "clieXt_id=a ");
  EXPECT_EQ(members(R"({"clieXt_id":"a","client_id":"b","cliXnt_id":"c"})"), "clieXt_id=a *client_id=b cliXnt_id=c ");
  EXPECT_EQ(members(R"({"client_id":"b","clieXt_id":"a"})"), "*client_id=b clieXt_id=a ");
  EXPECT_EQ(members(R"({"iss ":"a","is":"b","isss":"c","ISS":"d"})"), "iss =a is=b isss=c ISS=d ");
}

TEST_P(JsonDocuments, DoNotFindNamesBelowTheMembers) {
  EXPECT_EQ(members(R"({"x":{"iss":"a"},"y":["iss",{"aud":1}]})"), R"(x={"iss":"a"} y=["iss",{"aud":1}] )");
}

TEST_P(JsonDocuments, RefuseARepeatedNameWhereverItStands) {
  for (const std::string first :
       {R"("iss":"a")", R"("iss":1)", R"("iss":["a"])", R"("iss":[])", R"("iss":{"a":[1]})"}) {
    for (const std::string second : {R"("iss":"a")", R"("\u0069ss":1)", R"("iss":["a","b"])", R"("iss" :true)"}) {
      for (const std::string between : {"", R"("b":[],)", R"("c":"d",)", R"("c":{"iss":1},)"}) {
        std::string document = "{";
        document.append(first).append(",").append(between).append(second).append("}");
        EXPECT_EQ(members(document), "refused") << document;
      }
    }
  }
}

TEST_P(JsonDocuments, ReachTheValuesOfMembersThatHaveSome) {
  const Expected<JsonDocument> document =
      read(R"({"x":["n"],"aud":["a","b"],"y":[[]],"status":{"status_list":{"idx":1}},"z":[]})");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->members.size(), 5U);
  std::vector<std::string_view> audiences;
  for (const JsonValue element : document->value_of(kAud)) audiences.push_back(element.text());
  EXPECT_EQ(audiences, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(document->value_of(kAud).text(), R"(["a","b"])");
  EXPECT_EQ(document->value_of(kAud).name(), "aud");
  EXPECT_EQ(document->value_of(kStatus).find("status_list").value.find("idx").value.text(), "1");
  EXPECT_FALSE(document->found.has(kIss));
}

TEST_P(JsonDocuments, TakeArraysOfStringsAsAllOthers) {
  EXPECT_EQ(members(R"({"aud":[],"b":"c"})"), "*aud=[] b=c ");
  EXPECT_EQ(members(R"({"aud":["a"]})"), R"(*aud=["a"] )");
  EXPECT_EQ(members(R"({"aud":[ "a","b" ] ,"b":"c"})"), R"(*aud=[ "a","b" ] b=c )");
  EXPECT_EQ(members(R"({"aud":["a",1]})"), R"(*aud=["a",1] )");
  EXPECT_EQ(members(R"({"aud":[1,"a"]})"), R"(*aud=[1,"a"] )");
  for (const std::string rest : {"", ",", "]", ",]", "}", "],", "]]", "]\"b\":1}", ",}", "\"b\"]}", "],}", "]:1}"}) {
    EXPECT_EQ(members(R"({"aud":["a")" + rest), "refused") << rest;
    EXPECT_EQ(members(R"({"aud":[)" + rest + "}"), rest == "]" ? "*aud=[] " : "refused") << rest;
  }
}

TEST_P(JsonDocuments, ListMoreMembersThanAreCompared) {
  std::string text = "{";
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "name" + std::to_string(i);
    text += "\"" + name + (i % 3 == 0 ? "\":1712345678," : i % 3 == 1 ? "\":\"x\"," : "\":[\"y\"],");
    expected += name + (i % 3 == 0 ? "=1712345678 " : i % 3 == 1 ? "=x " : "=[\"y\"] ");
  }
  EXPECT_EQ(members(text + R"("iss":"a"})"), expected + "*iss=a ");
  EXPECT_EQ(members(text + R"("name0":"a"})"), "refused");
  EXPECT_EQ(members(text + R"("name199":"a"})"), "refused");
}

TEST_P(JsonDocuments, ForgetWhatTheDocumentBeforeHad) {
  EXPECT_EQ(members(R"({"iss":"a","aud":"b","client_id":"c","status":{}})"), "*iss=a *aud=b *client_id=c *status={} ");
  EXPECT_EQ(members(R"({"x":"y"})"), "x=y ");
}

TEST_P(JsonDocuments, SayWhenTheArenaIsFull) {
  text_ = PaddedText(R"({"aud":["a","b","c"],"scope":["a","b","c"],"x":1})");
  bool is_enough = false;
  for (std::size_t bytes = 0; bytes < 1024; bytes += 8) {
    base::Arena small(bytes);
    const Expected<JsonDocument> document = reader_->read_document(text_.view(), small, kSought);
    EXPECT_TRUE(document || !is_enough) << bytes;
    is_enough = document.has_value();
    if (!document) {
      EXPECT_EQ(document.error().code, ErrorCode::kOverloaded);
    }
  }
  EXPECT_TRUE(is_enough);
}

TEST_P(JsonDocuments, TakeAsMuchOfTheArenaAsTheyList) {
  ASSERT_TRUE(read(R"({"iss":"a","x":[1,2,3,4,5,6,7,8],"y":{"z":[[],[]]}})"));
  EXPECT_EQ(arena_.used(), 3 * sizeof(Claim));
  ASSERT_TRUE(read(R"({"iss":"\/abcdefg","x":[1,2,3,4,5,6,7,8],"y":{"z":[[],[]]}})"));
  EXPECT_LE(arena_.used(), 3 * sizeof(Claim) + 16);
  ASSERT_TRUE(read("{}"));
  EXPECT_EQ(arena_.used(), 0U);
}

// As many members as a text can have.
TEST_P(JsonDocuments, HaveRoomForTheDensestMembers) {
  for (const std::string_view value : {"1", "\"\"", "[]", "{}", "12345678"}) {
    std::string text = "{\"\":" + std::string(value);
    std::size_t count = 1;
    for (int c = '#'; c < 127; ++c) {
      if (c == '\\') continue;
      text += ",\"" + std::string(1, static_cast<char>(c)) + "\":" + std::string(value);
      ++count;
    }
    const Expected<JsonDocument> document = read(text + "}");
    ASSERT_TRUE(document) << value;
    EXPECT_EQ(document->members.size(), count);
  }
}

// A random value, of every shape that tokens have.
std::string random_value(std::mt19937& random, unsigned depth) {
  static constexpr std::array<std::string_view, 14> kScalars{"\"\"",
                                                             "\"text\"",
                                                             "\"with \\\"quote\\\"\"",
                                                             "\"\\u0041\"",
                                                             "1712345678",
                                                             "12345678",
                                                             "0",
                                                             "-1.5e3",
                                                             "true",
                                                             "false",
                                                             "null",
                                                             "\"\xc3\xa9\"",
                                                             "\" { [ , : \"",
                                                             "1234567890123456"};
  const auto pick = random() % (depth == 0 ? 4 : 6);
  if (pick < 4) return std::string(kScalars[random() % kScalars.size()]);
  std::string text(1, pick == 4 ? '[' : '{');
  const std::size_t count = random() % 4;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += random() % 8 == 0 ? " , " : ",";
    if (pick == 5) text += "\"k" + std::to_string(i) + "\":";
    text += random_value(random, depth - 1);
  }
  return text + (pick == 4 ? ']' : '}');
}

// The same document with one byte changed, left out or added, or as it is.
std::string changed(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes = "\"{}[]:,\\ \n1a\x01\xc3";
  const std::size_t at = random() % text.size();
  switch (random() % 5) {
    case 0: text[at] = kBytes[random() % kBytes.size()]; break;
    case 1: text.erase(at, 1); break;
    case 2: text.insert(at, 1, kBytes[random() % kBytes.size()]); break;
    default: break;
  }
  return text;
}

TEST_P(JsonDocuments, ReadAsTreesDo) {
  std::mt19937 random(3);
  JsonReader tree_reader(kTokenBytesMax);
  base::Arena tree_arena(kTokenBytesMax);
  static constexpr std::array<std::string_view, 10> kMembers{"iss", "aud", "client_id", "status", "exp",
                                                             "x",   "sub", "clieXt_id", "scope",  "iss"};
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    const std::size_t count = random() % 8;
    for (std::size_t i = 0; i < count; ++i) {
      text += (i == 0 ? "\"" : ",\"") + std::string(kMembers[random() % kMembers.size()]) + "\":";
      text += random_value(random, 3);
    }
    text += "}";
    text = changed(std::move(text), random);
    if (text.empty()) continue;
    const Expected<JsonDocument> document = read(text);
    tree_arena.reset();
    const Expected<JsonValue> root = tree_reader.read(text_.view(), tree_arena);
    ASSERT_EQ(document.has_value(), root.has_value()) << text;
    if (!root) {
      ASSERT_EQ(document.error(), root.error()) << text;
      continue;
    }
    ++accepted;
    std::size_t i = 0;
    for (const JsonValue member : *root) {
      ASSERT_LT(i, document->members.size()) << text;
      const Claim& claim = document->members[i++];
      ASSERT_TRUE(claim.name == member.name() && claim.text == member.text() && claim.kind == member.kind()) << text;
    }
    ASSERT_EQ(i, document->members.size()) << text;
    for (std::size_t name = 0; name < kNames.size(); ++name) {
      const JsonValue::Found found = root->find(kNames[name]);
      ASSERT_EQ(document->found.has(name), found.present) << text;
      if (!found || found.value.kind() > JsonKind::kArray) continue;
      ASSERT_EQ(document->value_of(name).text(), found.value.text()) << text;
    }
  }
  EXPECT_GT(accepted, 5'000U);
}

}  // namespace
}  // namespace assay::jose
