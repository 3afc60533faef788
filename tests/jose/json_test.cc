#include "jose/json.h"

#include <chrono>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "fuzz/json_oracle.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

constexpr std::size_t kDocumentBytesMax = kTokenBytesMax;

class Json : public testing::Test {
 protected:
  // The error of a text; kNone if it is accepted.
  ErrorCode code_of(std::string_view text) {
    arena_.reset();
    const PaddedText padded(text);
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    return root ? ErrorCode::kNone : root.error().code;
  }
  void expect_accepted(std::string_view text) { EXPECT_EQ(code_of(text), ErrorCode::kNone) << text; }
  void expect_refused(std::string_view text) { EXPECT_EQ(code_of(text), ErrorCode::kBadJson) << text; }
  void expect_duplicate(std::string_view text) { EXPECT_EQ(code_of(text), ErrorCode::kDuplicateMember) << text; }
  // As the value of a member, first, last and alone.
  void expect_value_refused(std::string_view value) {
    const std::string text(value);
    expect_refused("{\"x\":" + text + "}");
    expect_refused("{\"x\":" + text + ",\"y\":1}");
    expect_refused("{\"a\":[0," + text + "]}");
  }

  JsonReader reader_{kDocumentBytesMax};
  base::Arena arena_{kDocumentBytesMax};
};

std::string repeat(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// They are compared with no other name while an object is read.
TEST(NameMark, TellsTheClaimsOfMostTokensApart) {
  constexpr std::string_view kUsual[] = {"iss",    "sub",   "aud", "exp", "nbf", "iat",   "jti",  "client_id", "azp",
                                         "scope",  "scp",   "sid", "typ", "acr", "amr",   "name", "auth_time", "email",
                                         "tenant", "roles", "tid", "oid", "uti", "nonce", "ver",  "groups"};
  std::set<std::uint8_t> marks;
  for (const std::string_view name : kUsual) EXPECT_TRUE(marks.insert(name_mark(name)).second) << name;
}

// Whether it stands between its quotes or was unescaped, a name of three bytes borrows none of its neighbours.
TEST(NameMark, IsOfTheNameAlone) {
  for (const std::string name : {"iss", "aud", "scope", "client_id"}) {
    const std::string within = "x" + name + "x";
    EXPECT_EQ(name_mark(std::string_view(within).substr(1, name.size())), name_mark(name)) << name;
  }
  EXPECT_EQ(name_mark(""), 0);
  EXPECT_EQ(name_mark("ab"), 0);
}

TEST_F(Json, YieldsValuesInDocumentOrder) {
  const PaddedText padded(R"({"aud":["a","b"],"exp":1, "o" : { "n" : null , "t":true}, "f":false})");
  const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->kind(), JsonKind::kObject);
  EXPECT_EQ(root->text(), padded.view());

  std::vector<std::string_view> names;
  for (const JsonValue member : *root) names.push_back(member.name());
  EXPECT_EQ(names, (std::vector<std::string_view>{"aud", "exp", "o", "f"}));

  const JsonValue::Found aud = root->find("aud");
  ASSERT_TRUE(aud);
  EXPECT_EQ(aud.value.kind(), JsonKind::kArray);
  EXPECT_EQ(aud.value.text(), R"(["a","b"])");
  std::vector<std::string_view> elements;
  for (const JsonValue element : aud.value) elements.push_back(element.text());
  EXPECT_EQ(elements, (std::vector<std::string_view>{"a", "b"}));

  EXPECT_EQ(root->find("exp").value.text(), "1");
  const JsonValue object = root->find("o").value;
  EXPECT_EQ(object.text(), R"({ "n" : null , "t":true})");
  EXPECT_EQ(object.find("n").value.kind(), JsonKind::kNull);
  EXPECT_EQ(object.find("n").value.text(), "null");
  EXPECT_EQ(object.find("t").value.kind(), JsonKind::kTrue);
  EXPECT_EQ(root->find("f").value.kind(), JsonKind::kFalse);
  EXPECT_FALSE(root->find("n"));
  EXPECT_FALSE(root->find("absent"));
}

TEST_F(Json, LeavesStringsWithoutEscapesInTheText) {
  const PaddedText padded(R"({"a":"plain","b":"esc\u0061ped","c":""})");
  const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a").value.text().data(), padded.view().data() + 6);
  EXPECT_EQ(root->find("b").value.text(), "escaped");
  EXPECT_EQ(root->find("c").value.text(), "");
  EXPECT_EQ(arena_.used(), 7u);
}

TEST_F(Json, FindsMembersByTheirUnescapedName) {
  const PaddedText padded(R"({"\u0061lg":"RS256"})");
  const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->find("alg"));
}

TEST_F(Json, AcceptsBlanksBetweenAllTokens) {
  expect_accepted(" \t\r\n{ \"a\" \n: [ 1\t, 2 ] , \"b\" : { } , \"c\": [ ] , \"d\" :-0.5e1 \r} \n");
}

TEST_F(Json, AcceptsEmptyNamesAndContainers) {
  expect_accepted("{}");
  expect_accepted(R"({"":0})");
  expect_accepted(R"({"":{"":[[],{}]}})");
}

TEST_F(Json, AcceptsUnicodeNulAndNoncharactersInStrings) {
  expect_accepted("{\"x\":\"\xf0\x9f\x98\x80 \xc3\xa9 \x7f\"}");
  expect_accepted(R"({"x":"\u0000\uFFFF\uD834\uDD1E"})");
}

// The reader keeps numbers as text: no double has to hold them.
TEST_F(Json, AcceptsNumbersOfAnySize) {
  for (const char* number : {"1e999", "-1e9999", "123123e100000", "0.4e00669999999999999999999999999", "-0",
                             "100000000000000000000", "-123123123123123123123123123123", "1.000000000000000000005"}) {
    const PaddedText padded(std::string("{\"x\": ") + number + " }");
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    ASSERT_TRUE(root) << number;
    EXPECT_EQ(root->find("x").value.kind(), JsonKind::kNumber);
    EXPECT_EQ(root->find("x").value.text(), number);
  }
}

TEST_F(Json, RefusesEverythingButOneObject) {
  for (const char* text :
       {"",    " ",   "[]",   "[{}]", "\"{}\"", "1",   "null", "true", "{",       "}",    "{}{}", "{} {}", "{},",
        "{}]", "{}}", "{} x", "x {}", "{}\"",   ",{}", ":{}",  "{}1",  "\"a\":1", "//{}", "{}//", "{}/**/"}) {
    expect_refused(text);
  }
  expect_refused(std::string_view("{}\0", 3));
  expect_refused(std::string_view("\0{}", 3));
}

TEST_F(Json, RefusesAByteOrderMark) {
  expect_refused("\xef\xbb\xbf{}");
  expect_refused("\xff\xfe{\0}\0");
}

TEST_F(Json, RefusesBrokenObjects) {
  for (const char* text :
       {R"({"a"})",        R"({"a":})",     R"({"a":1,})",   R"({,"a":1})",  R"({"a":1 "b":2})", R"({"a":1,,"b":2})",
        R"({"a"1})",       R"({"a"::1})",   R"({a:1})",      R"({1:1})",     R"({null:1})",      R"({"a":1)",
        R"({"a":1])",      R"({"a",1})",    R"({"a":1:2})",  R"({'a':1})",   R"({"a":1;"b":2})", R"({[]:1})",
        R"({"a":{"b":1})", R"({"a":1}})",   R"({"a" "b"})",  R"({:1})",      R"({"a":"b":"c"})", R"({"a"x:1})",
        R"({x"a":1})",     R"({"a":"b"x})", R"({"a":x"b"})", R"({"a":1"b"})"}) {
    expect_refused(text);
  }
}

TEST_F(Json, RefusesBrokenArrays) {
  for (const char* value :
       {"[",         "]",   "[1",   "[1,",  "[1,]",          "[,1]",     "[1,,2]",   "[1 2]",       "[1}", "[1:2]",
        "[\"a\":1]", "[,]", "[[1]", "[1]]", "[\"a\" \"b\"]", "[1\"a\"]", "[\"a\"1]", "[true\"a\"]", "[}",  "[{]"}) {
    expect_value_refused(value);
  }
}

TEST_F(Json, RefusesMisspeltLiterals) {
  for (const char* value : {"tru",   "truee",    "True",     "TRUE",      "nul", "nulll",    "Null",
                            "fals",  "falsee",   "FALSE",    "undefined", "t",   "n",        "f",
                            "true1", "true\"\"", "nulltrue", "true null", "yes", "\xc3\xa9", "true/**/"}) {
    expect_value_refused(value);
  }
}

TEST_F(Json, RefusesMisspeltNumbers) {
  for (const char* value :
       {"01",  "-01", "1.", ".5",  "+1",  "1e",        "1e+",   "-",  "--1",   "1.2.3", "NaN",         "-Infinity",
        "0x1", "1 2", "1a", "1\f", "\v1", "1\xc2\xa0", "1\"\"", "0e", "1e1.5", "-a",    "\xef\xbc\x91"}) {
    expect_value_refused(value);
  }
  expect_refused(std::string_view("{\"x\":1\0}", 8));
}

TEST_F(Json, RefusesBrokenStrings) {
  for (const char* value :
       {"\"", "\"a", "a\"", "\"a\\\"", "\"\\q\"", "\"\\x41\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"a\nb\"", "\"a\tb\"", "\"\x1f\"", "'a'", "\"\\", "\"\"\"", "\"\\'\""}) {
    expect_value_refused(value);
  }
  expect_refused(std::string_view("{\"x\":\"a\0b\"}", 11));
  expect_refused(R"({"\q":1})");
  expect_refused(R"({"\ud800":1})");
}

// RFC 3629 sec 3: no overlong forms, no surrogates, nothing above U+10FFFF.
TEST_F(Json, RefusesInvalidUtf8) {
  for (const char* bytes : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3\x28", "\xe0\x80\x80", "\xe0\x9f\xbf",
                            "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xf0\x9f\x98"}) {
    expect_value_refused("\"" + std::string(bytes) + "\"");
    expect_refused("{\"" + std::string(bytes) + "\":1}");
  }
}

TEST_F(Json, RefusesDuplicateNames) {
  expect_duplicate(R"({"a":1,"a":2})");
  expect_duplicate(R"({"a":1,"b":2,"a":1})");
  expect_duplicate(R"({"":1,"":2})");
  expect_accepted(R"({"a":1,"A":2,"aa":3})");
}

// CVE class: one spelling is escaped.
// Members without blanks and escapes are taken in one step, all others token by token.
TEST_F(Json, ReadsMembersOfStringsAlikeWhateverStandsAround) {
  for (const std::string_view text : {R"({"iss":"i","":"","sub":"s"})", R"({"iss" :"i", "": "" ,"sub":"s" })",
                                      R"({"iss":"i","":"","sub":"\u0073"})"}) {
    const PaddedText padded(text);
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    ASSERT_TRUE(root) << text;
    std::vector<std::string> members;
    for (const JsonValue member : *root) {
      EXPECT_EQ(member.kind(), JsonKind::kString);
      members.push_back(std::string(member.name()) + "=" + std::string(member.text()));
    }
    EXPECT_EQ(members, (std::vector<std::string>{"iss=i", "=", "sub=s"})) << text;
  }
  expect_duplicate(R"({"a":"x","a":"y"})");
  expect_duplicate(R"({"a":"x","b":"y","a":1})");
  expect_duplicate(R"({"a":{"b":"x","b":"y"}})");
  for (const std::string_view text :
       {R"({"a":"x")", R"({"a":"x",)", R"({"a":"x",})", R"({"a":"x""b":"y"})", R"({"a":"x"1})", R"({"a":"x"])",
        R"({"a""x"})", R"({"a","x"})", R"({"a"1:"x"})", R"({"a":"x":"y"})", R"({"a":"x"}})", R"({"a":"x"},)"}) {
    expect_refused(text);
  }
}

TEST_F(Json, RefusesDuplicateNamesThatAreSpeltDifferently) {
  expect_duplicate(R"({"alg":1,"\u0061lg":2})");
  expect_duplicate(R"({"\u0061lg":1,"al\u0067":2})");
  expect_duplicate("{\"\xc3\xa9\":1,\"\\u00e9\":2}");
  expect_duplicate(R"({"a\/b":1,"a/b":2})");
}

TEST_F(Json, RefusesDuplicateNamesAtAnyDepth) {
  expect_duplicate(R"({"o":{"a":1,"a":2}})");
  expect_duplicate(R"({"o":[0,{"p":{"a":[],"b":{"a":1},"a":2}}]})");
  expect_accepted(R"({"a":{"a":{"a":[{"a":1},{"a":1}]}},"b":{"a":1}})");
}

TEST_F(Json, RefusesDuplicateNamesInObjectsOfEverySize) {
  for (const std::size_t members : {2u, 15u, 16u, 17u, 18u, 31u, 32u, 33u, 64u, 65u, 300u}) {
    for (const std::size_t repeated : {std::size_t{0}, members / 2, members - 1}) {
      std::string text = "{";
      for (std::size_t i = 0; i < members; ++i) text += "\"m" + std::to_string(i) + "\":[1,{\"x\":2}],";
      const std::string distinct = text + "\"last\":1}";
      expect_accepted(distinct);
      expect_duplicate(text + "\"m" + std::to_string(repeated) + "\":1}");
    }
  }
}

TEST_F(Json, ReadsSixtyFourLevelsAndNoMore) {
  const auto arrays = [](std::size_t levels) {
    return "{\"a\":" + repeat("[", levels - 1) + repeat("]", levels - 1) + "}";
  };
  const auto objects = [](std::size_t levels) {
    return repeat("{\"a\":", levels - 1) + "{}" + repeat("}", levels - 1);
  };
  expect_accepted(arrays(kJsonDepthMax));
  expect_refused(arrays(kJsonDepthMax + 1));
  expect_accepted(objects(kJsonDepthMax));
  expect_refused(objects(kJsonDepthMax + 1));
}

TEST_F(Json, RefusesDocumentsOverItsSize) {
  const auto object_of = [](std::size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  expect_accepted(object_of(kDocumentBytesMax));
  expect_refused(object_of(kDocumentBytesMax + 1));
}

TEST_F(Json, SaysWhenTheArenaIsFull) {
  base::Arena small(2);
  const PaddedText padded(R"({"a":"\n\n"})");
  const Expected<JsonValue> root = reader_.read(padded.view(), small);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().code, ErrorCode::kOverloaded);
}

TEST_F(Json, PointsAtTheTokenAtFault) {
  const PaddedText padded(R"({"a":1,"b":01})");
  const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error(), (Error{.code = ErrorCode::kBadJson, .offset = 11}));
}

TEST_F(Json, ReadsAfterARefusalAndAfterAMove) {
  expect_refused("{\"a\":[1,{\"b\":");
  expect_accepted(R"({"a":1})");
  JsonReader moved = std::move(reader_);
  reader_ = std::move(moved);
  expect_accepted(R"({"a":1})");
}

// Documents with as many values, names or levels as there can be fit the memory claimed at construction.
TEST_F(Json, HasRoomForTheDensestDocuments) {
  const std::size_t bytes = kDocumentBytesMax;
  expect_accepted("{\"a\":[" + repeat("1,", bytes / 2 - 5) + "1]}");
  expect_accepted("{\"a\":[" + repeat("[],", bytes / 3 - 5) + "[]]}");
  expect_duplicate("{" + repeat("\"\":1,", bytes / 5 - 5) + "\"\":1}");
  std::string names = "{";
  for (int i = 0; names.size() < bytes - 20; ++i) names += "\"" + std::to_string(i) + "\":1,";
  names.back() = '}';
  expect_accepted(names);
  for (std::size_t size = 1; size < 400; ++size) {
    JsonReader tight(size);
    for (const std::string& text :
         {repeat("{\"a\":", size), "{\"a\":[" + repeat("1,", size), "{\"\":" + repeat("[", size)}) {
      const PaddedText padded(std::string_view{text}.substr(0, size));
      EXPECT_FALSE(tight.read(padded.view(), arena_));
    }
  }
}

// Hostile nesting and names: linear work. A quadratic reader takes minutes for these.
TEST_F(Json, SpendsLinearTimeOnHostileDocuments) {
  constexpr std::size_t kBytes = 2 * 1024 * 1024;
  JsonReader large(kBytes);
  std::string names = "{";
  for (std::size_t i = 0; names.size() < kBytes - 40; ++i) names += "\"" + std::to_string(i) + "\":1,";
  names.back() = '}';
  const std::string escapes = "{\"a\":\"" + repeat("\\n", kBytes / 2 - 8) + "\"}";
  const std::string blanks = "{\"a\":" + std::string(kBytes - 10, ' ') + "1}";
  base::Arena arena(kBytes);
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : {names, escapes, blanks}) {
    arena.reset();
    const PaddedText padded(text);
    EXPECT_TRUE(large.read(padded.view(), arena));
  }
  const PaddedText brackets("{\"a\":" + repeat("[", kBytes - 5));
  EXPECT_FALSE(large.read(brackets.view(), arena));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

// Compares all nodes of an accepted text with the oracle's.
void expect_same_nodes(JsonValue value, const std::vector<fuzz::JsonOracle::Node>& nodes, std::size_t& index) {
  const fuzz::JsonOracle::Node& expected = nodes[index++];
  EXPECT_EQ(value.kind(), expected.kind);
  EXPECT_EQ(value.name(), expected.name);
  EXPECT_EQ(value.text(), expected.text);
  for (const JsonValue child : value) expect_same_nodes(child, nodes, index);
  EXPECT_EQ(index, expected.end);
}

// Differential: texts with random edits, against a reader that shares nothing with this one.
TEST_F(Json, ReadsRandomlyEditedTextsAsTheOracleDoes) {
  const std::string seed =
      R"({"aud":["x","\u0079\ud83d\ude00"],"exp":1.5e9,"o":{"a":null,"b":[true,false,-0.0]},"s":"q\"\\","aud2":[]})";
  constexpr std::string_view kAlphabet = "{}[]:,\"\\ \n01e.-+tfnu\xc3\xa9\x1f";
  std::mt19937 random(8259);
  int accepted = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string text = seed;
    for (std::size_t edits = random() % 4; edits-- > 0;) {
      const std::size_t at = random() % text.size();
      const char c = kAlphabet[random() % kAlphabet.size()];
      switch (random() % 4) {
        case 0: text[at] = c; break;
        case 1: text.insert(at, 1, c); break;
        case 2: text.erase(at, 1 + random() % 3); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
      }
    }
    arena_.reset();
    const PaddedText padded(text);
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    const fuzz::JsonOracle oracle(text);
    ASSERT_EQ(root.has_value(), oracle.well_formed() && !oracle.repeats_name()) << text;
    if (!root) continue;
    ++accepted;
    std::size_t index = 0;
    expect_same_nodes(*root, oracle.nodes(), index);
    ASSERT_FALSE(HasFailure()) << text;
  }
  EXPECT_GT(accepted, 10000);
}

}  // namespace
}  // namespace assay::jose
