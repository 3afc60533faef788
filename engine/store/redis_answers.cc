// Concurrency
//   threads    the callers'; the one that talks to Redis
//   shared     what waits for that thread, and what health() tells, under mutex_
//   wake       a condition variable, notified after each change that the thread waits for
//   order      erasures go first in each round, so a find() that came after an erase() is asked behind it; while an
//              erasure has not been done, find() of its key fails
//   confined   the connection: to the thread that talks to Redis
//   invariant  I1 `done` runs exactly once, without a lock held
//              I2 questions and writes wait only while is_reachable: lose_connection() settles them when it ends
#include "store/redis_answers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "store/backoff.h"
#include "store/redis_answer_commands.h"
#include "store/redis_connection.h"

namespace assay::store {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kNsPerMs = 1'000'000;
// Commands of one round, so that the first answers do not wait for too many others.
constexpr std::size_t kRoundMax = 256;
// How long the thread waits for something to do before it asks whether the connection is whole.
constexpr milliseconds kPingEvery{500};
// Redis refused an erasure (out of memory, no rights): how long until it is tried again.
constexpr std::int64_t kRetryNs = 500 * kNsPerMs;

struct Question {
  SharedKey key{};
  std::int64_t give_up_ns = 0;
  FindDone done;
};

using Request = std::variant<Question, SharedWrite>;

struct WaitingErasure {
  SharedErasure erasure;
  EraseDone done;            // empty once it has been called
  std::uint64_t number = 0;  // tells a later erasure of the same key from this one
  std::int64_t next_try_ns = 0;
  std::int64_t give_up_ns = 0;
};

// An erasure that is in this round.
struct RoundErasure {
  SharedErasure erasure;
  std::uint64_t number = 0;
};

struct Round {
  std::vector<RoundErasure> erasures;
  std::vector<Request> requests;
  std::size_t answered_count = 0;  // of the requests, the first so many
  bool is_ping = false;
};

}  // namespace

class RedisAnswers::Impl {
 public:
  explicit Impl(RedisSettings settings) : settings_(std::move(settings)) {
    ASSAY_CHECK(!settings_.servers.empty());
    thread_ = std::thread([this] { run(); });
  }
  ~Impl() {
    {
      const base::MutexLock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
    lose_connection("ended");
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void find(const SharedKey& key, std::int64_t give_up_ns, FindDone done);
  void write(SharedWrite write);
  void erase(SharedErasure erasure, EraseDone done);

  SharedAnswersHealth health() const {
    const base::MutexLock lock(mutex_);
    SharedAnswersHealth health = health_;
    health.erasures_waiting = erasures_.size();
    return health;
  }

 private:
  void run();
  [[nodiscard]] bool put(Question& question);
  void put(SharedErasure erasure, EraseDone done, std::vector<EraseDone>& failed);
  [[nodiscard]] bool connect();
  void wait_for_server();
  [[nodiscard]] Round take_round();
  void take_erasures(Round& round, std::int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] bool is_work_due(std::int64_t now_ns) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void carry_out(Round& round);
  [[nodiscard]] bool receive_all(Round& round, std::int64_t sent_ns);
  void settle_erasure(const RoundErasure& tried, bool is_erased);
  void count_write(WriteOutcome outcome);
  void settle_late(Request& request);
  void fail(Request& request);
  void note_complaint();
  void lose_connection(std::string complaint);
  void drop_overdue_erasures(std::int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool has_ended() const {
    const base::MutexLock lock(mutex_);
    return ended_;
  }

  const RedisSettings settings_;
  std::optional<RedisAnswerCommands> commands_;  // the thread's own
  Backoff backoff_;                              // the thread's own
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Request> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<SharedKey, WaitingErasure> erasures_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_erasure_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t distrusted_until_ns_ ABSL_GUARDED_BY(mutex_) = 0;  // until then find() brings nothing
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  SharedAnswersHealth health_ ABSL_GUARDED_BY(mutex_);  // erasures_waiting is not kept here
  std::thread thread_;                                  // last: it uses all of the above
};

void RedisAnswers::Impl::find(const SharedKey& key, std::int64_t give_up_ns, FindDone done) {
  Question question{.key = key, .give_up_ns = give_up_ns, .done = std::move(done)};
  if (!put(question)) return question.done({});
  changed_.notify_one();
}

// False, and `question` untouched, where it fails at once.
bool RedisAnswers::Impl::put(Question& question) {
  const base::MutexLock lock(mutex_);
  if (!health_.is_reachable || waiting_.size() >= kWaitingMax || erasures_.contains(question.key)) return false;
  if (distrusted_until_ns_ > base::monotonic_ns()) return false;
  waiting_.emplace_back(std::move(question));
  return true;
}

void RedisAnswers::Impl::write(SharedWrite write) {
  {
    const base::MutexLock lock(mutex_);
    if (!health_.is_reachable || waiting_.size() >= kWaitingMax) {
      ++health_.failed;
      return;
    }
    waiting_.emplace_back(std::move(write));
  }
  changed_.notify_one();
}

void RedisAnswers::Impl::erase(SharedErasure erasure, EraseDone done) {
  std::vector<EraseDone> failed;
  put(std::move(erasure), std::move(done), failed);
  changed_.notify_one();
  for (const EraseDone& told : failed) told(false);
}

// Puts into `failed` whoever is to be told at once.
void RedisAnswers::Impl::put(SharedErasure erasure, EraseDone done, std::vector<EraseDone>& failed) {
  const std::int64_t now_ns = base::monotonic_ns();
  const base::MutexLock lock(mutex_);
  if (erasures_.size() >= kErasuresMax) drop_overdue_erasures(now_ns);
  if (erasures_.size() >= kErasuresMax && !erasures_.contains(erasure.key)) {
    // What should be gone stays where it is until it ends by itself: nothing is believed until then.
    ++health_.erasures_lost;
    distrusted_until_ns_ = std::max(distrusted_until_ns_, now_ns + std::chrono::nanoseconds(erasure.try_for).count());
    failed.push_back(std::move(done));
    return;
  }
  WaitingErasure& place = erasures_[erasure.key];
  if (place.done) failed.push_back(std::exchange(place.done, {}));  // this one takes its place
  if (health_.is_reachable) {
    place.done = std::move(done);
  } else {
    failed.push_back(std::move(done));
  }
  place.give_up_ns = now_ns + std::chrono::nanoseconds(erasure.try_for).count();
  place.next_try_ns = now_ns;
  place.number = ++next_erasure_;
  place.erasure = std::move(erasure);
}

void RedisAnswers::Impl::run() {
  block_broken_pipe();
  while (!has_ended()) {
    if (!commands_ && !connect()) {
      wait_for_server();
      continue;
    }
    Round round = take_round();
    carry_out(round);
    if (!commands_) wait_for_server();
  }
}

bool RedisAnswers::Impl::connect() {
  std::string complaint;
  std::optional<RedisConnection> connection = open_first<RedisConnection>(
      settings_, complaint,
      [this](const RedisServer& server, std::string& why) { return RedisConnection::open(server, settings_, why); });
  if (connection) commands_.emplace(std::move(*connection), settings_.prefix);
  const base::MutexLock lock(mutex_);
  health_.is_reachable = connection.has_value();
  health_.complaint = complaint;
  return connection.has_value();
}

void RedisAnswers::Impl::wait_for_server() {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(backoff_.after_failure(base::monotonic_ns()));
  const base::MutexLock lock(mutex_);
  drop_overdue_erasures(base::monotonic_ns());
  while (!ended_) {
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return;
  }
}

bool RedisAnswers::Impl::is_work_due(std::int64_t now_ns) const {
  return !waiting_.empty() || std::any_of(erasures_.begin(), erasures_.end(), [now_ns](const auto& waiting) {
    return waiting.second.next_try_ns <= now_ns;
  });
}

Round RedisAnswers::Impl::take_round() {
  const auto deadline = std::chrono::steady_clock::now() + kPingEvery;
  Round round;
  const base::MutexLock lock(mutex_);
  while (!ended_ && !is_work_due(base::monotonic_ns())) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  take_erasures(round, base::monotonic_ns());
  while (!waiting_.empty() && round.requests.size() < kRoundMax) {
    round.requests.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  const bool is_idle = round.erasures.empty() && round.requests.empty();
  round.is_ping = !ended_ && (is_idle || commands_->wants_ping(base::monotonic_ns()));
  return round;
}

// All that are due: whatever is asked in this round or later is asked behind them.
void RedisAnswers::Impl::take_erasures(Round& round, std::int64_t now_ns) {
  drop_overdue_erasures(now_ns);
  for (auto& [key, waiting] : erasures_) {
    if (waiting.next_try_ns > now_ns) continue;
    waiting.next_try_ns = now_ns + kRetryNs;
    round.erasures.push_back({.erasure = waiting.erasure, .number = waiting.number});
  }
}

void RedisAnswers::Impl::drop_overdue_erasures(std::int64_t now_ns) {
  // One whose first try is still to be told of stays for as long.
  const auto is_overdue = [now_ns](const auto& waiting) {
    return waiting.second.give_up_ns <= now_ns && !waiting.second.done;
  };
  const std::size_t before = erasures_.size();
  absl::erase_if(erasures_, is_overdue);
  health_.erasures_lost += before - erasures_.size();
}

void RedisAnswers::Impl::carry_out(Round& round) {
  const std::int64_t sent_ns = base::monotonic_ns();
  for (Request& request : round.requests) settle_late(request);
  for (const RoundErasure& tried : round.erasures) commands_->add_erasure(tried.erasure);
  for (const Request& request : round.requests) {
    if (const auto* const question = std::get_if<Question>(&request); question == nullptr) {
      commands_->add_write(std::get<SharedWrite>(request), sent_ns);
    } else if (question->done) {
      commands_->add_find(question->key);
    }
  }
  if (round.is_ping) commands_->add_ping(sent_ns);
  if (commands_->send() && receive_all(round, sent_ns)) {
    backoff_.reset();
    note_complaint();
    return;
  }
  for (Request& request : std::span(round.requests).subspan(round.answered_count)) fail(request);
  lose_connection(commands_->complaint());
}

// What Redis refused to do stays said until a round goes without, and while an erasure waits.
void RedisAnswers::Impl::note_complaint() {
  const base::MutexLock lock(mutex_);
  if (!commands_->complaint().empty() || erasures_.empty()) health_.complaint = commands_->complaint();
}

void RedisAnswers::Impl::fail(Request& request) {
  if (auto* const question = std::get_if<Question>(&request); question == nullptr) {
    count_write(WriteOutcome::kFailed);
  } else if (question->done) {
    question->done({});
  }
}

// A question that nobody waits for any more is not asked; its `done` is empty then.
void RedisAnswers::Impl::settle_late(Request& request) {
  auto* const question = std::get_if<Question>(&request);
  if (question == nullptr || question->give_up_ns > base::monotonic_ns()) return;
  std::exchange(question->done, {})({});
}

// False: the connection is lost.
bool RedisAnswers::Impl::receive_all(Round& round, std::int64_t sent_ns) {
  for (const RoundErasure& tried : round.erasures) {
    bool is_erased = false;
    if (!commands_->receive_erasure(is_erased)) return false;
    settle_erasure(tried, is_erased);
  }
  for (; round.answered_count < round.requests.size(); ++round.answered_count) {
    auto* const question = std::get_if<Question>(&round.requests[round.answered_count]);
    if (question == nullptr) {
      WriteOutcome outcome = WriteOutcome::kFailed;
      if (!commands_->receive_write(outcome)) return false;
      count_write(outcome);
    } else if (question->done) {
      SharedValue value;
      if (!commands_->receive_find(sent_ns, value)) return false;
      question->done(std::move(value));
    }
  }
  return !round.is_ping || commands_->receive_ping();
}

// One that Redis did not take stays, and is tried again.
void RedisAnswers::Impl::settle_erasure(const RoundErasure& tried, bool is_erased) {
  EraseDone done;
  {
    const base::MutexLock lock(mutex_);
    const auto found = erasures_.find(tried.erasure.key);
    if (found == erasures_.end() || found->second.number != tried.number) return;
    done = std::exchange(found->second.done, {});
    if (is_erased) erasures_.erase(found);
  }
  if (done) done(is_erased);
}

void RedisAnswers::Impl::count_write(WriteOutcome outcome) {
  const base::MutexLock lock(mutex_);
  switch (outcome) {
    case WriteOutcome::kWritten: ++health_.written; break;
    case WriteOutcome::kSuperseded: ++health_.superseded; break;
    case WriteOutcome::kHeldBack: ++health_.held_back; break;
    case WriteOutcome::kFailed: ++health_.failed; break;
  }
}

// Whoever waits is told at once. Erasures stay, and are tried as soon as there is a connection again.
void RedisAnswers::Impl::lose_connection(std::string complaint) {
  commands_.reset();
  std::deque<Request> unasked;
  std::vector<EraseDone> unerased;
  {
    const base::MutexLock lock(mutex_);
    health_.is_reachable = false;
    health_.complaint = std::move(complaint);
    unasked.swap(waiting_);
    for (auto& [key, waiting] : erasures_) {
      waiting.next_try_ns = 0;
      if (waiting.done) unerased.push_back(std::exchange(waiting.done, {}));
    }
  }
  for (Request& request : unasked) fail(request);
  for (const EraseDone& done : unerased) done(false);
}

RedisAnswers::RedisAnswers(RedisSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}

RedisAnswers::~RedisAnswers() = default;

void RedisAnswers::find(const SharedKey& key, std::int64_t give_up_ns, FindDone done) {
  impl_->find(key, give_up_ns, std::move(done));
}

void RedisAnswers::write(SharedWrite write) { impl_->write(std::move(write)); }

void RedisAnswers::erase(SharedErasure erasure, EraseDone done) { impl_->erase(std::move(erasure), std::move(done)); }

SharedAnswersHealth RedisAnswers::health() const { return impl_->health(); }

}  // namespace assay::store
