#include "verify/answer_metrics.h"

namespace assay::verify {
namespace {

using VisitMetric = std::function<void(const Metric&)>;

// A family of samples that differ in one label beside the issuer.
struct Family {
  std::string_view name;
  std::string_view help;
  std::string_view label;
};

void visit_gauge(const VisitMetric& visit, std::string_view name, std::string_view help, std::size_t value) {
  visit(Metric{
      .name = name, .help = help, .kind = Metric::Kind::kGauge, .labels = {}, .value = static_cast<double>(value)});
}

std::string_view name_of(ShareOutcome outcome) {
  switch (outcome) {
    case ShareOutcome::kFound: return "found";
    case ShareOutcome::kNotFound: return "not_found";
    case ShareOutcome::kLate: return "late";
    case ShareOutcome::kUnreadable: return "unreadable";
    case ShareOutcome::kFailed: return "failed";
  }
  return "";
}

// Of one issuer: what came of its questions to the fleet.
void visit_share_metrics(std::string_view issuer, const AnswerCounts& counts, const VisitMetric& visit) {
  for (std::size_t i = 0; i < kShareOutcomeCount; ++i) {
    visit(Metric{.name = "shared_answers_asked_total",
                 .help = "Answers looked for among those that the fleet shares, by result",
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"issuer", issuer}, {"result", name_of(static_cast<ShareOutcome>(i))}},
                 .value = static_cast<double>(counts.shared[i])});
  }
}

// How the place is where the fleet shares answers.
void visit_place_metrics(const SharedAnswersHealth& health, const VisitMetric& visit) {
  const auto visit_writes = [&](std::string_view result, std::uint64_t count) {
    visit(Metric{.name = "shared_answers_written_total",
                 .help = "Answers that were to be shared with the fleet, by result",
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"result", result}},
                 .value = static_cast<double>(count)});
  };
  visit_writes("written", health.written);
  visit_writes("superseded", health.superseded);
  visit_writes("held_back", health.held_back);
  visit_writes("failed", health.failed);
  visit_gauge(visit, "shared_answers_reachable", "1: the place where the fleet shares answers can be reached",
              health.is_reachable ? 1 : 0);
  visit_gauge(visit, "shared_answers_erasures_waiting", "Invalidated answers that the fleet has still to forget",
              health.erasures_waiting);
  visit(Metric{.name = "shared_answers_erasures_lost_total",
               .help = "Invalidated answers that the fleet could not be told to forget",
               .kind = Metric::Kind::kCounter,
               .labels = {},
               .value = static_cast<double>(health.erasures_lost)});
}

void visit_endpoint_metrics(const IntrospectionEndpoint& endpoint, const AnswerCounts& counts,
                            const VisitMetric& visit) {
  const std::string_view issuer = endpoint.issuer_name();
  const auto visit_labelled = [&](const Family& family, std::string_view value, std::uint64_t count) {
    visit(Metric{.name = family.name,
                 .help = family.help,
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"issuer", issuer}, {family.label, value}},
                 .value = static_cast<double>(count)});
  };
  constexpr Family kOrders{"introspection_orders_not_sent_total",
                           "Answers ordered that made no call of their own, by reason", "reason"};
  visit_labelled(kOrders, "joined", counts.joined);
  visit_labelled(kOrders, "rate", counts.too_many);
  visit_labelled(kOrders, "breaker", counts.shut);
  constexpr Family kTokens{"introspection_own_tokens_total", "Requests for a bearer token of Assay's own, by result",
                           "result"};
  visit_labelled(kTokens, "good", counts.tokens_good);
  visit_labelled(kTokens, "failed", counts.tokens_failed);
  const auto visit_of_issuer = [&](std::string_view name, std::string_view help, Metric::Kind kind, double value) {
    visit(Metric{.name = name, .help = help, .kind = kind, .labels = {{"issuer", issuer}}, .value = value});
  };
  visit_of_issuer("introspection_retries_total", "Calls made once more with a new token of Assay's own",
                  Metric::Kind::kCounter, static_cast<double>(counts.retried));
  visit_of_issuer("introspection_breaker_opened_total", "How often the breaker opened", Metric::Kind::kCounter,
                  static_cast<double>(endpoint.gate().opened_count()));
  visit_of_issuer("introspection_breaker_open", "1: the issuer is in trouble and is not called but for a probe",
                  Metric::Kind::kGauge, endpoint.gate().is_open() ? 1.0 : 0.0);
}

}  // namespace

void visit_answer_metrics(const AnswerSupply& supply, const AnswerCache& cache, const VisitMetric& visit) {
  const auto visit_calls = [&](std::string_view result, std::uint64_t count) {
    visit(Metric{.name = "introspection_calls_total",
                 .help = "Finished introspection calls by result",
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"result", result}},
                 .value = static_cast<double>(count)});
  };
  visit_calls("good", supply.calls_good());
  visit_calls("failed", supply.calls_failed());
  visit_calls(facts_of(ErrorCode::kBadAnswer).name, supply.calls_bad());
  visit_gauge(visit, "introspection_calls_under_way", "Calls whose answer is not there yet", supply.calls_under_way());
  supply.for_each_endpoint([&](const IntrospectionEndpoint& endpoint, const AnswerCounts& counts) {
    visit_endpoint_metrics(endpoint, counts, visit);
    if (supply.sharing() != nullptr) visit_share_metrics(endpoint.issuer_name(), counts, visit);
  });
  if (supply.sharing() != nullptr) visit_place_metrics(supply.sharing()->health(), visit);
  visit_gauge(visit, "introspection_cache_entries", "Remembered introspection answers", cache.entry_count());
  visit_gauge(visit, "introspection_cache_bytes", "Memory of remembered introspection answers", cache.bytes());
  visit(Metric{.name = "introspection_answers_not_kept_total",
               .help = "Answers that found no room in the cache",
               .kind = Metric::Kind::kCounter,
               .labels = {},
               .value = static_cast<double>(cache.not_kept_count())});
}

}  // namespace assay::verify
