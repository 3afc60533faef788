// Times several ways of doing the same work in turn, so that a wandering clock and busy neighbours meet all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace assay::bench {

// CPU time of the calling thread, in seconds.
[[nodiscard]] double thread_cpu_seconds();

// The middle value; of an even number of values the upper one. Precondition: not empty. Reorders `values`.
[[nodiscard]] double median(std::vector<double>& values);

// One way of doing a piece of work.
struct Way {
  std::string_view name;               // static
  std::size_t items = 0;               // tokens or texts that one call of `run` works through
  std::function<void()> run;           // must outlive nothing but the contest
  std::function<void()> prepare = {};  // runs before it, untimed; may be empty
};

// A contest of ways, round by round.
class SideBySide {
 public:
  explicit SideBySide(std::vector<Way> ways);

  // Runs every way once, each round beginning with the next one. Returns the CPU seconds of the first way.
  double round();

  [[nodiscard]] std::size_t rounds() const noexcept { return rounds_; }

  // Median over the rounds of the way's CPU nanoseconds per item. Precondition: a round was run.
  [[nodiscard]] double ns_per_item(std::size_t way) const;

  // Median over the rounds of: CPU time per item of `slow`, divided by that of `fast`.
  [[nodiscard]] double times_faster(std::size_t fast, std::size_t slow) const;

  // The same ratio at `share` of the rounds in ascending order, 0 .. 1: how widely it is spread.
  [[nodiscard]] double times_faster_at(double share, std::size_t fast, std::size_t slow) const;

  // Median over the rounds of: CPU time per item of `whole` without that of `part`, divided by that of `unit`.
  [[nodiscard]] double rest_in_units(std::size_t whole, std::size_t part, std::size_t unit) const;

 private:
  std::vector<Way> ways_;
  std::vector<std::vector<double>> seconds_per_item_;  // by way, then by round
  std::size_t rounds_ = 0;
};

// Folds results into one number, so that two runs can be seen to have computed the same (FNV-1a, 32 bits).
class ResultHash {
 public:
  void add(std::uint64_t value) noexcept;
  [[nodiscard]] std::uint32_t value() const noexcept { return hash_; }

 private:
  std::uint32_t hash_ = 2'166'136'261u;
};

}  // namespace assay::bench
