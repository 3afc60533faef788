#include "store/log_queue.h"

#include <algorithm>

namespace assay::store {

bool LogQueue::push(WriteRequest& request) {
  {
    base::MutexLock lock(mutex_);
    if (ended_) return false;
    queued_count_ += record_count(request);
    writes_.push_back(std::move(request));
  }
  changed_.notify_one();
  return true;
}

bool LogQueue::push(ReadRequest& request) {
  {
    base::MutexLock lock(mutex_);
    if (ended_) return false;
    reads_.push_back(std::move(request));
  }
  changed_.notify_one();
  return true;
}

void LogQueue::ask_to_forget(std::int64_t now_us) {
  {
    base::MutexLock lock(mutex_);
    forget_before_us_ = std::max(forget_before_us_, now_us);
    woken_ = true;
  }
  changed_.notify_one();
}

void LogQueue::end() {
  {
    base::MutexLock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
}

LogTurn LogQueue::wait(std::chrono::milliseconds wait_max) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  LogTurn turn;
  base::MutexLock lock(mutex_);
  while (writes_.empty() && reads_.empty() && !woken_ && !ended_) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  std::size_t taken = 0;
  while (!writes_.empty() && taken < kGroupRecordsMax) {
    taken += record_count(writes_.front());
    turn.writes.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  turn.reads.swap(reads_);
  woken_ = false;
  turn.ended = ended_ && writes_.empty();
  return turn;
}

}  // namespace assay::store
