#include "load/report.h"

#include <array>
#include <charconv>
#include <string_view>

#include "config/value_text.h"
#include "signing/json_text.h"

namespace assay::load {
namespace {

using signing::JsonObject;

constexpr double kNsPerUs = 1'000;

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  const std::to_chars_result end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
  return {text.data(), end.ptr};
}

std::string microseconds(std::uint64_t ns) { return decimal(static_cast<double>(ns) / kNsPerUs, 1); }

struct Quantile {
  std::string_view name;
  double share;
};
constexpr std::array<Quantile, 4> kQuantiles{{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};

std::string status_text(const LoadResult& result) {
  std::string text;
  for (std::size_t status = 0; status < LoadResult::kStatusMax; ++status) {
    if (result.status_counts[status] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(status) + ": " + std::to_string(result.status_counts[status]);
  }
  if (result.refusals() > 0) text += "   not 2xx: " + std::to_string(result.refusals());
  if (result.lost > 0) text += "   lost: " + std::to_string(result.lost);
  if (result.reconnects > 0) text += "   reconnects: " + std::to_string(result.reconnects);
  return text;
}

std::string status_json(const LoadResult& result) {
  JsonObject counts;
  for (std::size_t status = 0; status < LoadResult::kStatusMax; ++status) {
    const auto count = static_cast<std::int64_t>(result.status_counts[status]);
    if (count > 0) counts.add(std::to_string(status), count);
  }
  return counts.text();
}

std::string latency_json(const LatencyHistogram& latency) {
  JsonObject times;
  for (const Quantile& quantile : kQuantiles) {
    times.add_json(quantile.name, microseconds(latency.quantile_ns(quantile.share)));
  }
  times.add_json("max", microseconds(latency.max_ns()));
  times.add_json("mean", decimal(latency.mean_ns() / kNsPerUs, 1));
  return times.text();
}

std::string optional_json(const std::optional<double>& value, int digits) {
  return value ? decimal(*value, digits) : "null";
}

}  // namespace

std::string report_text(const LoadOptions& options, const LoadResult& result) {
  const std::string load = options.rate > 0 ? decimal(options.rate, 0) + " requests/s, constant" : "closed loop";
  std::string text = "target        " + config::format_address(options.target) + ", " +
                     std::to_string(options.connections) + " connections, at most " +
                     std::to_string(options.depth_max) + " requests in flight on each\n" + "load          " + load +
                     "\n";
  text += "answers       " + std::to_string(result.answers()) + " in " + decimal(result.seconds, 2) + " s, " +
          decimal(result.requests_per_second, 0) + " per second\n";
  text += "status        " + status_text(result) + "\n";
  text += "latency (us) ";
  for (const Quantile& quantile : kQuantiles) {
    text += " " + std::string(quantile.name) + " " + microseconds(result.latency.quantile_ns(quantile.share)) + " ";
  }
  text += " max " + microseconds(result.latency.max_ns()) + "\n";
  if (result.server_cpu_us_per_request && result.server_cpu_share) {
    text += "server CPU    " + decimal(*result.server_cpu_us_per_request, 2) + " us per request, " +
            decimal(*result.server_cpu_share, 2) + " of a processor\n";
  }
  text += "own CPU       " + decimal(result.own_cpu_us_per_request, 2) + " us per request\n";
  return text;
}

std::string report_json(const LoadOptions& options, const LoadResult& result) {
  JsonObject object;
  object.add("target", config::format_address(options.target));
  object.add("connections", std::int64_t{options.connections});
  object.add("pipeline", std::int64_t{options.depth_max});
  object.add_json("rate", options.rate > 0 ? decimal(options.rate, 3) : "null");
  object.add("requests", static_cast<std::int64_t>(result.answers()));
  object.add_json("seconds", decimal(result.seconds, 6));
  object.add_json("requests_per_second", decimal(result.requests_per_second, 1));
  object.add_json("status", status_json(result));
  object.add("not_2xx", static_cast<std::int64_t>(result.refusals()));
  object.add("lost", static_cast<std::int64_t>(result.lost));
  object.add("reconnects", static_cast<std::int64_t>(result.reconnects));
  object.add_json("latency_us", latency_json(result.latency));
  object.add_json("server_cpu_us_per_request", optional_json(result.server_cpu_us_per_request, 3));
  object.add_json("server_cpu_share", optional_json(result.server_cpu_share, 4));
  object.add_json("own_cpu_us_per_request", decimal(result.own_cpu_us_per_request, 3));
  return object.text() + "\n";
}

}  // namespace assay::load
