// Counts the lives of published values: the evidence for "freed exactly once, never while pinned".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace assay::base {

// One cell per generation, apart from the values themselves, so that a reader that holds a freed value finds out
// without trusting the value's memory alone. Thread-safe; outlives all values.
class Ledger {
 public:
  explicit Ledger(std::size_t generations_max)
      : cells_(new std::atomic<std::uint8_t>[generations_max]()), generations_max_(generations_max) {}

  // Orders are relaxed so that the ledger itself synchronises nothing: what it shows must hold through the code under
  // test alone [L1].
  void note_freed(std::uint64_t generation) { cells_[generation].fetch_add(1, std::memory_order_relaxed); }  // [L1]
  [[nodiscard]] int times_freed(std::uint64_t generation) const {
    return cells_[generation].load(std::memory_order_relaxed);  // [L1]
  }

  [[nodiscard]] std::size_t generations_max() const { return generations_max_; }

  // How many of the generations [0, end) were not freed exactly once.
  [[nodiscard]] std::size_t count_not_freed_once(std::uint64_t end) const {
    std::size_t count = 0;
    for (std::uint64_t generation = 0; generation < end; ++generation) count += times_freed(generation) != 1;
    return count;
  }

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> cells_;
  std::size_t generations_max_;
};

// A value that can be checked: a generation, its complement, and a ledger that its destructor writes to.
class Checked {
 public:
  Checked(std::uint64_t generation, Ledger& ledger)
      : generation_(generation), complement_(~generation), ledger_(&ledger) {}
  ~Checked() {
    ledger_->note_freed(generation_);
    // Volatile, or the compiler drops stores to an object that ends here.
    static_cast<volatile std::uint64_t&>(complement_) = generation_;
  }
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Whole, not freed, and of the ledger that the reader knows.
  [[nodiscard]] bool is_alive(const Ledger& ledger) const {
    const std::uint64_t generation = generation_;
    return complement_ == ~generation && generation < ledger.generations_max() && ledger.times_freed(generation) == 0;
  }

 private:
  std::uint64_t generation_;
  std::uint64_t complement_;
  Ledger* ledger_;
};

}  // namespace assay::base
