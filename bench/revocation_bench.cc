// The revocation table beside plain reads of memory, in one process and in turns.
//
//   revocation_bench          1,000, 1 million and 10 million entries; about a minute and 1 GB
//   revocation_bench --toy    1,000 and 20,000 entries, no judgement: what ctest runs
//
// Prints one line per bar: bar NAME VALUE OP THRESHOLD ok|short. Exit 1 where one is short. Times are medians of blocks
// of 64 tokens, or of 64 reads, taken in turns; a "read" is a random 64-byte read from a buffer as large as the table,
// on pages like the table's. "alone": each token or read waits for the result of the one before; "batch": all at once.
// Every token has seven ids and every kind has entries, so that no id is skipped.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <optional>
#include <sched.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/page_block.h"
#include "bench/revocation_corpus.h"
#include "state/revocation_table.h"
#include "verify/target_digest.h"

namespace assay::bench {
namespace {

using state::RevocationTable;
using state::TokenTargets;

// Seconds for which this thread had a core: others' turns on it do not count.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Of nothing there is none: not a number, which meets no bar.
double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return std::nan("");
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Prints bars and remembers whether one is short.
class Bars {
 public:
  explicit Bars(bool is_toy) : is_toy_(is_toy) {}
  void at_most(const std::string& name, double value, double threshold) {
    print(name, value, "<=", threshold, value <= threshold);
  }
  void at_least(const std::string& name, double value, double threshold) {
    print(name, value, ">=", threshold, value >= threshold);
  }
  [[nodiscard]] int exit_code() const { return is_short_ && !is_toy_ ? 1 : 0; }

 private:
  void print(const std::string& name, double value, const char* op, double threshold, bool holds) {
    std::printf("bar %s %.2f %s %.2f %s\n", name.c_str(), value, op, threshold, holds ? "ok" : "short");
    is_short_ |= !holds;
  }
  bool is_toy_;
  bool is_short_ = false;
};

// A buffer of a given size and random reads of its lines.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : block_(bytes), line_count_(block_.bytes() / 64) {
    std::memset(block_.start(), 1, block_.bytes());
  }
  std::uint64_t read_line(std::uint64_t random) const {
    const std::size_t line = (random >> 32) * line_count_ >> 32;
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), static_cast<const char*>(block_.start()) + 64 * line, 64);
    std::uint64_t sum = 0;
    for (const std::uint64_t word : words) sum += word;
    return sum;
  }

 private:
  base::PageBlock block_;
  std::size_t line_count_;
};

// Times of one token or one read, in ns: samples of the mean over a block.
struct Samples {
  std::vector<double> read_batch, read_alone, miss_batch, miss_alone, hit_batch, hit_alone, hot;
};

template <typename Run>
void sample(std::vector<double>& into, Run&& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  into.push_back(taken.count() / kBlock);
}

std::uint64_t wasted = 0;  // keeps results alive; printed at the end

class LookUps {
 public:
  LookUps(RevocationTable& table, std::uint64_t seed)
      : reader_(table, 0), memory_(table.bytes()), tokens_(table.entry_count(), seed), random_(seed) {}

  Samples run(std::size_t rounds) {
    Samples samples;
    Tokens hot_tokens(1, 1);
    const std::array<TokenTargets, kBlock> hot = hot_tokens.make(Which::kMiss);
    for (std::size_t i = 0; i < rounds; ++i) {
      sample(samples.read_batch, [&] { read(0); });
      sample(samples.read_alone, [&] { read(~std::uint64_t{0}); });
      find_both(samples.miss_batch, samples.miss_alone, Which::kMiss);
      find_both(samples.hit_batch, samples.hit_alone, Which::kHit);
      find_batch(hot);
      sample(samples.hot, [&] { find_batch(hot); });
    }
    return samples;
  }

 private:
  // `mask` 0: no read waits for another.
  void read(std::uint64_t mask) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += memory_.read_line(mix(++random_ + (sum & mask)));
    wasted += sum;
  }
  void find_both(std::vector<double>& batch, std::vector<double>& alone, Which which) {
    const auto& together = tokens_.make(which);
    sample(batch, [&] { find_batch(together); });
    const auto found = static_cast<std::size_t>(
        std::count_if(revoked_.begin(), revoked_.end(), [](const auto& kind) { return kind.has_value(); }));
    if (found != (which == Which::kHit ? kBlock : 0)) std::abort();  // what was measured was not what it says
    const auto& apart = tokens_.make(which);
    sample(alone, [&] {
      for (std::size_t i = 0; i < kBlock; ++i) {
        reader_.find(std::span(apart).subspan(i, 1), std::span(revoked_).first(1));
        wasted += static_cast<std::uint64_t>(revoked_[0].has_value());
      }
    });
  }
  void find_batch(const std::array<TokenTargets, kBlock>& tokens) {
    reader_.find(tokens, revoked_);
    wasted += static_cast<std::uint64_t>(revoked_[0].has_value());
  }

  RevocationTable::Reader reader_;
  Memory memory_;
  Tokens tokens_;
  std::uint64_t random_;
  std::array<std::optional<RevocationKind>, kBlock> revoked_;
};

// Applies entries [first, last) as a log's replay does; returns how many a second.
double fill(RevocationTable& table, std::uint64_t first, std::uint64_t last) {
  constexpr std::uint64_t kBatch = 4096;
  std::vector<RevocationRecord> records;
  double seconds = 0;
  for (std::uint64_t next = first; next < last;) {
    records.clear();
    for (; next < last && records.size() < kBatch; ++next) records.push_back(record_of(next));
    const double start = cpu_seconds();
    table.apply(records);
    seconds += cpu_seconds() - start;
  }
  return static_cast<double>(last - first) / seconds;
}

// Keeps this thread on one core, as a sidecar's workers are; where that is not allowed, nothing happens.
void stay_on_core(std::size_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core % std::max(1U, std::thread::hardware_concurrency()), &cores);
  sched_setaffinity(0, sizeof(cores), &cores);
}

// A worker that checks batches while `is_wanted`, and samples the core's time of each batch while `is_counted`.
class Checking {
 public:
  explicit Checking(RevocationTable& table) : thread_([this, &table] { check(table); }) {}
  ~Checking() {
    is_over_ = true;
    thread_.join();
  }
  Checking(const Checking&) = delete;
  Checking& operator=(const Checking&) = delete;

  // Samples go to population `index` from now on.
  void count_as(int index) { counted_as_ = index; }
  std::array<std::vector<double>, 2>& samples() { return samples_; }

 private:
  void check(RevocationTable& table) {
    stay_on_core(1);
    RevocationTable::Reader reader(table, 1);
    Tokens tokens(1, 77);
    std::array<std::optional<RevocationKind>, kBlock> revoked;
    while (!is_over_) {
      const auto& block = tokens.make(Which::kMiss);
      const int counted_as = counted_as_;
      const double start = cpu_seconds();
      reader.find(block, revoked);
      const double taken = cpu_seconds() - start;
      if (counted_as >= 0 && counted_as == counted_as_) {
        samples_[static_cast<std::size_t>(counted_as)].push_back(taken);
      }
    }
  }

  std::atomic<bool> is_over_{false};
  std::atomic<int> counted_as_{-1};
  std::array<std::vector<double>, 2> samples_;
  std::thread thread_;
};

// Runs quiet and busy stretches of the control thread in turns; returns p99 of a reader's batches in busy ones over
// that in quiet ones.
double p99_ratio(RevocationTable& table, std::size_t turns, const std::function<void(int)>& stretch) {
  Checking checking(table);
  stay_on_core(0);
  for (std::size_t i = 0; i < turns; ++i) {
    for (const int is_busy : {0, 1}) {
      checking.count_as(is_busy);
      stretch(is_busy);
    }
  }
  checking.count_as(-1);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::printf("reader's batch of %zu tokens, p50: %.1f us quiet, %.1f us busy\n", kBlock,
              quantile(checking.samples()[0], 0.5) * 1e6, quantile(checking.samples()[1], 0.5) * 1e6);
  const double quiet = quantile(checking.samples()[0], 0.99);
  const double busy = quantile(checking.samples()[1], 0.99);
  std::printf("reader's batch of %zu tokens, p99: %.1f us quiet (%zu samples), %.1f us busy (%zu)\n", kBlock,
              quiet * 1e6, checking.samples()[0].size(), busy * 1e6, checking.samples()[1].size());
  return busy / quiet;
}

void measure_writer(RevocationTable& table, std::size_t turns, Bars& bars) {
  std::uint64_t next = table.entry_count();
  const auto write = [&table, &next](int is_busy) {  // 5,000 records in 50 ms, a batch each millisecond
    std::vector<RevocationRecord> records(100);
    auto due = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) {
      for (RevocationRecord& record : records) record = record_of(next++);
      if (is_busy != 0) table.apply(records);
      due += std::chrono::milliseconds(1);
      std::this_thread::sleep_until(due);
    }
  };
  bars.at_most("writer_100k_per_s_p99_ratio", p99_ratio(table, turns, write), 1.2);
}

// A tenth of the entries may be forgotten at once.
void measure_sweep(RevocationTable& table, Bars& bars) {
  const std::size_t bytes_before = table.bytes();
  const std::size_t entries_before = table.entry_count();
  std::vector<double> steps;
  bool is_swept = false;
  const auto sweep = [&](int is_busy) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (std::chrono::steady_clock::now() < end && !is_swept) {
      const double start = cpu_seconds();
      if (is_busy != 0) is_swept = table.step_sweep(kMassExpiryUs);
      if (is_busy != 0) steps.push_back(cpu_seconds() - start);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  };
  const double ratio = p99_ratio(table, 12, sweep);
  while (!is_swept) sweep(1);
  std::printf("sweep: %zu of %zu entries in %zu steps, %.1f MB before, %.1f MB after\n",
              entries_before - table.entry_count(), entries_before, steps.size(),
              static_cast<double>(bytes_before) / 1e6, static_cast<double>(table.bytes()) / 1e6);
  bars.at_most("sweep_p99_ratio", ratio, 2.0);
  bars.at_most("sweep_step_ms_max", quantile(steps, 1.0) * 1e3, 1.0);
}

// What the system has given this program, in bytes: the second number of statm, in pages.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident * base::kPageBytes);
}

// Everything may be forgotten: the memory goes back.
void measure_return(Bars& bars) {
  constexpr std::uint64_t kEntries = 1'000'000;
  RevocationTable table;
  std::vector<RevocationRecord> records;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    records.push_back(record_of(i));
    records.back().forget_at_us = kMassExpiryUs;
  }
  table.apply(records);
  const auto full = static_cast<double>(table.bytes());
  const double resident_full = resident_bytes();
  while (!table.step_sweep(kMassExpiryUs)) {}
  bars.at_least("returned_to_system_percent", 100 * (resident_full - resident_bytes()) / full, 95.0);
  bars.at_most("bytes_left_of_1M_percent", 100 * static_cast<double>(table.bytes()) / full, 1.0);
}

// What the seven ids of a JWT cost before they are remembered with it: printed, not judged.
void measure_ids() {
  const std::string issuer = "https://hub.credicorp.co.uk/partner/v1";
  const std::string value = "6f2c1f0e-6f0f-4c58-9d35-6a8c2f1b9a10";
  for (const std::string_view key : {"", "0123456789abcdef0123456789abcdef"}) {
    verify::TargetDigest digests(key);
    std::vector<double> samples;
    DurableId id;
    for (int i = 0; i < 200; ++i) {
      sample(samples, [&] {
        for (std::size_t token = 0; token < kBlock; ++token) {
          for (std::size_t kind = 2; kind < 2 + kIdsPerToken; ++kind) {
            wasted += digests.digest({.kind = static_cast<RevocationKind>(kind), .issuer = issuer, .value = value}, id);
            wasted += id[0];
          }
        }
      });
    }
    std::printf("ids of one token, %s: %.0f ns\n", key.empty() ? "SHA-256" : "HMAC-SHA-256", quantile(samples, 0.5));
  }
}

double measure_size(RevocationTable& table, const std::string& size, std::size_t rounds, Bars& bars) {
  LookUps look_ups(table, 1'000'000'000'000 + table.entry_count());
  Samples samples = look_ups.run(rounds);
  const auto median = [](std::vector<double>& values) { return quantile(values, 0.5); };
  const double read_batch = median(samples.read_batch);
  const double read_alone = median(samples.read_alone);
  std::printf(
      "%s entries, ns per token: miss %.1f in a batch, %.1f alone; hit %.1f, %.1f; in cache %.1f. Read: %.1f, %.1f\n",
      size.c_str(), median(samples.miss_batch), median(samples.miss_alone), median(samples.hit_batch),
      median(samples.hit_alone), median(samples.hot), read_batch, read_alone);
  bars.at_most(size + "_bytes_per_entry", static_cast<double>(table.bytes()) / static_cast<double>(table.entry_count()),
               48);
  if (size == "10M") {
    bars.at_most("10M_miss_alone_in_reads", median(samples.miss_alone) / read_alone, 3);
    bars.at_most("10M_hit_alone_in_reads", median(samples.hit_alone) / read_alone, 5);
    bars.at_most("10M_miss_batch_in_reads", median(samples.miss_batch) / read_batch, 3);
    bars.at_most("10M_hit_batch_in_reads", median(samples.hit_batch) / read_batch, 5);
  }
  return median(samples.hot);
}

int run(bool is_toy) {
  Bars bars(is_toy);
  RevocationTable table;
  struct Size {
    const char* name;
    std::uint64_t entries;
  };
  const std::vector<Size> sizes = is_toy ? std::vector<Size>{{"1k", 1'000}, {"20k", 20'000}}
                                         : std::vector<Size>{{"1k", 1'000}, {"1M", 1'000'000}, {"10M", 10'000'000}};
  const std::size_t rounds = is_toy ? 20 : 2'000;
  std::vector<double> hot;
  double inserts_per_s = 0;
  for (const Size& size : sizes) {
    inserts_per_s = fill(table, table.entry_count(), size.entries);
    hot.push_back(measure_size(table, size.name, rounds, bars));
  }
  bars.at_least("insert_million_per_s", inserts_per_s / 1e6, 1.0);
  bars.at_most("in_cache_largest_over_smallest", hot.back() / hot.front(), 2.0);
  measure_writer(table, is_toy ? 1 : 40, bars);
  measure_sweep(table, bars);
  measure_return(bars);
  measure_ids();
  std::printf("results %llx\n", static_cast<unsigned long long>(wasted));
  return bars.exit_code();
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** arguments) {
  return assay::bench::run(count > 1 && std::string_view(arguments[1]) == "--toy");
}
