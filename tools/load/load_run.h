// One run of load: opens connections, sends requests as fast as they are answered or at a constant rate, and counts
// what comes back. One thread, which is the caller's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/expected.h"
#include "assay/settings.h"
#include "load/latency_histogram.h"
#include "load/request_set.h"

namespace assay::load {

// How the generator waits for what comes next.
enum class Waiting : std::uint8_t {
  kSleep,
  kSpin,  // it never sleeps: its own waking up is in no latency, and its core is always busy
};

struct LoadOptions {
  Address target = {};
  std::uint32_t connections = 1;             // 1 ..
  std::uint32_t depth_max = 1;               // requests in flight on one connection, 1 ..
  double rate = 0;                           // requests per second of all connections together; 0: closed loop
  std::int64_t warmup_ns = 1'000'000'000;    // before anything is counted
  std::int64_t duration_ns = 5'000'000'000;  // in which counted requests start; 0: as long as it takes
  std::uint64_t requests_max = 0;            // counted requests; 0: as many as start in the duration
  std::int64_t silence_ns = 10'000'000'000;  // the run fails if requests wait and nothing comes for so long
  Waiting waiting = Waiting::kSleep;
  std::vector<int> server_pids = {};  // whose CPU time is counted
};

// What was counted: the requests that started between warm-up and end.
struct LoadResult {
  static constexpr std::size_t kStatusMax = 1000;

  std::array<std::uint64_t, kStatusMax> status_counts{};
  LatencyHistogram latency;
  std::uint64_t lost = 0;        // the connection ended before their answers came; they have no latency
  std::uint64_t reconnects = 0;  // in the whole run
  double seconds = 0;            // from the first of them to the last answer
  double requests_per_second = 0;
  double own_cpu_us_per_request = 0;
  std::optional<double> server_cpu_us_per_request;
  std::optional<double> server_cpu_share;  // of one processor

  // Counted answers.
  [[nodiscard]] std::uint64_t answers() const noexcept { return latency.count(); }
  // Those whose status is not 2xx.
  [[nodiscard]] std::uint64_t refusals() const noexcept;
};

// Runs.
//
//   closed loop     every connection keeps `depth_max` requests in flight; a request starts when it is sent
//   constant rate   request i starts i / rate seconds after the first, whether or not a connection is free then: the
//                   time that it waits for one is part of its latency (no coordinated omission)
//   errors          a sentence for people: no connection, silence, a response that cannot be read, no such process
//   memory          none is claimed between the first request and the last answer, but where a connection is lost
[[nodiscard]] tl::expected<LoadResult, std::string> run_load(const RequestSet& requests, const LoadOptions& options);

}  // namespace assay::load
