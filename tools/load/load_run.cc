#include "load/load_run.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <limits>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/clock.h"
#include "load/load_connection.h"
#include "load/server_cpu.h"

namespace assay::load {
namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// How long waiting lasts at most, so that silence and the ends of phases are seen.
constexpr std::int64_t kWaitNsMax = 10'000'000;
// Connections that end without a single answer in between: then the server does not serve.
constexpr std::uint32_t kFruitlessMax = 1000;
constexpr std::size_t kEventsMax = 256;

class Run {
 public:
  Run(const RequestSet& requests, const LoadOptions& options) : requests_(requests), options_(options) {}
  ~Run() {
    if (epoll_fd_ >= 0) ::close(epoll_fd_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] tl::expected<LoadResult, std::string> result();

 private:
  [[nodiscard]] bool fail(std::string fault);
  [[nodiscard]] bool open_connections();
  [[nodiscard]] bool reopen(std::uint32_t index);
  [[nodiscard]] bool watch(std::uint32_t index, int operation, std::uint32_t extra_events);
  [[nodiscard]] bool run_to_end();
  [[nodiscard]] bool begin_measuring(std::int64_t now_ns);
  [[nodiscard]] bool finish();
  [[nodiscard]] bool wait(std::int64_t now_ns);
  [[nodiscard]] bool take_event(const epoll_event& event);
  [[nodiscard]] bool take_answers(std::uint32_t index);
  [[nodiscard]] bool start_due(std::int64_t now_ns);
  [[nodiscard]] bool start_on(std::uint32_t index, std::int64_t now_ns);
  [[nodiscard]] bool after_send(std::uint32_t index, LoadConnection::Sent sent);
  void count(const Answer& answer, std::int64_t now_ns) noexcept;

  [[nodiscard]] bool is_paced() const noexcept { return options_.rate > 0; }
  // When request number `paced_` of a paced run starts.
  [[nodiscard]] std::int64_t next_start_ns() const noexcept;
  // How many requests may start at `now_ns`, at most `room`.
  [[nodiscard]] std::uint32_t startable(std::uint32_t room, std::int64_t now_ns) const noexcept;
  [[nodiscard]] bool is_over(std::int64_t now_ns) const noexcept;

  const RequestSet& requests_;
  const LoadOptions& options_;
  std::string fault_;
  int epoll_fd_ = -1;
  std::vector<LoadConnection> connections_;
  std::deque<std::uint32_t> idle_;  // paced: connections with room, each once
  std::vector<bool> is_idle_;
  std::uint64_t started_ = 0;  // all requests so far
  std::uint64_t started_counted_ = 0;
  std::uint64_t waiting_ = 0;  // requests without an answer
  std::int64_t pace_begin_ns_ = 0;
  std::int64_t count_begin_ns_ = kNever;  // requests that start from here on are counted
  std::int64_t start_end_ns_ = kNever;    // no request starts from here on
  std::int64_t last_answer_ns_ = 0;
  std::int64_t last_counted_ns_ = 0;
  std::uint32_t fruitless_ = 0;
  std::uint64_t answers_while_counting_ = 0;
  std::int64_t cpu_begin_ns_ = 0;
  std::int64_t own_cpu_begin_ns_ = 0;
  LoadResult result_;
};

bool Run::fail(std::string fault) {
  fault_ = std::move(fault);
  return false;
}

tl::expected<LoadResult, std::string> Run::result() {
  if (!open_connections() || !run_to_end() || !finish()) return tl::unexpected(fault_);
  return result_;
}

bool Run::open_connections() {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return fail("there is no epoll: " + std::generic_category().message(errno));
  is_idle_.resize(options_.connections);
  connections_.reserve(options_.connections);
  for (std::uint32_t i = 0; i < options_.connections; ++i) {
    connections_.emplace_back(options_.depth_max);
    if (auto opened = connections_[i].open(options_.target); !opened) return fail(opened.error());
    if (!watch(i, EPOLL_CTL_ADD, 0)) return false;
  }
  return true;
}

bool Run::watch(std::uint32_t index, int operation, std::uint32_t extra_events) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET | extra_events;
  event.data.u32 = index;
  if (::epoll_ctl(epoll_fd_, operation, connections_[index].fd(), &event) == 0) return true;
  return fail("a connection cannot be watched: " + std::generic_category().message(errno));
}

// The server has ended connection `index`: its requests are lost, and a new one takes its place.
bool Run::reopen(std::uint32_t index) {
  LoadConnection& connection = connections_[index];
  waiting_ -= connection.waiting();
  if (count_begin_ns_ != kNever) result_.lost += connection.waiting();
  ++result_.reconnects;
  if (++fruitless_ > kFruitlessMax) {
    return fail("the server ends one connection after the other without an answer");
  }
  if (auto opened = connection.open(options_.target); !opened) return fail(opened.error());
  return watch(index, EPOLL_CTL_ADD, 0) && start_on(index, base::monotonic_ns());
}

bool Run::run_to_end() {
  // The kernel may wake a sleeper 50 us late unless it is told not to.
  static_cast<void>(::prctl(PR_SET_TIMERSLACK, 1));
  pace_begin_ns_ = last_answer_ns_ = base::monotonic_ns();
  const std::int64_t warm_ns = pace_begin_ns_ + options_.warmup_ns;
  if (options_.warmup_ns == 0 && !begin_measuring(pace_begin_ns_)) return false;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (!start_on(i, pace_begin_ns_)) return false;
  }
  for (;;) {
    const std::int64_t now_ns = base::monotonic_ns();
    if (count_begin_ns_ == kNever && now_ns >= warm_ns && !begin_measuring(now_ns)) return false;
    if (is_over(now_ns)) return true;
    if (waiting_ > 0 && now_ns - last_answer_ns_ > options_.silence_ns) {
      return fail("nothing has come for too long, and " + std::to_string(waiting_) + " requests wait for answers");
    }
    if (!start_due(now_ns) || !wait(now_ns)) return false;
  }
}

bool Run::begin_measuring(std::int64_t now_ns) {
  count_begin_ns_ = last_counted_ns_ = is_paced() ? next_start_ns() : now_ns;
  if (options_.duration_ns > 0) start_end_ns_ = count_begin_ns_ + options_.duration_ns;
  own_cpu_begin_ns_ = read_own_cpu_ns();
  const auto cpu_ns = read_server_cpu_ns(options_.server_pids);
  if (!cpu_ns) return fail(cpu_ns.error());
  cpu_begin_ns_ = *cpu_ns;
  return true;
}

// Every request that counts has its answer.
bool Run::is_over(std::int64_t now_ns) const noexcept {
  if (count_begin_ns_ == kNever || waiting_ > 0) return false;
  if (options_.requests_max > 0 && started_counted_ >= options_.requests_max) return true;
  return now_ns >= start_end_ns_ && (!is_paced() || next_start_ns() >= start_end_ns_);
}

bool Run::finish() {
  const auto cpu_ns = read_server_cpu_ns(options_.server_pids);
  if (!cpu_ns) return fail(cpu_ns.error());
  const std::int64_t own_cpu_ns = read_own_cpu_ns() - own_cpu_begin_ns_;
  const std::int64_t span_ns = std::max<std::int64_t>(1, last_counted_ns_ - count_begin_ns_);
  result_.seconds = static_cast<double>(span_ns) / static_cast<double>(kNsPerS);
  result_.requests_per_second = static_cast<double>(result_.answers()) / result_.seconds;
  // All answers since counting began cost CPU time, those of the last requests before it included.
  const double answers = std::max(1.0, static_cast<double>(answers_while_counting_));
  result_.own_cpu_us_per_request = static_cast<double>(own_cpu_ns) / kNsPerUs / answers;
  if (!options_.server_pids.empty()) {
    const auto server_ns = static_cast<double>(*cpu_ns - cpu_begin_ns_);
    result_.server_cpu_us_per_request = server_ns / kNsPerUs / answers;
    result_.server_cpu_share = server_ns / static_cast<double>(span_ns);
  }
  return true;
}

std::int64_t Run::next_start_ns() const noexcept {
  return pace_begin_ns_ + static_cast<std::int64_t>(static_cast<double>(started_) * kNsPerS / options_.rate);
}

std::uint32_t Run::startable(std::uint32_t room, std::int64_t now_ns) const noexcept {
  std::uint64_t count = room;
  if (options_.requests_max > 0 && count_begin_ns_ != kNever) {
    count = std::min(count, options_.requests_max - std::min(started_counted_, options_.requests_max));
  }
  if (!is_paced()) return now_ns < start_end_ns_ ? static_cast<std::uint32_t>(count) : 0;
  const std::int64_t until_ns = std::min(now_ns, start_end_ns_ - 1);
  const std::int64_t first_ns = next_start_ns();
  if (first_ns > until_ns) return 0;
  const auto due = static_cast<std::uint64_t>(static_cast<double>(until_ns - first_ns) / kNsPerS * options_.rate) + 1;
  return static_cast<std::uint32_t>(std::min(count, due));
}

// Paced: gives the requests that are due to the connections that have room, one each in turn.
bool Run::start_due(std::int64_t now_ns) {
  while (!idle_.empty() && startable(1, now_ns) > 0) {
    const std::uint32_t index = idle_.front();
    idle_.pop_front();
    is_idle_[index] = false;
    if (!start_on(index, now_ns)) return false;
  }
  return true;
}

// Starts as many requests on a connection as may start now, with one system call.
bool Run::start_on(std::uint32_t index, std::int64_t now_ns) {
  LoadConnection& connection = connections_[index];
  // A paced run spreads its requests while connections are free.
  const std::uint32_t room = is_paced() && !idle_.empty() ? std::min(1U, connection.room()) : connection.room();
  const std::uint32_t count = startable(room, now_ns);
  if (count > 0) {
    const std::string_view bytes = requests_.batch(started_, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::int64_t start_ns = is_paced() ? next_start_ns() : now_ns;
      connection.begin(start_ns);
      ++started_;
      if (start_ns >= count_begin_ns_) ++started_counted_;
    }
    waiting_ += count;
    if (!after_send(index, connection.send(bytes))) return false;
  }
  if (!is_paced() || is_idle_[index] || connection.room() == 0) return true;
  is_idle_[index] = true;
  idle_.push_back(index);
  return true;
}

bool Run::after_send(std::uint32_t index, LoadConnection::Sent sent) {
  switch (sent) {
    case LoadConnection::Sent::kAll: return true;
    case LoadConnection::Sent::kPartly: return watch(index, EPOLL_CTL_MOD, EPOLLOUT);
    case LoadConnection::Sent::kBroken: return true;  // its end is readable
  }
  return true;
}

bool Run::wait(std::int64_t now_ns) {
  std::int64_t timeout_ns = kWaitNsMax;
  if (options_.waiting == Waiting::kSpin) {
    timeout_ns = 0;
  } else if (is_paced() && !idle_.empty()) {
    timeout_ns = std::clamp<std::int64_t>(next_start_ns() - now_ns, 0, kWaitNsMax);
  }
  const timespec timeout{.tv_sec = 0, .tv_nsec = timeout_ns};
  epoll_event events[kEventsMax];
  const int count = ::epoll_pwait2(epoll_fd_, events, kEventsMax, &timeout, nullptr);
  if (count < 0 && errno != EINTR) return fail("epoll failed: " + std::generic_category().message(errno));
  for (int i = 0; i < count; ++i) {
    if (!take_event(events[i])) return false;
  }
  return true;
}

bool Run::take_event(const epoll_event& event) {
  const std::uint32_t index = event.data.u32;
  if ((event.events & EPOLLOUT) != 0) {
    const LoadConnection::Sent sent = connections_[index].send_rest();
    if (sent == LoadConnection::Sent::kAll && !watch(index, EPOLL_CTL_MOD, 0)) return false;
  }
  // Edge-triggered: everything must be read, and the end of the stream with it.
  const bool ends = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  for (;;) {
    const LoadConnection::Received received = connections_[index].receive();
    if (received == LoadConnection::Received::kEnd) return reopen(index);
    if (!take_answers(index)) return false;
    if (connections_[index].ended()) return reopen(index);
    if (received == LoadConnection::Received::kDrained && !ends) break;
  }
  return start_on(index, base::monotonic_ns());
}

bool Run::take_answers(std::uint32_t index) {
  const std::int64_t now_ns = base::monotonic_ns();
  Answer answer;
  for (;;) {
    switch (connections_[index].next_answer(answer)) {
      case LoadConnection::Found::kNone: return true;
      case LoadConnection::Found::kBad: return fail(std::string(connections_[index].fault()));
      case LoadConnection::Found::kAnswer: break;
    }
    --waiting_;
    fruitless_ = 0;
    last_answer_ns_ = now_ns;
    count(answer, now_ns);
  }
}

void Run::count(const Answer& answer, std::int64_t now_ns) noexcept {
  if (count_begin_ns_ == kNever) return;
  ++answers_while_counting_;
  if (answer.start_ns < count_begin_ns_) return;
  last_counted_ns_ = now_ns;
  result_.latency.record(now_ns - answer.start_ns);
  ++result_.status_counts[static_cast<std::size_t>(answer.status)];
}

}  // namespace

std::uint64_t LoadResult::refusals() const noexcept {
  constexpr std::size_t kOkFirst = 200;
  constexpr std::size_t kOkEnd = 300;
  std::uint64_t count = 0;
  for (std::size_t status = 0; status < kStatusMax; ++status) {
    if (status < kOkFirst || status >= kOkEnd) count += status_counts[status];
  }
  return count;
}

tl::expected<LoadResult, std::string> run_load(const RequestSet& requests, const LoadOptions& options) {
  return Run(requests, options).result();
}

}  // namespace assay::load
