#include "verify/fetch_rules.h"

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

using std::chrono::milliseconds;

FetchResult result_of(FetchOutcome outcome, int status) {
  return {.outcome = outcome, .status = status, .headers = {}, .body = {}, .complaint = "no route to host"};
}

TEST(FetchRules, AFetchIsLostHalfASecondAfterItsTimeout) {
  EXPECT_EQ(fetch_deadline_ns(milliseconds(2000), 7), 2'500'000'007);
  EXPECT_EQ(fetch_deadline_ns(milliseconds(0), 0), 500'000'000);
}

TEST(FetchRules, AnAnswerOf200IsADocument) {
  EXPECT_EQ(complaint_of(result_of(FetchOutcome::kAnswered, 200)), "");
  EXPECT_EQ(complaint_of(result_of(FetchOutcome::kAnswered, 204)), "HTTP status 204");
  EXPECT_EQ(complaint_of(result_of(FetchOutcome::kAnswered, 503)), "HTTP status 503");
}

TEST(FetchRules, WhatIsNotAnsweredComplainsInTheFetchersWords) {
  EXPECT_EQ(complaint_of(result_of(FetchOutcome::kUnreachable, 0)), "no route to host");
  EXPECT_EQ(complaint_of(result_of(FetchOutcome::kTimedOut, 200)), "no route to host");
}

}  // namespace
}  // namespace assay::verify
