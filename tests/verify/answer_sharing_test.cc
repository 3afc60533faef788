#include "verify/answer_sharing.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/verify/fake_shared_answers.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kNsPerUs = 1000;

class Sharing : public ::testing::Test {
 protected:
  Sharing() {
    issuer_.name = "asked";
    issuer_.opaque = OpaquePolicy{};
    issuer_.opaque->introspection_url = "https://issuer.example/i";
  }
  AnswerPlace place(std::string_view token = "t") const {
    return *sharing_.place_of(*sharing_.scope_of(issuer_), token);
  }
  // Written now, with 60 s fresh and 90 s in all.
  void write(std::string_view body = R"({"active":true,"sub":"bob"})") {
    const auto answer = issuer::IntrospectionAnswer::parse(body);
    sharing_.write(place(), "", **answer, {.fresh_us = 60 * kSecondUs, .kept_us = 90 * kSecondUs}, test::kNow);
  }
  SharedValue value() const {
    const auto found = there_.kept.find(place().key);
    if (found == there_.kept.end()) return {.outcome = SharedValue::Outcome::kNotFound, .bytes = {}, .until_ns = 0};
    return {.outcome = SharedValue::Outcome::kFound, .bytes = found->second.bytes, .until_ns = found->second.until_ns};
  }
  // As read by a node whose wall clock is so far ahead of the writer's, so long after the writing.
  AnswerSharing::Heard read(std::int64_t after_us, std::int64_t ahead_us = 0) const {
    Now now = test::later(test::kNow, after_us);
    now.wall_us += ahead_us;
    return sharing_.read(place(), value(), now);
  }

  test::FakeSharedAnswers there_;
  std::shared_ptr<FetchInbox> inbox_ = std::make_shared<FetchInbox>();
  AnswerSharing sharing_{there_, std::string(32, 'k'), milliseconds(20), inbox_};
  IssuerPolicy issuer_;
};

TEST_F(Sharing, BringsWhatIsThereToTheInbox) {
  write();
  sharing_.ask(7, place(), 123);
  EXPECT_EQ(there_.latest_give_up_ns, 123);
  const auto items = inbox_->take_all();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].fetch_id, 7U);
  EXPECT_EQ(std::get<SharedValue>(items[0].result).bytes, value().bytes);
}

TEST_F(Sharing, ThePlaceIsToldWhichAnswersCanBeInvented) {
  write();
  EXPECT_TRUE(there_.kept.begin()->second.is_active);
  there_.kept.clear();
  write(R"({"active":false})");
  EXPECT_FALSE(there_.kept.begin()->second.is_active);
}

TEST_F(Sharing, AnswersLiveAsLongAsTheyWouldHaveWhereTheyWereAsked) {
  write();
  EXPECT_EQ(value().until_ns, test::kNow.monotonic_ns + 60 * kSecondUs * kNsPerUs);
  const AnswerSharing::Heard heard = read(45 * kSecondUs);
  ASSERT_EQ(heard.outcome, ShareOutcome::kFound);
  EXPECT_EQ(heard.answer->claims().sub, "bob");
  EXPECT_EQ(heard.span.fresh_us, 15 * kSecondUs);
  EXPECT_EQ(heard.span.kept_us, 45 * kSecondUs);
  EXPECT_EQ(read(59'999'999).span.fresh_us, 1);
  EXPECT_EQ(read(60 * kSecondUs).outcome, ShareOutcome::kNotFound);
}

TEST_F(Sharing, ClocksThatDifferProlongNothing) {
  write();
  EXPECT_EQ(read(30 * kSecondUs, 10 * kSecondUs).span.fresh_us, 20 * kSecondUs) << "ahead: shorter";
  EXPECT_EQ(read(30 * kSecondUs, -10 * kSecondUs).span.fresh_us, 30 * kSecondUs) << "behind: the place's time counts";
  EXPECT_EQ(read(30 * kSecondUs, 40 * kSecondUs).outcome, ShareOutcome::kNotFound);
}

TEST_F(Sharing, APlaceThatKeepsThemForLongerProlongsNothing) {
  write();
  there_.kept.begin()->second.until_ns = test::FakeSharedAnswers::kLongNs;
  EXPECT_EQ(read(59 * kSecondUs).span.fresh_us, kSecondUs);
  EXPECT_EQ(read(60 * kSecondUs).outcome, ShareOutcome::kNotFound);
  EXPECT_EQ(read(61 * kSecondUs, -kSecondUs).outcome, ShareOutcome::kNotFound);
}

TEST_F(Sharing, AValueThatThePlaceNeverDropsIsNone) {
  write();
  there_.kept.begin()->second.until_ns = 0;
  EXPECT_EQ(read(0).outcome, ShareOutcome::kNotFound);
}

TEST_F(Sharing, AnswersFromTheFutureAreNotUsed) {
  write();
  const AnswerSharing::Heard near = read(0, -AnswerSharing::kSkewMaxUs);
  EXPECT_EQ(near.outcome, ShareOutcome::kFound);
  EXPECT_EQ(near.span.fresh_us, 60 * kSecondUs);
  EXPECT_EQ(read(0, -AnswerSharing::kSkewMaxUs - 1).outcome, ShareOutcome::kUnreadable);
}

TEST_F(Sharing, SaysWhatIsNoAnswer) {
  EXPECT_EQ(read(0).outcome, ShareOutcome::kNotFound);
  EXPECT_EQ(sharing_.read(place(), {}, test::kNow).outcome, ShareOutcome::kFailed);
  write();
  there_.kept.begin()->second.bytes.back() ^= 1;
  EXPECT_EQ(read(0).outcome, ShareOutcome::kUnreadable);
  there_.kept.begin()->second.bytes = "garbage";
  EXPECT_EQ(read(0).outcome, ShareOutcome::kUnreadable);
}

// Sealed by the fleet, but not what an issuer says.
TEST_F(Sharing, AnAnswerWithoutSenseIsUnreadable) {
  const AnswerSealer sealer(std::string(32, 'k'));
  there_.kept[place().key] = {.bytes = sealer.seal(place(), {.asked_us = test::kNow.wall_us,
                                                             .fresh_until_us = test::kNow.wall_us + kSecondUs,
                                                             .expires_us = test::kNow.wall_us + kSecondUs,
                                                             .json = R"({"active":"true"})"}),
                              .until_ns = test::FakeSharedAnswers::kLongNs};
  EXPECT_EQ(read(0).outcome, ShareOutcome::kUnreadable);
}

TEST_F(Sharing, AnErasureOutlivesEveryCallThatBeganBeforeIt) {
  issuer_.opaque->timeout = milliseconds(1500);
  issuer_.opaque->ttl = seconds(600);
  write();
  bool is_erased = false;
  sharing_.erase(issuer_, "t", [&](bool done) { is_erased = done; });
  EXPECT_TRUE(is_erased);
  ASSERT_EQ(there_.erasures.size(), 1U);
  EXPECT_EQ(there_.erasures[0].key, place().key);
  EXPECT_GE(there_.erasures[0].mark_life, 4 * milliseconds(2000)) << "a token of Assay's own, the call, and both again";
  EXPECT_GE(there_.erasures[0].try_for, seconds(600)) << "as long as what is there may live";
  EXPECT_EQ(read(0).outcome, ShareOutcome::kNotFound);
}

}  // namespace
}  // namespace assay::verify
