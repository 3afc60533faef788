#include "verify/answer_metrics.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/verify/fake_shared_answers.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

// Name, and label values in order, to value.
std::map<std::string, double> samples_of(const AnswerSupply& supply, const AnswerCache& cache) {
  std::map<std::string, double> samples;
  visit_answer_metrics(supply, cache, [&](const Metric& metric) {
    std::string name(metric.name);
    for (const auto& [label, value] : metric.labels) name.append(" ").append(value);
    samples[name] = metric.value;
  });
  return samples;
}

TEST(AnswerMetrics, ShowWhatBecameOfOrdersAndCalls) {
  AnswerCache cache(1 << 20);
  AnswerSupply supply(cache);
  IssuerPolicy issuer;
  issuer.name = "asked";
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://as.example/introspect";
  issuer.opaque->client_id = "c";
  issuer.opaque->calls_per_second = 2;
  supply.set_issuers({&issuer, 1});
  const auto table = std::make_shared<TicketTable>(std::make_shared<FetchInbox>());
  for (const char* token : {"a", "a", "b", "c"}) {
    ASSERT_TRUE(table->order(0, token));
    supply.on_order(table, *table->take_order(), test::kNow);
  }
  const std::vector<AnswerSupply::Outgoing> sent = supply.take_requests();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(samples_of(supply, cache)["introspection_calls_under_way"], 2);
  const FetchResult good{
      .outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = R"({"active":true})", .complaint = {}};
  FetchResult busy = good;
  busy.status = 503;
  EXPECT_TRUE(supply.on_result(sent[0].fetch_id, good, test::kNow));
  EXPECT_TRUE(supply.on_result(sent[1].fetch_id, busy, test::kNow));
  ASSERT_TRUE(table->order(0, "d"));
  supply.on_order(table, *table->take_order(), test::kNow);

  std::map<std::string, double> samples = samples_of(supply, cache);
  EXPECT_EQ(samples["introspection_calls_total good"], 1);
  EXPECT_EQ(samples["introspection_calls_total failed"], 1);
  EXPECT_EQ(samples["introspection_calls_total bad_answer"], 0);
  EXPECT_EQ(samples["introspection_calls_under_way"], 0);
  EXPECT_EQ(samples["introspection_orders_not_sent_total asked joined"], 1);
  EXPECT_EQ(samples["introspection_orders_not_sent_total asked rate"], 1);
  EXPECT_EQ(samples["introspection_orders_not_sent_total asked breaker"], 1);
  EXPECT_EQ(samples["introspection_breaker_open asked"], 1);
  EXPECT_EQ(samples["introspection_breaker_opened_total asked"], 1);
  EXPECT_EQ(samples["introspection_retries_total asked"], 0);
  EXPECT_EQ(samples["introspection_own_tokens_total asked good"], 0);
  EXPECT_EQ(samples["introspection_cache_entries"], 1);
  EXPECT_GT(samples["introspection_cache_bytes"], 0);
  EXPECT_EQ(samples["introspection_answers_not_kept_total"], 0);
  EXPECT_FALSE(samples.contains("shared_answers_reachable")) << "where none are shared";
}

TEST(AnswerMetrics, ShowWhatTheFleetShares) {
  AnswerCache cache(1 << 20);
  test::FakeSharedAnswers place;
  place.health_now = {.is_reachable = true,
                      .written = 4,
                      .superseded = 3,
                      .held_back = 7,
                      .failed = 2,
                      .erasures_waiting = 5,
                      .erasures_lost = 6,
                      .complaint = {}};
  const auto inbox = std::make_shared<FetchInbox>();
  const AnswerSharing sharing(place, std::string(32, 'k'), std::chrono::milliseconds(20), inbox);
  AnswerSupply supply(cache, &sharing);
  IssuerPolicy issuer;
  issuer.name = "asked";
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://as.example/introspect";
  supply.set_issuers({&issuer, 1});
  const auto table = std::make_shared<TicketTable>(inbox);
  ASSERT_TRUE(table->order(0, "a"));
  supply.on_order(table, *table->take_order(), test::kNow);
  for (const FetchInbox::Item& item : inbox->take_all()) {
    EXPECT_TRUE(supply.on_shared(item.fetch_id, std::get<SharedValue>(item.result), test::kNow));
  }
  std::map<std::string, double> samples = samples_of(supply, cache);
  EXPECT_EQ(samples["shared_answers_asked_total asked not_found"], 1);
  for (const char* other : {"found", "late", "unreadable", "failed"}) {
    EXPECT_EQ(samples.at("shared_answers_asked_total asked " + std::string(other)), 0) << other;
  }
  EXPECT_EQ(samples["shared_answers_written_total written"], 4);
  EXPECT_EQ(samples["shared_answers_written_total superseded"], 3);
  EXPECT_EQ(samples["shared_answers_written_total held_back"], 7);
  EXPECT_EQ(samples["shared_answers_written_total failed"], 2);
  EXPECT_EQ(samples["shared_answers_reachable"], 1);
  EXPECT_EQ(samples["shared_answers_erasures_waiting"], 5);
  EXPECT_EQ(samples["shared_answers_erasures_lost_total"], 6);
}

}  // namespace
}  // namespace assay::verify
