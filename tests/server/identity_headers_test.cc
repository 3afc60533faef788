#include "server/identity_headers.h"

#include <array>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "verify/maker.h"

namespace assay::server {
namespace {

using verify::VerifiedFacts;

const ListenerSettings kPlain;

// Facts of which one is set.
template <typename Fact, typename Value>
VerifiedFacts with(Fact VerifiedFacts::*fact, const Value& value) {
  VerifiedFacts facts;
  facts.*fact = value;
  return facts;
}

// The fields by name; one entry "refused" with the field's name where the writer refuses.
std::map<std::string, std::string> write(const ListenerSettings& settings, const verify::VerifiedFacts& facts) {
  IdentityWriter writer(settings);
  const Verdict verdict = verify::VerdictMaker::accept(facts);
  const tl::expected<HttpResponse, Refusal> response = writer.write(verdict.token());
  if (!response) {
    EXPECT_EQ(response.error().code, ErrorCode::kBadClaim);
    return {{"refused", std::string(response.error().detail)}};
  }
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->body.empty());
  std::map<std::string, std::string> fields;
  for (const HttpField& field : response->fields) {
    EXPECT_TRUE(fields.emplace(field.name, field.value).second) << "repeated " << field.name;
  }
  return fields;
}

std::string encode(std::string_view text, std::size_t room_bytes) {
  std::vector<char> room(room_bytes);
  const std::size_t count = percent_encode(text, room);
  return count > room.size() ? "<does not fit>" : std::string(room.data(), count);
}

// Eight bytes at once and one by one must encode alike, whatever stands where.
TEST(PercentEncoding, EncodesEveryByteAtEveryPlace) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool plain = byte > 0x20 && byte < 0x7F && byte != '%';
    const std::string alone =
        plain ? std::string(1, static_cast<char>(byte)) : std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
    for (std::size_t position = 0; position < 19; ++position) {
      std::string text(19, 'x');
      text[position] = static_cast<char>(byte);
      const std::string encoded = std::string(position, 'x') + alone + std::string(18 - position, 'x');
      ASSERT_EQ(encode(text, 64), encoded) << byte << " at " << position;
      ASSERT_EQ(encode(text, encoded.size()), encoded) << byte << " at " << position;
      ASSERT_EQ(encode(text, encoded.size() - 1), "<does not fit>") << byte << " at " << position;
    }
  }
}

TEST(IdentityHeaders, EachClaimHasItsField) {
  const std::array<std::string_view, 2> scope{"orders:read", "location[orders.write]"};
  VerifiedFacts facts;
  facts.issuer_name = "shop";
  facts.issuer = "https://issuer.example";
  facts.subject = "alice";
  facts.client = "app-1";
  facts.scope = scope;
  facts.expires_at = NumericDate{1'710'223'631'577'478};
  const std::map<std::string, std::string> expected{{"X-Assay-Subject", "alice"},
                                                    {"X-Assay-Client", "app-1"},
                                                    {"X-Assay-Issuer", "https://issuer.example"},
                                                    {"X-Assay-Scope", "orders:read location[orders.write]"},
                                                    {"X-Assay-Expires", "1710223631"}};
  EXPECT_EQ(write(kPlain, facts), expected);
}

TEST(IdentityHeaders, AbsentClaimsHaveEmptyFields) {
  const ListenerSettings settings{.claim_headers = {{.claim = "tenant", .header = "X-Tenant"}}};
  const std::map<std::string, std::string> expected{{"X-Assay-Subject", ""}, {"X-Assay-Client", ""},
                                                    {"X-Assay-Issuer", ""},  {"X-Assay-Scope", ""},
                                                    {"X-Assay-Expires", ""}, {"X-Tenant", ""}};
  EXPECT_EQ(write(settings, {}), expected);
}

TEST(IdentityHeaders, ClaimHeadersHoldTheClaimsText) {
  const ListenerSettings settings{.claim_headers = {{.claim = "tenant", .header = "X-Tenant"},
                                                    {.claim = "level", .header = "X-Level"},
                                                    {.claim = "roles", .header = "X-Roles"},
                                                    {.claim = "nothing", .header = "X-Nothing"}}};
  const std::array<Claim, 4> claims{{{.name = "roles", .text = "[\"a b\"]", .kind = JsonKind::kArray},
                                     {.name = "tenant", .text = "caf\xc3\xa9 1", .kind = JsonKind::kString},
                                     {.name = "level", .text = "3", .kind = JsonKind::kNumber},
                                     {.name = "nothing", .text = "null", .kind = JsonKind::kNull}}};
  auto fields = write(settings, with(&VerifiedFacts::claims, claims));
  EXPECT_EQ(fields["X-Tenant"], "caf%C3%A9%201");
  EXPECT_EQ(fields["X-Level"], "3");
  EXPECT_EQ(fields["X-Roles"], "[\"a%20b\"]");
  EXPECT_EQ(fields["X-Nothing"], "");
}

TEST(IdentityHeaders, AClaimCannotStartAnotherHeader) {
  auto fields = write(kPlain, with(&VerifiedFacts::subject, "alice\r\nX-Assay-Scope: admin"));
  EXPECT_EQ(fields["X-Assay-Subject"], "alice%0D%0AX-Assay-Scope:%20admin");
  EXPECT_EQ(fields["X-Assay-Scope"], "");
}

TEST(IdentityHeaders, AScopeValueWithABlankIsNotTwoScopes) {
  const std::array<std::string_view, 2> scope{"read admin", "write"};
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::scope, scope))["X-Assay-Scope"], "read%20admin write");
}

TEST(IdentityHeaders, ExpiryIsRoundedDown) {
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::expires_at, NumericDate{999'999}))["X-Assay-Expires"], "0");
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::expires_at, NumericDate{kNumericDateUsMax}))["X-Assay-Expires"],
            "4611686018427");
}

TEST(IdentityHeaders, AValueOverItsLimitIsRefused) {
  const std::string longest(kIdentityHeaderBytesMax, 'a');
  const std::string too_long = longest + "a";
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::subject, longest))["X-Assay-Subject"], longest);
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::subject, too_long))["refused"], "X-Assay-Subject");
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::client, too_long))["refused"], "X-Assay-Client");
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::issuer, too_long))["refused"], "X-Assay-Issuer");
  const std::array<Claim, 1> claims{{{.name = "tenant", .text = too_long, .kind = JsonKind::kString}}};
  const ListenerSettings settings{.claim_headers = {{.claim = "tenant", .header = "X-Tenant"}}};
  EXPECT_EQ(write(settings, with(&VerifiedFacts::claims, claims))["refused"], "X-Tenant");
}

TEST(IdentityHeaders, TheLimitIsOnTheEncodedValue) {
  const std::string blanks(kIdentityHeaderBytesMax / 3 + 1, ' ');
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::subject, blanks))["refused"], "X-Assay-Subject");
}

TEST(IdentityHeaders, AScopeOverItsLimitIsRefused) {
  const std::string half(kIdentityHeaderBytesMax / 2, 'a');
  const std::string rest(kIdentityHeaderBytesMax / 2 - 1, 'b');
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::scope, std::array<std::string_view, 2>{half, rest}))["X-Assay-Scope"],
            half + " " + rest);
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::scope, std::array<std::string_view, 2>{half, half}))["refused"],
            "X-Assay-Scope");
  EXPECT_EQ(write(kPlain, with(&VerifiedFacts::scope, std::array<std::string_view, 3>{half, half, "c"}))["refused"],
            "X-Assay-Scope");
}

TEST(IdentityHeaders, AWriterCarriesNothingFromOneTokenToTheNext) {
  IdentityWriter writer(kPlain);
  const Verdict alice = verify::VerdictMaker::accept(with(&VerifiedFacts::subject, "alice"));
  const Verdict nobody = verify::VerdictMaker::accept({});
  ASSERT_TRUE(writer.write(alice.token()).has_value());
  const auto response = writer.write(nobody.token());
  ASSERT_TRUE(response.has_value());
  for (const HttpField& field : response->fields) EXPECT_EQ(field.value, "") << field.name;
}

TEST(PercentEncode, OnlyVisibleAsciiWithoutPercentStays) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool plain = byte > 0x20 && byte < 0x7f && c != '%';
    std::array<char, 4> expected{};
    std::snprintf(expected.data(), expected.size(), "%%%02X", static_cast<unsigned>(byte));
    EXPECT_EQ(encode(std::string_view(&c, 1), 3), plain ? std::string(1, c) : std::string(expected.data())) << byte;
  }
}

TEST(PercentEncode, WritesNothingPastItsRoom) {
  EXPECT_EQ(encode("", 0), "");
  EXPECT_EQ(encode("a", 0), "<does not fit>");
  EXPECT_EQ(encode("ab", 2), "ab");
  EXPECT_EQ(encode("ab ", 4), "<does not fit>");
  EXPECT_EQ(encode("ab ", 5), "ab%20");
}

}  // namespace
}  // namespace assay::server
