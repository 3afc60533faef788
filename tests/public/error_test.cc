#include "assay/error.h"

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

std::vector<ErrorCode> all_codes() {
  std::vector<ErrorCode> codes;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) codes.push_back(static_cast<ErrorCode>(i));
  return codes;
}

bool is_public_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

TEST(ErrorTable, EveryCodeHasItsOwnPublicName) {
  std::set<std::string_view> names;
  for (const ErrorCode code : all_codes()) {
    const std::string_view name = facts_of(code).name;
    EXPECT_TRUE(is_public_name(name)) << name;
    EXPECT_TRUE(names.insert(name).second) << "two codes are named " << name;
  }
  EXPECT_EQ(names.size(), kErrorCodeCount);
}

TEST(ErrorTable, EveryCodeSaysWhatAndWhy) {
  for (const ErrorCode code : all_codes()) {
    const ErrorFacts facts = facts_of(code);
    EXPECT_GT(facts.text.size(), 10U) << facts.name;
    EXPECT_NE(facts.text.back(), '.') << facts.name;
    EXPECT_TRUE(facts.source.starts_with("RFC ") || facts.source.starts_with("draft-ietf-") ||
                facts.source.starts_with("docs/"))
        << facts.name;
  }
}

TEST(ErrorTable, NamesFindTheirCodes) {
  for (const ErrorCode code : all_codes()) {
    if (code == ErrorCode::kNone) continue;
    EXPECT_EQ(find_error_code(facts_of(code).name), code) << facts_of(code).name;
  }
}

TEST(ErrorTable, UnknownNamesFindNothing) {
  for (const std::string_view name : {"", "Expired", "expired ", "expire", "accepted", "no_such_code"}) {
    EXPECT_EQ(find_error_code(name), ErrorCode::kNone) << name;
  }
}

TEST(ErrorTable, ZeroIsAccepted) {
  EXPECT_EQ(static_cast<int>(ErrorCode::kNone), 0);
  EXPECT_EQ(facts_of(ErrorCode::kNone).verdict_class, VerdictClass::kAccepted);
  EXPECT_EQ(Error{}.code, ErrorCode::kNone);
}

TEST(ErrorTable, OnlyZeroIsAccepted) {
  for (const ErrorCode code : all_codes()) {
    if (code == ErrorCode::kNone) continue;
    EXPECT_NE(facts_of(code).verdict_class, VerdictClass::kAccepted) << facts_of(code).name;
  }
}

// The mapping that RFC 6750 sec 3.1 asks for, written out a second time on purpose.
TEST(VerdictClasses, MapToHttpAndOauth) {
  struct Row {
    VerdictClass verdict_class;
    int http_status;
    std::string_view oauth_error;
  };
  const Row rows[] = {
      {VerdictClass::kAccepted, 200, ""},
      {VerdictClass::kNoCredentials, 401, ""},
      {VerdictClass::kBadRequest, 400, "invalid_request"},
      {VerdictClass::kInvalidToken, 401, "invalid_token"},
      {VerdictClass::kLacksRights, 403, "insufficient_scope"},
      {VerdictClass::kCannotDecide, 503, ""},
      {VerdictClass::kPending, 503, ""},
      {VerdictClass::kSetup, 500, ""},
  };
  EXPECT_EQ(std::size(rows), std::size(detail::kVerdictClassFacts));
  for (const Row& row : rows) {
    const VerdictClassFacts facts = facts_of(row.verdict_class);
    EXPECT_EQ(facts.http_status, row.http_status) << facts.name;
    EXPECT_EQ(facts.oauth_error, row.oauth_error) << facts.name;
  }
}

TEST(VerdictClasses, AnOutageIsNeverABadToken) {
  for (const ErrorCode code :
       {ErrorCode::kKeysUnavailable, ErrorCode::kIntrospectionUnavailable, ErrorCode::kOverloaded}) {
    EXPECT_EQ(facts_of(code).verdict_class, VerdictClass::kCannotDecide) << facts_of(code).name;
  }
}

TEST(VerdictClasses, HoldTheCodesTheyAreDocumentedToHold) {
  EXPECT_EQ(facts_of(ErrorCode::kMissingToken).verdict_class, VerdictClass::kNoCredentials);
  for (const ErrorCode code : {ErrorCode::kMultipleTokens, ErrorCode::kTokenTooLong, ErrorCode::kAmbiguousPath}) {
    EXPECT_EQ(facts_of(code).verdict_class, VerdictClass::kBadRequest) << facts_of(code).name;
  }
  for (const ErrorCode code : {ErrorCode::kInsufficientScope, ErrorCode::kNoRoute}) {
    EXPECT_EQ(facts_of(code).verdict_class, VerdictClass::kLacksRights) << facts_of(code).name;
  }
  for (const ErrorCode code : {ErrorCode::kBadSignature, ErrorCode::kExpired, ErrorCode::kUnknownKey,
                               ErrorCode::kInactive, ErrorCode::kUnsupportedCrit}) {
    EXPECT_EQ(facts_of(code).verdict_class, VerdictClass::kInvalidToken) << facts_of(code).name;
  }
  EXPECT_EQ(facts_of(ErrorCode::kPendingAnswer).verdict_class, VerdictClass::kPending);
}

// The generator reads the table as text, this test as the compiler does: each checks the other.
TEST(ErrorDocument, HasEveryCodeWithItsClassAndText) {
  std::ifstream stream(ASSAY_ERRORS_DOCUMENT);
  const std::string document(std::istreambuf_iterator<char>(stream), {});
  ASSERT_FALSE(document.empty()) << ASSAY_ERRORS_DOCUMENT;
  for (const ErrorCode code : all_codes()) {
    if (code == ErrorCode::kNone) continue;
    const ErrorFacts facts = facts_of(code);
    std::string row = "| `";
    row.append(facts.name).append("` | `").append(facts_of(facts.verdict_class).name).append("` | ").append(facts.text);
    EXPECT_THAT(document, testing::HasSubstr(row + " |"));
  }
}

TEST(ErrorType, ComparesByCodeAndOffset) {
  constexpr Error kError{.code = ErrorCode::kBadJson, .offset = 3};
  EXPECT_EQ(kError, (Error{.code = ErrorCode::kBadJson, .offset = 3}));
  EXPECT_NE(kError, (Error{.code = ErrorCode::kBadJson, .offset = 4}));
  EXPECT_NE(kError, (Error{.code = ErrorCode::kBadClaim, .offset = 3}));
}

}  // namespace
}  // namespace assay
