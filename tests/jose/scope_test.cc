#include "jose/scope.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::jose {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr std::size_t kArenaBytes = 256 * 1024;

// What a scope claim grants, each value as people write it; nothing if the claim does not fit its grammar.
using Granted = std::optional<std::vector<std::string>>;

Granted texts_of(const std::optional<std::span<const ScopeValue>>& values) {
  if (!values) return std::nullopt;
  std::vector<std::string> texts;
  for (const ScopeValue& value : *values) texts.emplace_back(value.text);
  return texts;
}

// Reads from exact-size heap copies, so that a read of one byte too many is seen.
Granted read_list(const std::vector<std::string>& elements, ScopeGrammar grammar, bool is_list = true) {
  std::vector<std::unique_ptr<char[]>> copies;
  std::vector<std::string_view> views;
  for (const std::string& element : elements) {
    copies.push_back(std::make_unique<char[]>(element.size()));
    std::copy(element.begin(), element.end(), copies.back().get());
    views.emplace_back(copies.back().get(), element.size());
  }
  base::Arena arena(kArenaBytes);
  return texts_of(parse_granted_scope(views, is_list, grammar, arena));
}

Granted read_text(const std::string& text, ScopeGrammar grammar) { return read_list({text}, grammar, false); }

// Whether a token that grants `granted` may do what requires `required`.
bool meets(const std::string& granted, std::string_view required, ScopeGrammar grammar,
           ScopeWildcard wildcard = ScopeWildcard::kOff) {
  base::Arena arena(kArenaBytes);
  const std::string_view texts[] = {granted};
  const auto values = parse_granted_scope(texts, false, grammar, arena);
  const std::optional<RequiredScope> scope = RequiredScope::parse(required, grammar);
  EXPECT_TRUE(scope) << required;
  return values && scope && scope->met_by(*values, wildcard);
}

TEST(Scope, SpaceSplitsOnExactlyOneSpace) {
  EXPECT_THAT(read_text("identity:read partners:*", ScopeGrammar::kSpace),
              Optional(ElementsAre("identity:read", "partners:*")));
  EXPECT_THAT(read_text("openid", ScopeGrammar::kSpace), Optional(ElementsAre("openid")));
  EXPECT_THAT(read_text("a,b", ScopeGrammar::kSpace), Optional(ElementsAre("a,b")));
}

TEST(Scope, EmptyTextGrantsNoValueAndFits) {
  for (const auto grammar : {ScopeGrammar::kSpace, ScopeGrammar::kComma, ScopeGrammar::kBracketed}) {
    EXPECT_THAT(read_text("", grammar), Optional(IsEmpty()));
    EXPECT_THAT(read_list({}, grammar), Optional(IsEmpty()));
    EXPECT_THAT(read_list({}, grammar, false), Optional(IsEmpty()));
  }
}

// Otherwise a claim of 16 KiB would take megabytes of a batch's scratch: its level once per permission.
TEST(Scope, BracketedBoundsTheLevelsName) {
  const std::string longest(kScopeLevelBytesMax, 'a');
  EXPECT_THAT(read_text(longest + "[x]", ScopeGrammar::kBracketed),
              Optional(ElementsAre(longest + "[x]", longest + "[]")));
  EXPECT_EQ(read_text(longest + "a[x]", ScopeGrammar::kBracketed), std::nullopt);
  EXPECT_FALSE(RequiredScope::parse(longest + "a[x]", ScopeGrammar::kBracketed));
}

TEST(Scope, SpaceRefusesLeadingTrailingAndDoubledBlanks) {
  for (const char* text : {" a", "a ", "a  b", " ", "  ", "a b ", "a\tb", "a\nb", "a\xc2\xa0"}) {
    EXPECT_EQ(read_text(text, ScopeGrammar::kSpace), std::nullopt) << '[' << text << ']';
  }
}

TEST(Scope, RefusesCharactersThatNoScopeTokenHas) {
  for (const char* text : {"a\"b", "a\\b", "caf\xc3\xa9", "a\x7f", "a\x01"}) {
    for (const auto grammar : {ScopeGrammar::kSpace, ScopeGrammar::kComma, ScopeGrammar::kBracketed}) {
      EXPECT_EQ(read_text(text, grammar), std::nullopt) << text;
    }
  }
  EXPECT_EQ(read_text(std::string("a\0b", 3), ScopeGrammar::kSpace), std::nullopt);
}

TEST(Scope, CommaSplitsOnExactlyOneComma) {
  EXPECT_THAT(read_text("a,b:c", ScopeGrammar::kComma), Optional(ElementsAre("a", "b:c")));
  for (const char* text : {",a", "a,", "a,,b", ",", "a, b", "a b"}) {
    EXPECT_EQ(read_text(text, ScopeGrammar::kComma), std::nullopt) << '[' << text << ']';
  }
}

TEST(Scope, ArrayElementsAreOneValueEach) {
  EXPECT_THAT(read_list({"bookings:read", "bookings:write"}, ScopeGrammar::kSpace),
              Optional(ElementsAre("bookings:read", "bookings:write")));
  EXPECT_EQ(read_list({"admin read"}, ScopeGrammar::kSpace), std::nullopt);
  EXPECT_EQ(read_list({"read", ""}, ScopeGrammar::kSpace), std::nullopt);
  EXPECT_EQ(read_list({"a,b"}, ScopeGrammar::kComma), std::nullopt);
  EXPECT_THAT(read_list({"a,b"}, ScopeGrammar::kSpace), Optional(ElementsAre("a,b")));
}

TEST(Scope, BracketedReadsPairsLevelAndGeneralPermissions) {
  EXPECT_THAT(read_text("location[orders.write,x.read],p", ScopeGrammar::kBracketed),
              Optional(ElementsAre("location[orders.write]", "location[x.read]", "location[]", "p")));
  EXPECT_THAT(read_text("profile_with_email", ScopeGrammar::kBracketed), Optional(ElementsAre("profile_with_email")));
  EXPECT_THAT(read_text("account[],profile", ScopeGrammar::kBracketed), Optional(ElementsAre("account[]", "profile")));
  EXPECT_THAT(read_text("profile,account[]", ScopeGrammar::kBracketed), Optional(ElementsAre("profile", "account[]")));
  EXPECT_THAT(read_text("a,location[b],c", ScopeGrammar::kBracketed),
              Optional(ElementsAre("a", "location[b]", "location[]", "c")));
}

TEST(Scope, BracketedAllowsOneTrailingCommaInsideTheBrackets) {
  EXPECT_THAT(read_text("location[orders.write,customer_list.write,]", ScopeGrammar::kBracketed),
              Optional(ElementsAre("location[orders.write]", "location[customer_list.write]", "location[]")));
  for (const char* text : {"location[,]", "location[a,,]", "location[,a]", "location[a],", "a,", ",location[a]"}) {
    EXPECT_EQ(read_text(text, ScopeGrammar::kBracketed), std::nullopt) << text;
  }
}

TEST(Scope, BracketedRefusesWhatIsNotItsGrammar) {
  for (const char* text :
       {"[a]", "location[a", "locationa]", "]", "[", "location[a]]", "location[[a]]", "location[a]b",
        "location[a]location[b]", "location[a b]", "location [a]", "location[a] ,p", "a,,b", "location[a[b]]"}) {
    EXPECT_EQ(read_text(text, ScopeGrammar::kBracketed), std::nullopt) << text;
  }
}

TEST(Scope, BracketedAllowsOneLevelSetInAll) {
  EXPECT_EQ(read_text("location[a],account[b]", ScopeGrammar::kBracketed), std::nullopt);
  EXPECT_EQ(read_text("location[a],location[b]", ScopeGrammar::kBracketed), std::nullopt);
  EXPECT_EQ(read_list({"location[a]", "account[b]"}, ScopeGrammar::kBracketed), std::nullopt);
  EXPECT_THAT(read_list({"location[a]", "profile,email"}, ScopeGrammar::kBracketed),
              Optional(ElementsAre("location[a]", "location[]", "profile", "email")));
}

TEST(Scope, MoreValuesThanTheLimitGrantNothing) {
  std::string text = "s";
  for (std::size_t i = 1; i < kGrantedScopesMax; ++i) text += " s";
  ASSERT_TRUE(read_text(text, ScopeGrammar::kSpace));
  EXPECT_EQ(read_text(text, ScopeGrammar::kSpace)->size(), kGrantedScopesMax);
  EXPECT_EQ(read_text(text + " s", ScopeGrammar::kSpace), std::nullopt);
}

TEST(Scope, FullArenaGrantsNothing) {
  const std::string_view texts[] = {"location[orders.write,catalog.read],profile"};
  for (std::size_t bytes = 0; bytes < 5 * sizeof(ScopeValue); bytes += 8) {
    base::Arena arena(bytes);
    EXPECT_EQ(parse_granted_scope(texts, false, ScopeGrammar::kBracketed, arena), std::nullopt) << bytes;
  }
}

TEST(RequiredScope, IsComparedWholeAndCaseSensitively) {
  EXPECT_TRUE(meets("a b c", "b", ScopeGrammar::kSpace));
  for (const char* granted : {"bb", "B", "ab", "xb c", "b:*", "", "a  b"}) {
    EXPECT_FALSE(meets(granted, "b", ScopeGrammar::kSpace)) << granted;
  }
  EXPECT_FALSE(meets("write", "read", ScopeGrammar::kSpace));
  EXPECT_FALSE(meets("readwrite", "read", ScopeGrammar::kSpace));
  EXPECT_FALSE(meets("orders:write", "orders:read", ScopeGrammar::kSpace));
}

TEST(RequiredScope, IsMetWithinItsLevelOnly) {
  const std::string granted = "location[orders.write,catalog.read]";
  EXPECT_TRUE(meets(granted, "location[orders.write]", ScopeGrammar::kBracketed));
  EXPECT_TRUE(meets(granted, "location[]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets(granted, "orders.write", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets(granted, "location", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets(granted, "location[orders.read]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets("account[orders.write]", "location[orders.write]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets("orders.write", "location[orders.write]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets("location[]", "location[orders.write]", ScopeGrammar::kBracketed));
}

TEST(RequiredScope, BareLevelNeedsAGrantOfThatLevel) {
  EXPECT_TRUE(meets("account[]", "account[]", ScopeGrammar::kBracketed));
  EXPECT_TRUE(meets("account[catalog.read],profile", "account[]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets("location[catalog.read]", "account[]", ScopeGrammar::kBracketed));
  EXPECT_FALSE(meets("account", "account[]", ScopeGrammar::kBracketed));
}

TEST(RequiredScope, LastSegmentWildcardWidensToAnyNonEmptyRest) {
  const auto widens = [](const char* granted, const char* required) {
    return meets(granted, required, ScopeGrammar::kSpace, ScopeWildcard::kLastSegment);
  };
  EXPECT_TRUE(widens("partners:*", "partners:read"));
  EXPECT_TRUE(widens("partners:*", "partners:a:b"));
  EXPECT_TRUE(widens("a:b:*", "a:b:c"));
  EXPECT_TRUE(widens("x partners:*", "partners:read"));
  EXPECT_FALSE(widens("partners:*", "partners"));
  EXPECT_FALSE(widens("partners:*", "partners:"));
  EXPECT_FALSE(widens("partners:*", "partnersx:read"));
  EXPECT_FALSE(widens("partners:*", "Partners:read"));
  EXPECT_FALSE(widens("a:b:*", "a:c"));
}

TEST(RequiredScope, WildcardAtAnyOtherPlaceIsAnOrdinaryCharacter) {
  for (const auto wildcard : {ScopeWildcard::kLastSegment, ScopeWildcard::kAll}) {
    const auto widens = [wildcard](const char* granted, const char* required) {
      return meets(granted, required, ScopeGrammar::kSpace, wildcard);
    };
    EXPECT_FALSE(widens("*:read", "partners:read"));
    EXPECT_FALSE(widens("partners:**", "partners:read"));
    EXPECT_FALSE(widens("partners:r*", "partners:read"));
    EXPECT_FALSE(widens("partners*", "partners:read"));
    EXPECT_FALSE(widens("a:*:c", "a:b:c"));
    EXPECT_FALSE(widens("**", "a"));
    EXPECT_TRUE(widens("a:*:*", "a:*:x"));
    EXPECT_FALSE(widens("a:*:*", "a:b:x"));
  }
}

TEST(RequiredScope, StarInARequiredScopeIsLiteral) {
  for (const auto wildcard : {ScopeWildcard::kOff, ScopeWildcard::kLastSegment}) {
    EXPECT_FALSE(meets("partners:read", "partners:*", ScopeGrammar::kSpace, wildcard));
    EXPECT_TRUE(meets("partners:*", "partners:*", ScopeGrammar::kSpace, wildcard));
    EXPECT_TRUE(meets("*", "*", ScopeGrammar::kSpace, wildcard));
  }
}

TEST(RequiredScope, WildcardsAreOffUnlessSwitchedOn) {
  EXPECT_FALSE(meets("partners:*", "partners:read", ScopeGrammar::kSpace, ScopeWildcard::kOff));
  EXPECT_FALSE(meets("*", "partners:read", ScopeGrammar::kSpace, ScopeWildcard::kOff));
  EXPECT_FALSE(meets("*", "partners:read", ScopeGrammar::kSpace, ScopeWildcard::kLastSegment));
  EXPECT_TRUE(meets("*", "partners:read", ScopeGrammar::kSpace, ScopeWildcard::kAll));
  EXPECT_TRUE(meets("partners:*", "partners:read", ScopeGrammar::kSpace, ScopeWildcard::kAll));
}

TEST(RequiredScope, WildcardStaysWithinItsLevel) {
  const auto widens = [](const char* granted, const char* required) {
    return meets(granted, required, ScopeGrammar::kBracketed, ScopeWildcard::kLastSegment);
  };
  EXPECT_TRUE(widens("location[orders:*]", "location[orders:read]"));
  EXPECT_FALSE(widens("location[orders:*]", "account[orders:read]"));
  EXPECT_FALSE(widens("location[orders:*]", "orders:read"));
  EXPECT_FALSE(widens("orders:*", "location[orders:read]"));
  EXPECT_FALSE(meets("location[*]", "location[orders.read]", ScopeGrammar::kBracketed, ScopeWildcard::kAll));
  EXPECT_TRUE(meets("*", "location[orders.read]", ScopeGrammar::kBracketed, ScopeWildcard::kAll));
}

TEST(RequiredScope, RefusesTextOfNoneOrSeveralValues) {
  for (const char* text : {"", " ", "a b", "a ", "\"a\"", "caf\xc3\xa9"}) {
    EXPECT_FALSE(RequiredScope::parse(text, ScopeGrammar::kSpace)) << '[' << text << ']';
  }
  for (const char* text : {"", ",", "a,b", "a,"}) {
    EXPECT_FALSE(RequiredScope::parse(text, ScopeGrammar::kComma)) << '[' << text << ']';
  }
  for (const char* text : {"", "a,b", "location[a,b]", "account[],profile", "profile,account[]", "location[a],p", "[a]",
                           "location[a", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z"}) {
    EXPECT_FALSE(RequiredScope::parse(text, ScopeGrammar::kBracketed)) << '[' << text << ']';
  }
}

TEST(RequiredScope, TextIsTheValueAsPeopleWriteIt) {
  EXPECT_EQ(RequiredScope::parse("partners:read", ScopeGrammar::kSpace)->text(), "partners:read");
  EXPECT_EQ(RequiredScope::parse("location[orders.write]", ScopeGrammar::kBracketed)->text(), "location[orders.write]");
  EXPECT_EQ(RequiredScope::parse("location[orders.write,]", ScopeGrammar::kBracketed)->text(),
            "location[orders.write]");
  EXPECT_EQ(RequiredScope::parse("account[]", ScopeGrammar::kBracketed)->text(), "account[]");
  EXPECT_EQ(RequiredScope::parse("profile", ScopeGrammar::kBracketed)->text(), "profile");
}

}  // namespace
}  // namespace assay::jose
