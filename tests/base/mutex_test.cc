#include "base/mutex.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

// Annotated as the engine's classes are, so that clang's analysis reads this file too.
class Tally {
 public:
  void add() {
    const MutexLock lock(mutex_);
    add_locked();
  }
  [[nodiscard]] int count() {
    const MutexLock lock(mutex_);
    return count_;
  }

 private:
  void add_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { ++count_; }

  Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, LetsOneThreadInAtATime) {
  constexpr int kThreads = 4;
  constexpr int kAdditions = 20'000;
  Tally tally;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&tally] {
      for (int k = 0; k < kAdditions; ++k) tally.add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tally.count(), kThreads * kAdditions);
}

}  // namespace
}  // namespace assay::base
