#include "verify/sealed_answer.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

const std::string kFleetKey(32, 'k');

IssuerPolicy issuer() {
  IssuerPolicy issuer;
  issuer.name = "asked";
  issuer.issuer = "https://issuer.example";
  issuer.audiences = {"api"};
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://issuer.example/i";
  issuer.opaque->client_id = "c";
  return issuer;
}

SharedAnswer answer() {
  return {.asked_us = 1'000'000, .fresh_until_us = 2'000'000, .expires_us = 3'000'000, .json = R"({"active":true})"};
}

class SealedAnswer : public ::testing::Test {
 protected:
  AnswerPlace place_of(std::string_view token, const IssuerPolicy& policy = issuer()) {
    return *sealer_.place_of(*sealer_.scope_of(policy), token);
  }
  AnswerSealer sealer_{kFleetKey};
};

TEST_F(SealedAnswer, ComesBackWhole) {
  const AnswerPlace place = place_of("t");
  const auto opened = AnswerSealer(kFleetKey).open(place, sealer_.seal(place, answer()));
  ASSERT_TRUE(opened && opened->answer);
  EXPECT_EQ(opened->answer->asked_us, 1'000'000);
  EXPECT_EQ(opened->answer->fresh_until_us, 2'000'000);
  EXPECT_EQ(opened->answer->expires_us, 3'000'000);
  EXPECT_EQ(opened->answer->json, R"({"active":true})");
}

TEST_F(SealedAnswer, TellsNothingToWhoeverReadsIt) {
  const AnswerPlace place = place_of("the token");
  const std::string sealed = sealer_.seal(place, answer());
  EXPECT_EQ(sealed.find("active"), std::string::npos);
  EXPECT_EQ(std::string(place.key.begin(), place.key.end()).find("token"), std::string::npos);
}

TEST_F(SealedAnswer, IsRefusedWithAnyBitChanged) {
  const AnswerPlace place = place_of("t");
  const std::string sealed = sealer_.seal(place, answer());
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(sealer_.open(place, changed)) << bit;
  }
}

TEST_F(SealedAnswer, IsOfOneTokenAndOneFleet) {
  const AnswerPlace place = place_of("t");
  const std::string sealed = sealer_.seal(place, answer());
  EXPECT_FALSE(sealer_.open(place_of("u"), sealed)) << "moved to another token";
  const AnswerSealer other(std::string(32, 'o'));
  EXPECT_FALSE(other.open(place, sealed));
  EXPECT_NE(other.place_of(place.scope, "t")->key, place.key);
  AnswerPlace other_scope = place;
  other_scope.scope[0] ^= 1;
  EXPECT_FALSE(sealer_.open(other_scope, sealed)) << "the issuer inside counts, too";
}

TEST_F(SealedAnswer, IsSharedOnlyWhereThePolicyIsTheSame) {
  using Change = std::function<void(IssuerPolicy&)>;
  const std::vector<Change> changes{
      [](IssuerPolicy& policy) { policy.issuer += "/"; },
      [](IssuerPolicy& policy) { policy.audiences = {"other"}; },
      [](IssuerPolicy& policy) {
        policy.audiences = {"a", "pi"};
      },
      [](IssuerPolicy& policy) { policy.audience_unchecked = true; },
      [](IssuerPolicy& policy) { policy.opaque->introspection_url += "2"; },
      [](IssuerPolicy& policy) { policy.opaque->client_id = "d"; },
      [](IssuerPolicy& policy) { policy.opaque->authentication = ClientAuthentication::kPost; },
      [](IssuerPolicy& policy) { policy.opaque->assertion_audience = "a"; },
      [](IssuerPolicy& policy) { policy.opaque->token_url = "https://issuer.example/t"; },
      [](IssuerPolicy& policy) { policy.opaque->token_scope = "s"; },
      [](IssuerPolicy& policy) { policy.opaque->ttl *= 2; },
      [](IssuerPolicy& policy) { policy.opaque->ttl_min *= 2; },
      [](IssuerPolicy& policy) { policy.opaque->inactive_ttl *= 2; },
      [](IssuerPolicy& policy) { policy.opaque->stale = std::chrono::seconds(1); },
  };
  std::set<SharedKey> keys{place_of("t").key};
  for (const Change& change : changes) {
    IssuerPolicy changed = issuer();
    change(changed);
    keys.insert(place_of("t", changed).key);
  }
  EXPECT_EQ(keys.size(), changes.size() + 1);
  IssuerPolicy renamed = issuer();
  renamed.name = "called otherwise";
  renamed.opaque->client_secret = "rotated";
  renamed.opaque->calls_per_second = 1;
  EXPECT_EQ(place_of("t", renamed).key, place_of("t").key) << "what does not change the answer";
}

TEST_F(SealedAnswer, MarksAreNoAnswersAndNeverAlike) {
  const AnswerPlace place = place_of("t");
  const std::string mark = sealer_.seal_mark(place);
  EXPECT_NE(mark, sealer_.seal_mark(place));
  const auto opened = sealer_.open(place, mark);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->answer);
  EXPECT_FALSE(sealer_.open(place_of("u"), mark));
}

TEST_F(SealedAnswer, WithTimesThatNoPolicyGivesIsRefused) {
  const AnswerPlace place = place_of("t");
  const std::int64_t year_us = std::chrono::microseconds(kDurationMax).count();
  const std::vector<std::function<void(SharedAnswer&)>> changes{
      [](SharedAnswer& shared) { shared.asked_us = -1; },
      [](SharedAnswer& shared) { shared.fresh_until_us = shared.asked_us - 1; },
      [](SharedAnswer& shared) { shared.expires_us = shared.fresh_until_us - 1; },
      [&](SharedAnswer& shared) { shared.expires_us = shared.asked_us + 2 * year_us + 1; },
      [](SharedAnswer& shared) { shared.expires_us = std::numeric_limits<std::int64_t>::max(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SharedAnswer changed = answer();
    changes[i](changed);
    EXPECT_FALSE(sealer_.open(place, sealer_.seal(place, changed))) << i;
  }
}

TEST_F(SealedAnswer, OverTheLongestIsRefused) {
  const AnswerPlace place = place_of("t");
  SharedAnswer longest = answer();
  longest.json = std::string(kIntrospectionBytesMax, ' ');
  const std::string sealed = sealer_.seal(place, longest);
  EXPECT_LE(sealed.size(), kSharedValueBytesMax);
  EXPECT_TRUE(sealer_.open(place, sealed));
  longest.json += std::string(1024, ' ');
  EXPECT_FALSE(sealer_.open(place, sealer_.seal(place, longest)));
}

}  // namespace
}  // namespace assay::verify
