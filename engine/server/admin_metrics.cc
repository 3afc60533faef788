#include "server/admin_metrics.h"

#include <algorithm>
#include <array>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace assay::server {
namespace {

constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

// Gathers samples into families. A page has some dozens: a linear search will do.
class MetricsPage {
 public:
  void add(const Metric& metric) {
    prometheus::ClientMetric sample;
    for (const auto& [name, value] : metric.labels) sample.label.push_back({std::string(name), std::string(value)});
    switch (metric.kind) {
      case Metric::Kind::kCounter:
        sample.counter.value = metric.value;
        family_of(metric, prometheus::MetricType::Counter).metric.push_back(std::move(sample));
        return;
      case Metric::Kind::kGauge:
        sample.gauge.value = metric.value;
        family_of(metric, prometheus::MetricType::Gauge).metric.push_back(std::move(sample));
        return;
    }
  }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  prometheus::MetricFamily& family_of(const Metric& metric, prometheus::MetricType type) {
    const std::string name = "assay_" + std::string(metric.name);
    const auto found = std::find_if(families_.begin(), families_.end(),
                                    [&name](const prometheus::MetricFamily& family) { return family.name == name; });
    if (found != families_.end()) return *found;
    return families_.emplace_back(
        prometheus::MetricFamily{.name = name, .help = std::string(metric.help), .type = type, .metric = {}});
  }

  std::vector<prometheus::MetricFamily> families_;
};

// One field of HttpServerStats as a sample.
struct StatSample {
  std::string_view name;
  std::string_view help;
  Metric::Kind kind;
  std::string_view label;  // empty: none
  std::string_view label_value;
  std::uint64_t HttpServerStats::*field;
};

constexpr std::string_view kRefusedHelp = "Requests that the HTTP reader refused, by reason.";
constexpr std::string_view kTimeoutsHelp = "Connections closed because the client was too slow, by phase.";

constexpr std::array<StatSample, 15> kStatSamples{{
    {"server_connections_open",
     "Connections open now.",
     Metric::Kind::kGauge,
     {},
     {},
     &HttpServerStats::connections_open},
    {"server_connections_accepted_total",
     "Connections accepted.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::connections_accepted},
    {"server_connections_refused_total",
     "Connections closed at once because connections_max was reached.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::connections_refused},
    {"server_connections_displaced_total",
     "Idle connections closed to make room for new ones, because connections_max was reached.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::connections_displaced},
    {"server_accept_failures_total",
     "Failed accepts: no descriptor or memory was left.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::accept_failures},
    {"server_requests_total", "Complete requests.", Metric::Kind::kCounter, {}, {}, &HttpServerStats::requests},
    {"server_requests_abandoned_total",
     "Requests whose client left before the answer.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::requests_abandoned},
    {"server_requests_refused_total", kRefusedHelp, Metric::Kind::kCounter, "reason", "syntax",
     &HttpServerStats::refused_syntax},
    {"server_requests_refused_total", kRefusedHelp, Metric::Kind::kCounter, "reason", "head_size",
     &HttpServerStats::refused_head_size},
    {"server_requests_refused_total", kRefusedHelp, Metric::Kind::kCounter, "reason", "body_size",
     &HttpServerStats::refused_body_size},
    {"server_timeouts_total", kTimeoutsHelp, Metric::Kind::kCounter, "phase", "idle", &HttpServerStats::timeouts_idle},
    {"server_timeouts_total", kTimeoutsHelp, Metric::Kind::kCounter, "phase", "head", &HttpServerStats::timeouts_head},
    {"server_timeouts_total", kTimeoutsHelp, Metric::Kind::kCounter, "phase", "body", &HttpServerStats::timeouts_body},
    {"server_timeouts_total", kTimeoutsHelp, Metric::Kind::kCounter, "phase", "send", &HttpServerStats::timeouts_send},
    {"server_receive_restarts_total",
     "Times that the buffers for receiving ran out for a moment.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::receive_restarts},
}};

// Of the admin listener: whether somebody takes its places.
constexpr std::array<StatSample, 3> kOwnSamples{{
    {"admin_connections_open",
     "Connections of the admin listener open now.",
     Metric::Kind::kGauge,
     {},
     {},
     &HttpServerStats::connections_open},
    {"admin_connections_refused_total",
     "Connections of the admin listener closed at once because all its places were taken.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::connections_refused},
    {"admin_connections_displaced_total",
     "Connections of the admin listener closed to make room for new ones, because all its places were taken.",
     Metric::Kind::kCounter,
     {},
     {},
     &HttpServerStats::connections_displaced},
}};

void add_stats(MetricsPage& page, std::span<const StatSample> samples, const HttpServerStats& stats) {
  for (const StatSample& sample : samples) {
    Metric metric{.name = sample.name, .help = sample.help, .kind = sample.kind, .labels = {}, .value = 0};
    if (!sample.label.empty()) metric.labels.emplace_back(sample.label, sample.label_value);
    metric.value = static_cast<double>(stats.*sample.field);
    page.add(metric);
  }
}

// Every code that a check can be answered with, also those that were not: a rate needs the zero before the first.
void add_answers(MetricsPage& page, const std::deque<CheckCounters>& workers) {
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const ErrorFacts facts = facts_of(static_cast<ErrorCode>(i));
    const bool is_answer = facts.verdict_class != VerdictClass::kSetup && facts.verdict_class != VerdictClass::kPending;
    if (!is_answer) continue;
    std::uint64_t count = 0;
    for (const CheckCounters& worker : workers) count += worker.answers.read(i);
    page.add({.name = "server_answers_total",
              .help = "Checks answered, by code and class.",
              .kind = Metric::Kind::kCounter,
              .labels = {{"code", facts.name}, {"class", facts_of(facts.verdict_class).name}},
              .value = static_cast<double>(count)});
  }
}

// Of every reason, also before the first refusal.
void add_client_faults(MetricsPage& page, const AdminSources& sources) {
  const auto add = [&page](std::string_view endpoint, ClientFault fault, std::uint64_t count) {
    page.add({.name = "server_client_authentications_refused_total",
              .help = "Calls of OAuth clients that did not prove who they are, by endpoint and reason.",
              .kind = Metric::Kind::kCounter,
              .labels = {{"endpoint", endpoint}, {"reason", name_of(fault)}},
              .value = static_cast<double>(count)});
  };
  for (std::size_t i = 1; i < kClientFaultCount; ++i) {
    std::uint64_t introspecting = 0;
    for (const CheckCounters& worker : sources.counters) introspecting += worker.client_faults.read(i);
    add("introspect", static_cast<ClientFault>(i), introspecting);
    add("revoke", static_cast<ClientFault>(i), sources.revoke_faults.read(i));
  }
}

}  // namespace

AdminPage metrics_page(const AdminSources& sources, const HttpServerStats& own) {
  MetricsPage page;
  sources.control.for_each_metric([&page](const Metric& metric) { page.add(metric); });
  add_answers(page, sources.counters);
  add_client_faults(page, sources);
  add_stats(page, kStatSamples, sources.checks.stats());
  add_stats(page, kOwnSamples, own);
  page.add({.name = "server_workers",
            .help = "Threads that decide, by what they wait with.",
            .kind = Metric::Kind::kGauge,
            .labels = {{"poller", sources.checks.poller().name}},
            .value = static_cast<double>(sources.checks.workers())});
  page.add({.name = "server_draining",
            .help = "1 once the sidecar has begun to drain.",
            .kind = Metric::Kind::kGauge,
            .labels = {},
            .value = sources.draining.begun() ? 1.0 : 0.0});
  return {.content_type = kPrometheusText, .body = page.text()};
}

}  // namespace assay::server
