// Members of strings and of dates, which the reader takes in a run of their own: what ends a run is judged as anywhere.
#include <string>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "jose/json.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

constexpr std::string_view kRun = R"({"a":"1","b":12345678,"c":"")";

class JsonRun : public testing::Test {
 protected:
  // The error of a document that begins with the run; kNone if it is accepted.
  ErrorCode code_of(const std::string& rest) {
    arena_.reset();
    const PaddedText padded(std::string(kRun) + rest);
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    return root ? ErrorCode::kNone : root.error().code;
  }

  JsonReader reader_{kTokenBytesMax};
  base::Arena arena_{kTokenBytesMax};
};

TEST_F(JsonRun, GoesOnBehindOtherMembers) {
  for (const std::string rest : {"}", R"(,"d":"e" , "f" :1712345678 })",
                                 R"(,"d":1712345678901234567890,"e":-12345678,"f":1.5e8,"g":[],"h":null,"i":"j"})"}) {
    EXPECT_EQ(code_of(rest), ErrorCode::kNone) << rest;
  }
}

TEST_F(JsonRun, IsNoReasonToTakeWhatIsNoJson) {
  for (const std::string rest : {"",
                                 ",",
                                 ",}",
                                 ",,",
                                 "]",
                                 ":",
                                 R"("d")",
                                 R"(,"d")",
                                 R"(,"d":)",
                                 R"(,"d":})",
                                 R"(,"d":,)",
                                 R"(,"d","e":1})",
                                 ",d:1}",
                                 R"(,"d":012345678})",
                                 R"(,"d":12345678x})",
                                 R"(,"d":12345678"x"})",
                                 R"(,"d":"x"y})",
                                 R"(,"d":1234567/})",
                                 R"(,"d":1 2345678})",
                                 R"(,"d":12345678}})",
                                 R"(,"d":12345678])"}) {
    EXPECT_EQ(code_of(rest), ErrorCode::kBadJson) << rest;
  }
}

TEST_F(JsonRun, KnowsTheNamesBeforeAndAfterIt) {
  for (const std::string name : {R"("a")", R"("b")", R"("c")"}) {
    for (const std::string& rest : {"," + name + ":12345678}", R"(,"d":12345678,)" + name + R"(:""})",
                                    R"(,"d":[],)" + name + ":1}", R"(,"d":[],)" + name + R"(:"x"})"}) {
      EXPECT_EQ(code_of(rest), ErrorCode::kDuplicateMember) << rest;
    }
  }
}

TEST_F(JsonRun, ReadsEveryMemberWhereItEndsAtTheNumberOfNamesThatAreCompared) {
  for (std::size_t more = 10; more < 20; ++more) {
    std::string rest;
    for (std::size_t i = 0; i < more; ++i) rest += ",\"n" + std::to_string(i) + "\":17123456" + std::to_string(10 + i);
    arena_.reset();
    const PaddedText padded(std::string(kRun) + rest + "}");
    const Expected<JsonValue> root = reader_.read(padded.view(), arena_);
    ASSERT_TRUE(root) << more;
    std::size_t count = 0;
    for (const JsonValue member : *root) {
      if (count >= 3) {
        EXPECT_EQ(member.text(), "17123456" + std::to_string(10 + count - 3));
      }
      ++count;
    }
    EXPECT_EQ(count, more + 3);
    EXPECT_EQ(code_of(rest + R"(,"n1":"x"})"), ErrorCode::kDuplicateMember) << more;
  }
}

}  // namespace
}  // namespace assay::jose
