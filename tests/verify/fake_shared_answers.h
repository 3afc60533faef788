// A place of shared answers in memory. By default it answers at once; a test may hold answers back, take it down, and
// change what is there. Time is the test's.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "assay/shared_answers.h"

namespace assay::test {

// Thread-confined: tests step the control machine on their own thread.
class FakeSharedAnswers final : public SharedAnswers {
 public:
  struct Kept {
    std::string bytes;
    std::int64_t until_ns = 0;
    bool is_active = true;
  };

  void find(const SharedKey& key, std::int64_t give_up_ns, FindDone done) override {
    ++finds;
    latest_give_up_ns = give_up_ns;
    held_.emplace_back(key, std::move(done));
    if (!holds) answer();
  }

  void write(SharedWrite write) override {
    ++writes;
    const auto found = kept.find(write.key);
    const std::string there = found == kept.end() ? "" : found->second.bytes;
    if (is_down) {
      ++health_now.failed;
    } else if (there != write.seen) {
      ++health_now.superseded;
    } else {
      ++health_now.written;
      kept[write.key] = {.bytes = std::move(write.bytes), .until_ns = write.until_ns, .is_active = write.is_active};
    }
  }

  void erase(SharedErasure erasure, EraseDone done) override {
    if (!is_down) kept[erasure.key] = {.bytes = erasure.mark, .until_ns = kLongNs};
    erasures.push_back(std::move(erasure));
    done(!is_down);
  }

  [[nodiscard]] SharedAnswersHealth health() const override { return health_now; }

  // Answers the oldest question that is held.
  void answer() {
    auto [key, done] = std::move(held_.front());
    held_.pop_front();
    const auto found = kept.find(key);
    if (is_down) return done({});
    if (found == kept.end()) return done({.outcome = SharedValue::Outcome::kNotFound, .bytes = {}, .until_ns = 0});
    done({.outcome = SharedValue::Outcome::kFound, .bytes = found->second.bytes, .until_ns = found->second.until_ns});
  }

  static constexpr std::int64_t kLongNs = std::int64_t{1} << 60;

  bool holds = false;
  bool is_down = false;
  std::map<SharedKey, Kept> kept;
  std::deque<SharedErasure> erasures;
  SharedAnswersHealth health_now;
  std::size_t finds = 0;
  std::size_t writes = 0;
  std::int64_t latest_give_up_ns = 0;

 private:
  std::deque<std::pair<SharedKey, FindDone>> held_;
};

}  // namespace assay::test
