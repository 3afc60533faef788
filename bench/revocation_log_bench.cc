// The durable revocation log: how long a start takes, how fast a bulk upload is, what an entry needs on disk.
//
//   revocation_log_bench          1 million entries; half a minute and 500 MB of disk in the folder for temporary files
//   revocation_log_bench --toy    20,000 entries, no judgement: what ctest runs
//
// The start is replay(), which checks every byte that is used, with each record put into a RevocationTable. The file is
// in the system's cache. Prints one line per bar: bar NAME VALUE OP THRESHOLD ok|short. Exit 1 where one is short.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/revocation_table.h"
#include "store/sqlite_log.h"

namespace assay::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 1000;
constexpr double kReplaySecondsMax = 3.0;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

[[noreturn]] void stop(const std::string& complaint) {
  std::fprintf(stderr, "revocation_log_bench: %s\n", complaint.c_str());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): no other thread matters any more
}

// Random ids, as SHA-256 makes them; most are forgotten within a day.
RevocationRecord record_of(std::mt19937_64& random) {
  RevocationRecord record;
  for (std::uint8_t& byte : record.id) byte = static_cast<std::uint8_t>(random());
  if (random() % 8 != 0)
    record.forget_at_us = 1'800'000'000'000'000 + static_cast<std::int64_t>(random() % (1ULL << 36));
  return record;
}

void replay_into(store::SqliteLog& log, state::RevocationTable& table) {
  const ReplayResult result = log.replay([&](std::span<const RevocationRecord> records) { table.apply(records); });
  if (result.outcome != ReplayOutcome::kReplayed) stop(result.complaint);
}

// All batches queue at once, as a bulk upload's do; returns seconds until the last one is durable.
double append_all(store::SqliteLog& log, std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<std::vector<RevocationRecord>> batches(count / kBatch);
  for (auto& batch : batches) {
    for (std::size_t i = 0; i < kBatch; ++i) batch.push_back(record_of(random));
  }
  const Clock::time_point begin = Clock::now();
  std::promise<void> last;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    log.append(std::move(batches[i]), [&, is_last = i + 1 == batches.size()](const AppendResult& result) {
      if (!is_durable(result.outcome)) stop(result.complaint);
      if (is_last) last.set_value();
    });
  }
  last.get_future().wait();
  return seconds_since(begin);
}

// The median time of one append alone, in milliseconds: one flush of this disk.
double append_alone_ms(store::SqliteLog& log, std::size_t rounds) {
  std::mt19937_64 random(2);
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds; ++i) {
    std::promise<void> done;
    const Clock::time_point begin = Clock::now();
    log.append({record_of(random)}, [&](const AppendResult&) { done.set_value(); });
    done.get_future().wait();
    times.push_back(seconds_since(begin) * 1e3);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(rounds / 2), times.end());
  return times[rounds / 2];
}

int run(bool is_toy) {
  const std::size_t count = is_toy ? 20'000 : 1'000'000;
  std::string folder = (std::filesystem::temp_directory_path() / "assay-log-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) stop("no folder for temporary files");
  const std::string path = folder + "/revocations.db";
  {
    store::SqliteLog log(path);
    state::RevocationTable table;
    replay_into(log, table);
    const double seconds = append_all(log, count);
    std::printf("bulk: %.0f records/s in %llu flushes\n", static_cast<double>(count) / seconds,
                static_cast<unsigned long long>(log.commit_count()));
    std::printf("one append alone: median %.3f ms\n", append_alone_ms(log, 51));
  }
  std::printf("on disk: %.0f bytes per entry\n",
              static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(count));
  double best = 1e9;
  for (int turn = 0; turn < 3; ++turn) {
    store::SqliteLog log(path);
    state::RevocationTable table;
    const Clock::time_point begin = Clock::now();
    replay_into(log, table);
    const double seconds = seconds_since(begin);
    std::printf("start with %zu entries: %.2f s\n", table.entry_count(), seconds);
    best = std::min(best, seconds);
  }
  std::filesystem::remove_all(folder);
  const bool holds = best <= kReplaySecondsMax;
  std::printf("bar start_1M_seconds %.2f <= %.2f %s\n", best, kReplaySecondsMax, holds ? "ok" : "short");
  return holds || is_toy ? 0 : 1;
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** arguments) {
  return assay::bench::run(count > 1 && std::string_view(arguments[1]) == "--toy");
}
