// Concurrency
//   threads    the caller's; the local log's, which says what is durable; the fleet's, which talks to Redis
//   shared     appends that wait for Redis, and what health() tells, under mutex_
//   wake       an eventfd, written after each change that the fleet's thread waits for
//   start      the fleet's thread begins with follow() or the first append, whichever comes first
//   confined   the follower: to the fleet's thread
//   invariant  I1 `done` runs exactly once, without a lock held
//              I2 an append waits only while the fleet's thread runs: ended_ is set before that thread is joined, and
//                 what waits then is settled after it
#include "store/redis_log.h"

#include <algorithm>
#include <deque>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "store/redis_connection.h"
#include "store/redis_log_follower.h"
#include "store/sqlite_log.h"

namespace assay::store {
namespace {

using Fleet = RevocationLogHealth::Fleet;

// An append that is durable here.
struct WaitingAppend {
  AppendResult result;
  AppendDone done;
  std::uint64_t record_count = 0;
  std::int64_t settle_by_ns = 0;
};

void settle_here(std::deque<WaitingAppend>& appends) {
  for (WaitingAppend& append : appends) {
    append.result.outcome = AppendOutcome::kDurableHere;
    append.result.complaint = "the fleet cannot be reached, and gets it later";
    append.done(std::move(append.result));
  }
}

}  // namespace

class RedisLog::Impl {
 public:
  Impl(std::string path, RedisSettings settings, std::string id_key_fingerprint)
      : settings_(std::move(settings)),
        id_key_fingerprint_(std::move(id_key_fingerprint)),
        wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        local_(std::make_unique<SqliteLog>(std::move(path), id_key_fingerprint_)) {
    ASSAY_CHECK(wake_fd_ >= 0);
    ASSAY_CHECK(!settings_.servers.empty());
  }

  ~Impl() {
    std::thread thread;
    {
      base::MutexLock lock(mutex_);
      ended_ = true;
      thread.swap(thread_);
    }
    wake();
    if (thread.joinable()) thread.join();
    settle_all();
    local_.reset();  // its last callbacks come back to append_is_durable()
    ::close(wake_fd_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ReplayResult replay(const ReplaySink& sink) {
    ReplayResult result = local_->replay(sink);
    is_replayed_ = result.outcome == ReplayOutcome::kReplayed;
    return result;
  }

  void append(std::vector<RevocationRecord> records, AppendDone done) {
    const std::size_t count = records.size();
    local_->append(std::move(records), [this, count, done = std::move(done)](AppendResult result) mutable {
      if (is_durable(result.outcome)) {
        append_is_durable({std::move(result), std::move(done), count, 0});
      } else {
        done(std::move(result));
      }
    });
  }

  void follow(FollowSink sink) {
    base::MutexLock lock(mutex_);
    sink_ = std::move(sink);
    start();
  }

  void forget(std::int64_t now_us) { local_->forget(now_us); }

  RevocationLogHealth health() const;

 private:
  void run();
  FollowerEvents events();
  void start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void append_is_durable(WaitingAppend append);
  void settle_pushed(const FleetPush& push);
  void settle_late();
  void settle_all();
  void hand_over(std::span<const RevocationRecord> records);

  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_fd_, &one, sizeof one));
  }

  bool has_ended() const {
    base::MutexLock lock(mutex_);
    return ended_;
  }

  const RedisSettings settings_;
  const std::string id_key_fingerprint_;
  const int wake_fd_;
  std::unique_ptr<SqliteLog> local_;  // const until the destructor
  bool is_replayed_ = false;          // const once replay() has returned
  mutable base::Mutex mutex_;
  FollowSink sink_ ABSL_GUARDED_BY(mutex_);
  std::deque<WaitingAppend> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Fleet fleet_ ABSL_GUARDED_BY(mutex_) = Fleet::kCutOff;
  std::uint64_t pushed_through_ ABSL_GUARDED_BY(mutex_) = 0;  // own records up to this sequence were in the stream
  std::uint64_t unpropagated_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t seen_us_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string position_ ABSL_GUARDED_BY(mutex_);
  std::string complaint_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

void RedisLog::Impl::start() {
  if (ended_ || !is_replayed_ || thread_.joinable()) return;
  thread_ = std::thread([this] { run(); });
}

void RedisLog::Impl::run() {
  block_broken_pipe();
  FleetFollower follower(
      settings_, id_key_fingerprint_, *local_, wake_fd_, [this] { return has_ended(); }, events());
  follower.run();
}

FollowerEvents RedisLog::Impl::events() {
  return {
      .hand_over = [this](std::span<const RevocationRecord> records) { hand_over(records); },
      .outbox =
          [this](std::uint64_t count) {
            base::MutexLock lock(mutex_);
            unpropagated_count_ += count;
          },
      .pushed = [this](const FleetPush& push) { settle_pushed(push); },
      .cut_off = [this] { settle_all(); },
      .turn = [this] { settle_late(); },
      .state =
          [this](Fleet fleet, const std::string& complaint) {
            base::MutexLock lock(mutex_);
            fleet_ = fleet;
            complaint_ = complaint;
          },
      .heard =
          [this](const std::string& position) {
            base::MutexLock lock(mutex_);
            seen_us_ = base::wall_us();
            position_ = position;
          },
  };
}

void RedisLog::Impl::hand_over(std::span<const RevocationRecord> records) {
  FollowSink sink;
  {
    base::MutexLock lock(mutex_);
    sink = sink_;
  }
  if (sink) sink(records);
}

// On the local log's thread. A record may be pushed before this is called: the follower reads what is durable.
void RedisLog::Impl::append_is_durable(WaitingAppend append) {
  append.settle_by_ns = base::monotonic_ns() + 2 * std::chrono::nanoseconds(settings_.reply_timeout).count();
  std::deque<WaitingAppend> pushed;
  std::deque<WaitingAppend> unpushed;
  {
    base::MutexLock lock(mutex_);
    start();
    const bool is_pushed = append.result.last_sequence <= pushed_through_;
    if (!is_pushed) unpropagated_count_ += append.record_count;
    (is_pushed ? pushed : ended_ ? unpushed : waiting_).push_back(std::move(append));
  }
  for (WaitingAppend& settled : pushed) settled.done(std::move(settled.result));
  settle_here(unpushed);
  wake();
}

void RedisLog::Impl::settle_pushed(const FleetPush& push) {
  std::deque<WaitingAppend> settled;
  {
    base::MutexLock lock(mutex_);
    pushed_through_ = std::max(pushed_through_, push.through);
    while (!waiting_.empty() && waiting_.front().result.last_sequence <= push.through) {
      settled.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    // Records that were superseded before they were pushed are counted until the outbox is empty.
    unpropagated_count_ -= std::min(unpropagated_count_, push.record_count);
    if (push.is_all && waiting_.empty()) unpropagated_count_ = 0;
  }
  for (WaitingAppend& append : settled) append.done(std::move(append.result));
}

void RedisLog::Impl::settle_late() {
  std::deque<WaitingAppend> late;
  {
    base::MutexLock lock(mutex_);
    const std::int64_t now_ns = base::monotonic_ns();
    while (!waiting_.empty() && waiting_.front().settle_by_ns <= now_ns) {
      late.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  settle_here(late);
}

void RedisLog::Impl::settle_all() {
  std::deque<WaitingAppend> all;
  {
    base::MutexLock lock(mutex_);
    all.swap(waiting_);
  }
  settle_here(all);
}

RevocationLogHealth RedisLog::Impl::health() const {
  RevocationLogHealth health = local_->health();
  base::MutexLock lock(mutex_);
  health.fleet = fleet_;
  health.queued_count += waiting_.size();
  health.unpropagated_count = unpropagated_count_;
  health.fleet_seen_us = seen_us_;
  health.fleet_position = position_;
  if (health.complaint.empty()) health.complaint = complaint_;
  return health;
}

RedisLog::RedisLog(std::string path, RedisSettings settings, std::string id_key_fingerprint)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(settings), std::move(id_key_fingerprint))) {}

RedisLog::~RedisLog() = default;

ReplayResult RedisLog::replay(const ReplaySink& sink) { return impl_->replay(sink); }

void RedisLog::append(std::vector<RevocationRecord> records, AppendDone done) {
  impl_->append(std::move(records), std::move(done));
}

void RedisLog::follow(FollowSink sink) { impl_->follow(std::move(sink)); }

void RedisLog::forget(std::int64_t now_us) { impl_->forget(now_us); }

RevocationLogHealth RedisLog::health() const { return impl_->health(); }

}  // namespace assay::store
