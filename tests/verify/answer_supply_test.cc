#include "verify/answer_supply.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/verify/answer_fixture.h"

namespace assay::verify {
namespace {

using test::answered;
using test::Answers;
using test::header_of;
using test::kActive;
using test::kSecondUs;
using test::status;
using test::timed_out;

TEST_F(Answers, OneCallSettlesEverybodyWhoWaits) {
  EXPECT_EQ(order("a"), 1U);
  for (int i = 1; i < 1000; ++i) ASSERT_EQ(order("a"), 0U);
  EXPECT_EQ(counts().joined, 999U);
  result(answered(std::string(kActive)));
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(outcome(i, "a"), ErrorCode::kNone);
  EXPECT_FALSE(supply_->on_result(2, answered("{}"), now_)) << "no id of this supply";
  EXPECT_EQ(order("b"), 1U);
  EXPECT_EQ(latest("b"), ErrorCode::kPendingAnswer);
  EXPECT_EQ(order("a"), 1U) << "the call is over: a new order makes a new one";
}

TEST_F(Answers, AreRememberedForTheShorterOfTtlAndExpiryButAtLeastTheFloor) {
  order("ttl");
  result(answered(std::string(kActive)));
  EXPECT_TRUE(remembered("ttl", 59'999'999));
  EXPECT_FALSE(remembered("ttl", 60'000'000));
  order("exp");
  result(answered(exp_in(2)));
  EXPECT_TRUE(remembered("exp", 1'999'999));
  EXPECT_FALSE(remembered("exp", 2'000'000));
  order("past");
  result(answered(R"({"active":true,"exp":1})"));
  EXPECT_TRUE(remembered("past", 999'999)) << "or every check of an expired token would make a call";
  EXPECT_FALSE(remembered("past", 1'000'000));
  order("inactive");
  result(answered(R"({"active":false})"));
  EXPECT_TRUE(remembered("inactive", 9'999'999));
  EXPECT_FALSE(remembered("inactive", 10'000'000));
}

TEST_F(Answers, OfNoTtlAreNotRememberedAndForgetTheOlderOne) {
  order("a");
  result(answered(std::string(kActive)));
  policy().ttl = policy().inactive_ttl = std::chrono::microseconds(0);
  set();
  order("a");
  result(answered(std::string(kActive)));
  EXPECT_FALSE(remembered("a", 0));
}

TEST_F(Answers, ServeStaleForAsLongAsIsSaidButNotBeyondTheirExpiry) {
  policy().stale = std::chrono::seconds(30);
  set();
  order("a");
  result(answered(std::string(kActive)));
  EXPECT_FALSE(found("a", 59'999'999).refresh_due);
  EXPECT_TRUE(found("a", 60'000'000).refresh_due);
  EXPECT_TRUE(remembered("a", 89'999'999));
  EXPECT_FALSE(remembered("a", 90'000'000));
  order("exp");
  result(answered(exp_in(70)));
  EXPECT_TRUE(found("exp", 60'000'000).refresh_due);
  EXPECT_TRUE(remembered("exp", 69'999'999));
  EXPECT_FALSE(remembered("exp", 70'000'000));
  order("inactive");
  result(answered(R"({"active":false})"));
  EXPECT_FALSE(remembered("inactive", 10'000'000)) << "who is refused is not refused for longer";
}

TEST_F(Answers, FailuresSettleAndAreNotRemembered) {
  for (const int code : {201, 204, 400, 401, 403, 404, 429, 500, 502, 503}) {
    ++next_issuer_;
    issuer_.name = "issuer " + std::to_string(next_issuer_);  // each with a breaker of its own
    set();
    order("a");
    FetchResult failed = answered(std::string(kActive));
    failed.status = code;
    result(failed);
    EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable) << code;
    EXPECT_FALSE(remembered("a", 0)) << code;
  }
  EXPECT_EQ(supply_->calls_failed(), 10U);
}

TEST_F(Answers, OverdueCallsSettle) {
  EXPECT_EQ(supply_->next_due_ns(), std::numeric_limits<std::int64_t>::max());
  order("a");
  const std::int64_t due_ns = supply_->next_due_ns();
  supply_->check_deadlines(at(due_ns - 1));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kPendingAnswer);
  supply_->check_deadlines(at(due_ns));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kIntrospectionUnavailable);
  result(answered(std::string(kActive)));
  EXPECT_FALSE(remembered("a", 0)) << "an answer after the deadline is dropped";
  EXPECT_EQ(supply_->next_due_ns(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(Answers, AWorkerThatLeavesIsNotSettled) {
  order("a");
  supply_->forget(*table_);
  result(answered(std::string(kActive)));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kPendingAnswer);
  EXPECT_TRUE(remembered("a", 0)) << "the answer serves the others";
}

TEST_F(Answers, StayWithinTheRateOfTheirIssuer) {
  policy().calls_per_second = 10;
  set();
  for (int i = 0; i < 200; ++i) {
    order("flood" + std::to_string(i));
    if (i < 10) continue;
    EXPECT_EQ(latest("flood" + std::to_string(i)), ErrorCode::kOverloaded) << i;
  }
  EXPECT_EQ(requests_.size(), 10U);
  EXPECT_EQ(counts().too_many, 190U);
  now_ = test::later(now_, kSecondUs / 10);
  EXPECT_EQ(order("later"), 1U);
  EXPECT_EQ(order("too soon"), 0U);
}

TEST_F(Answers, OpenTheBreakerAfterFailuresInARowAndCloseItByOneProbe) {
  for (std::uint32_t i = 0; i < issuer::CallGate::kFailuresToOpen; ++i) {
    EXPECT_EQ(order("a"), 1U) << i;
    result(timed_out());
    EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable);
  }
  EXPECT_EQ(order("a"), 0U);
  EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable) << "an outage is not an inactive token";
  now_ = test::later(now_, kSecondUs);
  EXPECT_EQ(order("a"), 1U) << "the probe";
  EXPECT_EQ(order("b"), 0U);
  EXPECT_EQ(latest("b"), ErrorCode::kIntrospectionUnavailable);
  result(answered(std::string(kActive)));
  EXPECT_EQ(order("b"), 1U);
  EXPECT_EQ(counts().shut, 2U);
}

TEST_F(Answers, WaitAsLongAsRetryAfterSays) {
  for (const int code : {429, 503}) {
    issuer_.name = std::to_string(code);
    set();
    EXPECT_EQ(order("a"), 1U);
    result(status(code, {{"retry-after", "20"}}));
    EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable);
    now_ = test::later(now_, 19'999'999);
    EXPECT_EQ(order("a"), 0U);
    now_ = test::later(now_, 1'100'000);
    EXPECT_EQ(order("a"), 1U);
    result(answered(std::string(kActive)));
  }
}

TEST_F(Answers, WaitUntilTheDateThatRetryAfterNames) {
  EXPECT_EQ(order("a"), 1U);
  result(status(503, {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"retry-after", "Sun, 06 Nov 1994 08:49:57 GMT"}}));
  now_ = test::later(now_, 19'999'999);
  EXPECT_EQ(order("a"), 0U);
  now_ = test::later(now_, 1'100'000);
  EXPECT_EQ(order("a"), 1U);
}

TEST_F(Answers, ThatDependOnTheTokenDoNotOpenTheBreaker) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(order("odd" + std::to_string(i)), 1U);
    result(i % 2 == 0 ? status(400) : answered("no JSON"));
  }
  EXPECT_EQ(order("good"), 1U);
}

TEST_F(Answers, FromBeforeAreNeitherJoinedNorRemembered) {
  order("a");
  const std::uint64_t before = requests_.back().fetch_id;
  supply_->forbid_keeping(kAnswersId, "a");
  EXPECT_EQ(order("a"), 1U) << "a call that began before is not joined";
  EXPECT_TRUE(supply_->on_result(before, answered(R"({"active":true,"scope":"old"})"), now_));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kNone) << "who asked before gets what was said";
  EXPECT_FALSE(remembered("a", 0));
  EXPECT_EQ(order("a"), 0U) << "the newer call is still under way";
  result(answered(R"({"active":true,"scope":"new"})"));
  ASSERT_TRUE(remembered("a", 0));
  EXPECT_EQ(found("a", 0).answer->answer().claims().scope_texts[0], "new");
  supply_->forbid_keeping(kAnswersId, "never seen");
}

TEST_F(Answers, KeepTheirBreakerThroughAReloadThatChangesNothing) {
  order("a");
  result(status(503));
  set();
  EXPECT_EQ(order("a"), 0U);
  policy().ttl = std::chrono::seconds(7);
  set();
  EXPECT_EQ(order("a"), 1U) << "another endpoint, as far as anybody knows";
}

// Calls with a bearer token of Assay's own.
class OwnTokens : public Answers {
 protected:
  OwnTokens() {
    policy().token_url = "https://issuer.example/token";
    policy().token_scope = "introspect";
    set();
  }
  void give_token(std::string_view text, int life_s = 3600) {
    result(answered(R"({"token_type":"Bearer","access_token":")" + std::string(text) + R"(","expires_in":)" +
                    std::to_string(life_s) + "}"));
  }
  const FetchRequest& request() { return requests_.back().request; }
};

TEST_F(OwnTokens, AreFetchedOnceForAllCallsThatWaitAndKept) {
  EXPECT_EQ(order("a"), 1U);
  EXPECT_EQ(request().url, policy().token_url);
  EXPECT_EQ(request().body, "grant_type=client_credentials&scope=introspect");
  EXPECT_EQ(header_of(request(), "Authorization"), "Basic Yzpz");
  EXPECT_EQ(order("b"), 0U);
  give_token("own-1");
  ASSERT_EQ(requests_.size(), 3U);
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(requests_[i].request.url, policy().introspection_url);
    EXPECT_EQ(header_of(requests_[i].request, "Authorization"), "Bearer own-1");
  }
  EXPECT_EQ(order("c"), 1U);
  EXPECT_EQ(request().url, policy().introspection_url);
  EXPECT_EQ(counts().tokens_good, 1U);
}

TEST_F(OwnTokens, AreRenewedShortlyBeforeTheyExpire) {
  order("a");
  give_token("own-1", 100);
  result(answered(std::string(kActive)));
  now_ = test::later(now_, 74'999'999);
  EXPECT_EQ(order("b"), 1U);
  EXPECT_EQ(request().url, policy().introspection_url);
  now_ = test::later(now_, 1);
  EXPECT_EQ(order("c"), 1U);
  EXPECT_EQ(request().url, policy().token_url);
}

TEST_F(OwnTokens, AreRenewedOnceOn401AndTheCallMadeOnceMore) {
  order("a");
  give_token("own-1");
  result(status(401));
  EXPECT_EQ(request().url, policy().token_url);
  EXPECT_EQ(latest("a"), ErrorCode::kPendingAnswer);
  give_token("own-2");
  EXPECT_EQ(header_of(request(), "Authorization"), "Bearer own-2");
  const std::size_t sent = requests_.size();
  result(status(401));
  EXPECT_EQ(requests_.size(), sent) << "one retry";
  EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(counts().retried, 1U);
}

// Of many calls that meet a spent token, one renews it; the others go again with the new one.
TEST_F(OwnTokens, AreRenewedOnceForAllCallsThatWereRejected) {
  order("a");
  order("b");
  give_token("own-1");
  const std::uint64_t a = requests_[1].fetch_id;
  const std::uint64_t b = requests_[2].fetch_id;
  EXPECT_TRUE(supply_->on_result(a, status(401), now_));
  EXPECT_EQ(collect(), 1U);
  give_token("own-2");
  EXPECT_TRUE(supply_->on_result(b, status(401), now_));
  EXPECT_EQ(collect(), 1U);
  EXPECT_EQ(header_of(request(), "Authorization"), "Bearer own-2");
  EXPECT_EQ(counts().tokens_good, 2U);
}

TEST_F(OwnTokens, ThatDoNotComeSettleAllWhoWaitAndOpenTheBreaker) {
  order("a");
  order("b");
  result(status(503, {{"retry-after", "9"}}));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(outcome(1, "b"), ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(order("c"), 0U);
  now_ = test::later(now_, 10'000'000);
  EXPECT_EQ(order("c"), 1U) << "the probe wants a token, too";
  EXPECT_EQ(request().url, policy().token_url);
  result(answered(R"({"error":"invalid_client"})"));
  EXPECT_EQ(order("d"), 0U) << "an answer without a token is a failure of the probe";
  EXPECT_EQ(counts().tokens_failed, 2U);
}

TEST_F(OwnTokens, ThatNeverComeSettleByTheDeadline) {
  order("a");
  supply_->check_deadlines(at(supply_->next_due_ns()));
  EXPECT_EQ(latest("a"), ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(supply_->next_due_ns(), std::numeric_limits<std::int64_t>::max());
  give_token("late");
  EXPECT_EQ(order("b"), 1U);
  EXPECT_EQ(request().url, policy().token_url) << "a token after its deadline is dropped";
}

}  // namespace
}  // namespace assay::verify
