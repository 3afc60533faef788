#include "verify/answer_supply.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

FetchResult answered(std::string body) {
  return {.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = std::move(body), .complaint = {}};
}

class Answers : public ::testing::Test {
 protected:
  std::optional<FetchRequest> order(std::string_view token, std::uint64_t fetch_id) {
    tickets_.push_back(*table_->order(1, token));
    return supply_.on_order(table_, *table_->take_order(), policy_, false, fetch_id, test::kNow.monotonic_ns);
  }
  ErrorCode outcome(std::size_t ticket, std::string_view token) {
    return table_->redeem(tickets_[ticket], 1, token)->error.code;
  }
  bool remembered(std::string_view token, std::int64_t after_us) {
    return cache_.find({.issuer = 1, .token = token}, test::later(test::kNow, after_us).monotonic_ns, 0) != nullptr;
  }

  AnswerCache cache_{1 << 20};
  AnswerSupply supply_{cache_};
  std::shared_ptr<TicketTable> table_ = std::make_shared<TicketTable>(std::make_shared<FetchInbox>());
  std::vector<Ticket> tickets_;
  OpaquePolicy policy_{.introspection_url = "https://issuer.example/i", .client_id = "c", .client_secret = "s"};
};

TEST_F(Answers, OneCallSettlesEverybodyWhoWaits) {
  EXPECT_TRUE(order("a", 1));
  EXPECT_FALSE(order("a", 2));
  EXPECT_TRUE(order("b", 3));
  EXPECT_TRUE(supply_.on_result(1, answered(R"({"active":true})"), test::kNow));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kNone);
  EXPECT_EQ(outcome(1, "a"), ErrorCode::kNone);
  EXPECT_EQ(outcome(2, "b"), ErrorCode::kPendingAnswer);
  EXPECT_FALSE(supply_.on_result(2, answered("{}"), test::kNow)) << "that call was never made";
  EXPECT_TRUE(order("a", 4)) << "the call is over: a new order makes a new one";
}

TEST_F(Answers, AreRememberedForTheShorterOfTtlAndExpiry) {
  EXPECT_TRUE(order("ttl", 1));
  EXPECT_TRUE(supply_.on_result(1, answered(R"({"active":true})"), test::kNow));
  EXPECT_TRUE(remembered("ttl", 59'999'999));
  EXPECT_FALSE(remembered("ttl", 60'000'000));
  EXPECT_TRUE(order("exp", 2));
  EXPECT_TRUE(
      supply_.on_result(2, answered(R"({"active":true,"exp":)" + std::to_string(test::kNowS + 2) + "}"), test::kNow));
  EXPECT_TRUE(remembered("exp", 1'999'999));
  EXPECT_FALSE(remembered("exp", 2'000'000));
  EXPECT_TRUE(order("past", 3));
  EXPECT_TRUE(supply_.on_result(3, answered(R"({"active":true,"exp":1})"), test::kNow));
  EXPECT_FALSE(remembered("past", 0));
  EXPECT_TRUE(order("inactive", 4));
  EXPECT_TRUE(supply_.on_result(4, answered(R"({"active":false})"), test::kNow));
  EXPECT_TRUE(remembered("inactive", 9'999'999));
  EXPECT_FALSE(remembered("inactive", 10'000'000));
}

TEST_F(Answers, FailuresSettleAndAreNotRemembered) {
  for (int status : {201, 204, 400, 401, 404, 429, 500, 503}) {
    EXPECT_TRUE(order("a", 1)) << status;
    FetchResult result = answered(R"({"active":true})");
    result.status = status;
    EXPECT_TRUE(supply_.on_result(1, result, test::kNow));
    EXPECT_EQ(outcome(tickets_.size() - 1, "a"), ErrorCode::kIntrospectionUnavailable) << status;
    EXPECT_FALSE(remembered("a", 0)) << status;
  }
  EXPECT_EQ(supply_.calls_failed(), 8U);
}

TEST_F(Answers, OverdueCallsSettle) {
  EXPECT_EQ(supply_.next_due_ns(), std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(order("a", 1));
  const std::int64_t due_ns = supply_.next_due_ns();
  supply_.check_deadlines(due_ns - 1);
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kPendingAnswer);
  supply_.check_deadlines(due_ns);
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kIntrospectionUnavailable);
}

TEST_F(Answers, AWorkerThatLeavesIsNotSettled) {
  EXPECT_TRUE(order("a", 1));
  supply_.forget(*table_);
  EXPECT_TRUE(supply_.on_result(1, answered(R"({"active":true})"), test::kNow));
  EXPECT_EQ(outcome(0, "a"), ErrorCode::kPendingAnswer);
  EXPECT_TRUE(remembered("a", 0)) << "the answer serves the others";
}

}  // namespace
}  // namespace assay::verify
