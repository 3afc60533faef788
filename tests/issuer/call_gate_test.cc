#include "issuer/call_gate.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace assay::issuer {
namespace {

using Admission = CallGate::Admission;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kStartNs = 5000 * kSecondNs;

FetchResult answered(int status) {
  return {.outcome = FetchOutcome::kAnswered, .status = status, .headers = {}, .body = {}, .complaint = {}};
}

FetchResult failed(FetchOutcome outcome) {
  return {.outcome = outcome, .status = 0, .headers = {}, .body = {}, .complaint = {}};
}

// A gate that has just opened at kStartNs by failures in a row.
CallGate opened() {
  CallGate gate(1000, 7);
  for (std::uint32_t i = 0; i < CallGate::kFailuresToOpen; ++i) {
    EXPECT_EQ(gate.admit(kStartNs), Admission::kCall);
    gate.on_result(Admission::kCall, ServerHealth::kFailed, 0, kStartNs);
  }
  return gate;
}

TEST(ServerHealth, WhatDependsOnTheTokenSaysNothingAgainstTheServer) {
  for (const int status : {200, 201, 204, 400, 404, 413, 414, 415, 422, 431}) {
    EXPECT_EQ(health_of(answered(status)), ServerHealth::kAlive) << status;
  }
  EXPECT_EQ(health_of(failed(FetchOutcome::kTooLarge)), ServerHealth::kAlive);
}

TEST(ServerHealth, NoAnswerAndRefusalOfTheClientAreFailures) {
  for (const int status : {401, 403, 500, 502, 504}) {
    EXPECT_EQ(health_of(answered(status)), ServerHealth::kFailed) << status;
  }
  for (const FetchOutcome outcome : {FetchOutcome::kRefused, FetchOutcome::kRedirected, FetchOutcome::kTimedOut,
                                     FetchOutcome::kTlsFailed, FetchOutcome::kUnreachable}) {
    EXPECT_EQ(health_of(failed(outcome)), ServerHealth::kFailed);
  }
  EXPECT_EQ(health_of(answered(429)), ServerHealth::kBusy);
  EXPECT_EQ(health_of(answered(503)), ServerHealth::kBusy);
}

TEST(CallGate, GivesTheRateAndNoMore) {
  CallGate gate(100, 0);
  int calls = 0;
  for (int i = 0; i < 1000; ++i) calls += gate.admit(kStartNs) == Admission::kCall;
  EXPECT_EQ(calls, 100) << "a second's worth at once after a pause";
  for (std::int64_t ms = 1; ms <= 10'000; ++ms) calls += gate.admit(kStartNs + ms * 1'000'000) == Admission::kCall;
  EXPECT_EQ(calls, 100 + 1000);
  EXPECT_EQ(gate.admit(kStartNs + 10'000 * 1'000'000LL), Admission::kTooMany);
}

TEST(CallGate, CountsARepetitionAgainstTheRate) {
  CallGate gate(1, 0);
  EXPECT_EQ(gate.admit(kStartNs), Admission::kCall);
  EXPECT_FALSE(gate.admit_again(kStartNs));
  EXPECT_TRUE(gate.admit_again(kStartNs + kSecondNs));
}

TEST(CallGate, OpensAfterFailuresInARowAlone) {
  CallGate gate(1000, 0);
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t i = 1; i < CallGate::kFailuresToOpen; ++i) {
      ASSERT_EQ(gate.admit(kStartNs), Admission::kCall);
      gate.on_result(Admission::kCall, ServerHealth::kFailed, 0, kStartNs);
    }
    gate.on_result(Admission::kCall, ServerHealth::kAlive, 0, kStartNs);
  }
  EXPECT_EQ(gate.opened_count(), 0U);
  EXPECT_EQ(opened().state(kStartNs), CallGate::State::kOpen);
  EXPECT_EQ(opened().opened_count(), 1U);
}

TEST(CallGate, LetsOneProbeThroughWhenTheWaitIsOver) {
  CallGate gate = opened();
  EXPECT_EQ(gate.admit(kStartNs), Admission::kShut);
  EXPECT_EQ(gate.admit(kStartNs + kSecondNs * 3 / 4 - 1), Admission::kShut);
  const std::int64_t later_ns = kStartNs + kSecondNs;
  EXPECT_EQ(gate.state(later_ns), CallGate::State::kHalfOpen);
  EXPECT_EQ(gate.admit(later_ns), Admission::kProbe);
  EXPECT_EQ(gate.admit(later_ns), Admission::kShut);
  gate.on_result(Admission::kCall, ServerHealth::kAlive, 0, later_ns);
  EXPECT_EQ(gate.admit(later_ns), Admission::kShut) << "a call from before says nothing about now";
  gate.on_result(Admission::kProbe, ServerHealth::kAlive, 0, later_ns);
  EXPECT_EQ(gate.admit(later_ns), Admission::kCall);
  EXPECT_FALSE(gate.is_open());
}

TEST(CallGate, DoublesItsWaitWithEachProbeThatFailsUpToAMinute) {
  CallGate gate = opened();
  std::int64_t now_ns = kStartNs;
  for (std::int64_t wait_s = 2; wait_s <= 64; wait_s *= 2) {
    now_ns += 60 * kSecondNs;
    ASSERT_EQ(gate.admit(now_ns), Admission::kProbe);
    gate.on_result(Admission::kProbe, ServerHealth::kFailed, 0, now_ns);
    const std::int64_t longest_ns = std::min(wait_s * kSecondNs, CallGate::kWaitNsMax);
    EXPECT_EQ(gate.state(now_ns + longest_ns * 3 / 4 - 1), CallGate::State::kOpen) << wait_s;
    EXPECT_EQ(gate.state(now_ns + longest_ns), CallGate::State::kHalfOpen) << wait_s;
  }
  gate.on_result(gate.admit(now_ns + 60 * kSecondNs), ServerHealth::kAlive, 0, now_ns + 60 * kSecondNs);
  EXPECT_EQ(gate.state(now_ns + 60 * kSecondNs), CallGate::State::kClosed);
}

TEST(CallGate, OpensAtOnceForABusyServerAndWaitsAsLongAsItAsks) {
  CallGate gate(1000, 3);
  gate.on_result(gate.admit(kStartNs), ServerHealth::kBusy, 30 * kSecondNs, kStartNs);
  EXPECT_EQ(gate.admit(kStartNs + 30 * kSecondNs - 1), Admission::kShut);
  EXPECT_EQ(gate.admit(kStartNs + 31 * kSecondNs), Admission::kProbe);
}

TEST(CallGate, CannotBeShutForeverByAnAnswer) {
  CallGate gate(1000, 3);
  gate.on_result(gate.admit(kStartNs), ServerHealth::kBusy, std::int64_t{4'000'000'000} * kSecondNs, kStartNs);
  EXPECT_EQ(gate.state(kStartNs + CallGate::kRetryAfterNsMax + CallGate::kWaitNsMin), CallGate::State::kHalfOpen);
}

}  // namespace
}  // namespace assay::issuer
