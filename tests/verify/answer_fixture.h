// The introspection answers of one issuer, and that issuer and the fleet in the test's hands.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verify/fake_shared_answers.h"
#include "tests/verify/test_issuer.h"
#include "verify/answer_sharing.h"
#include "verify/answer_supply.h"

namespace assay::test {

using verify::AnswerCache;
using verify::AnswerCounts;
using verify::AnswerSharing;
using verify::AnswerSupply;
using verify::FetchInbox;
using verify::IntrospectionEndpoint;
using verify::TicketTable;

inline constexpr std::string_view kFleetKey = "a key of the fleet with 32 bytes";

inline FetchResult answered(std::string body) {
  return {.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = std::move(body), .complaint = {}};
}

inline FetchResult status(int code, std::vector<HttpHeader> headers = {}) {
  return {
      .outcome = FetchOutcome::kAnswered, .status = code, .headers = std::move(headers), .body = {}, .complaint = {}};
}

inline FetchResult timed_out() {
  return {.outcome = FetchOutcome::kTimedOut, .status = 0, .headers = {}, .body = {}, .complaint = "slow"};
}

inline std::string header_of(const FetchRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

inline constexpr std::string_view kActive = R"({"active":true})";
inline constexpr std::int64_t kSecondUs = 1'000'000;

// A supply for one issuer, and a ticket table in place of a worker. Some tests have it share its answers.
class Answers : public ::testing::Test {
 protected:
  enum class Shares : std::uint8_t { kNo, kYes };
  explicit Answers(Shares shares = Shares::kNo) {
    if (shares == Shares::kYes) {
      sharing_.emplace(place_, kFleetKey, std::chrono::milliseconds(20), inbox_);
      supply_.emplace(cache_, &*sharing_);
    }
    issuer_.name = "asked";
    issuer_.opaque = OpaquePolicy{};
    policy().introspection_url = "https://issuer.example/i";
    policy().client_id = "c";
    policy().client_secret = "s";
    set();
  }
  OpaquePolicy& policy() { return *issuer_.opaque; }
  void set() { supply_->set_issuers({&issuer_, 1}); }

  // Orders an answer at now_ and returns how many requests that made.
  std::size_t order(std::string_view token) {
    tickets_.push_back(*table_->order(kAnswersId, token));
    supply_->on_order(table_, *table_->take_order(), now_);
    return collect();
  }
  std::size_t collect() {
    const std::size_t before = requests_.size();
    for (AnswerSupply::Outgoing& outgoing : supply_->take_requests()) requests_.push_back(std::move(outgoing));
    return requests_.size() - before;
  }
  // Answers the latest request.
  void result(const FetchResult& what) {
    const std::uint64_t fetch_id = requests_.back().fetch_id;
    EXPECT_TRUE(supply_->on_result(fetch_id, what, now_));
    collect();
  }
  ErrorCode outcome(std::size_t ticket, std::string_view token) {
    return table_->redeem(tickets_[ticket], kAnswersId, token)->error.code;
  }
  ErrorCode latest(std::string_view token) { return outcome(tickets_.size() - 1, token); }
  AnswerCache::Found found(std::string_view token, std::int64_t after_us) {
    return cache_.find({.issuer = kAnswersId, .token = token}, test::later(now_, after_us).monotonic_ns, 0);
  }
  bool remembered(std::string_view token, std::int64_t after_us) { return found(token, after_us).answer != nullptr; }
  Now at(std::int64_t monotonic_ns) const { return {.wall_us = now_.wall_us, .monotonic_ns = monotonic_ns}; }
  AnswerCounts counts() {
    AnswerCounts seen;
    supply_->for_each_endpoint([&](const IntrospectionEndpoint&, const AnswerCounts& counts) { seen = counts; });
    return seen;
  }
  std::string exp_in(std::int64_t seconds) {
    return R"({"active":true,"exp":)" + std::to_string(now_.wall_us / kSecondUs + seconds) + "}";
  }

  static constexpr std::uint64_t kAnswersId = 5 * kIssuersMax;  // issuer 0 of the policy of generation 5
  AnswerCache cache_{1 << 20};
  std::shared_ptr<FetchInbox> inbox_ = std::make_shared<FetchInbox>();
  FakeSharedAnswers place_;
  std::optional<AnswerSharing> sharing_;
  std::optional<AnswerSupply> supply_{std::in_place, cache_};
  std::shared_ptr<TicketTable> table_ = std::make_shared<TicketTable>(inbox_);
  std::vector<Ticket> tickets_;
  std::vector<AnswerSupply::Outgoing> requests_;
  IssuerPolicy issuer_;
  Now now_ = test::kNow;
  int next_issuer_ = 0;
};

}  // namespace assay::test
