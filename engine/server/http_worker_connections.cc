// HttpWorker: what becomes of a connection at the end of a turn, and its deadlines.
#include <algorithm>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.h"
#include "server/http_worker.h"

namespace assay::server {
namespace {

constexpr int kRequestTimeout = 408;

// How long the bytes that follow the last response are read and dropped.
constexpr std::int64_t kLingerNs = 1'000'000'000;

}  // namespace

void HttpWorker::settle_touched() {
  for (const std::uint32_t index : touched_) {
    listed_[index] = static_cast<std::uint8_t>(listed_[index] & ~static_cast<unsigned>(kTouched));
    settle(index);
  }
  touched_.clear();
}

void HttpWorker::settle(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.phase == Connection::Phase::kFree || connection.phase == Connection::Phase::kClosing) return;
  if (connection.broken) return begin_close(index);
  if (connection.phase == Connection::Phase::kLingering) {
    if (connection.ended) begin_close(index);
    return;
  }
  // A client that ended its stream gets what is answered by now; for anything later it is taken to be gone.
  const bool has_more = (listed_[index] & kReady) != 0;
  if (connection.ended && !has_more && (connection.unanswered > 0 || !connection.stalled)) {
    connection.close_after_send = true;
  }
  if (connection.close_after_send) drop_exchanges(connection);
  ask_for_body(connection);
  send_queued(index);
  if (!connection.sending) {
    release_outbox(connection);
    if (connection.close_after_send) return end_connection(index);
  }
  settle_input(index);
  set_deadline(index);
}

// Where a client waits for that, and once every older request of the connection is answered: 100 is no answer of
// theirs.
void HttpWorker::ask_for_body(Connection& connection) {
  if (connection.intake == nullptr || !connection.intake->awaits_continue()) return;
  const bool is_next = connection.first_exchange == Connection::kNoExchange;
  if (!is_next || connection.reads_no_more || connection.close_after_send) return;
  outbox_of(connection).queued.append("HTTP/1.1 100 Continue\r\n\r\n");
  connection.intake->note_continue();
}

void HttpWorker::send_queued(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.sending || connection.outbox == nullptr || connection.outbox->queued.empty()) return;
  Outbox& outbox = *connection.outbox;
  std::swap(outbox.queued, outbox.sending);
  if (transport_->send(index, outbox.sending) == Progress::kDone) {
    outbox.sending.clear();
  } else {
    connection.sending = true;
  }
}

// Gives back the input buffer that is not needed, and lets bytes come where there is room for them.
void HttpWorker::settle_input(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.intake != nullptr && connection.unanswered == 0) {
    const bool in_use = connection.intake->has_unread() || connection.intake->in_message();
    if (connection.reads_no_more || !in_use) release_intake(connection);
  }
  if (!is_blocked(connection)) {
    const bool spilled = connection.intake != nullptr && connection.intake->has_spill();
    const bool movable = connection.storage() == Intake::Storage::kMovable;
    if (std::exchange(connection.stalled, false) || (spilled && movable)) make_ready(index);
  }
  const bool has_room = connection.intake == nullptr || !connection.intake->has_spill();
  if (connection.paused && has_room && !connection.ended) {
    connection.paused = false;
    transport_->resume_receiving(index);
  }
}

// The last response is with the kernel.
void HttpWorker::end_connection(std::uint32_t index) {
  Connection& connection = connections_[index];
  const bool more_came = connection.intake != nullptr && connection.intake->has_unread();
  if (connection.ended || !(connection.lingers || more_came)) return begin_close(index);
  release_intake(connection);
  connection.phase = Connection::Phase::kLingering;
  transport_->end_sending(index);
  if (std::exchange(connection.paused, false)) transport_->resume_receiving(index);
  connection.awaiting = Awaiting::kEnd;
  connection.deadline_ns = now_.monotonic_ns + kLingerNs;
}

// Whether whoever comes goes before this connection, whatever it does. Only what its client has proved and its age
// count then: anything else a client that floods can have at will, and would with it outlast one that has come to prove
// more.
bool HttpWorker::gives_way(const Connection& connection) const noexcept {
  const bool is_here =
      connection.phase == Connection::Phase::kOpen || connection.phase == Connection::Phase::kLingering;
  return displaced_ == Displaced::kUnproven && is_here && connection.standing != Standing::kTrusted;
}

// Whether a newcomer may have this connection's place. Where it does not give way: its client has never asked anything,
// what it has begun to ask included, or nothing for as long as a head may take.
bool HttpWorker::may_be_displaced(std::uint32_t index) const noexcept {
  const Connection& connection = connections_[index];
  if (gives_way(connection)) return true;
  if (connection.phase != Connection::Phase::kOpen || listed_[index] != 0) return false;
  const bool is_idle = connection.awaiting == Awaiting::kRequest;
  if (!connection.has_asked) {
    return is_idle || connection.awaiting == Awaiting::kHead || connection.awaiting == Awaiting::kBody;
  }
  if (!is_idle) return false;
  const std::int64_t idle_ns = now_.monotonic_ns - (connection.deadline_ns - timeout_ns(Awaiting::kRequest));
  return idle_ns >= timeout_ns(Awaiting::kHead);
}

// Closes up to `count` connections: first those that give way, of the lowest standing and in the order in which they
// came; then those that never asked, and of these and the others the ones that have been idle for longest.
// Cost: one look at every connection, in turns that find no free place and in no other.
void HttpWorker::displace(std::size_t count) {
  std::vector<std::uint32_t> victims;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (may_be_displaced(i)) victims.push_back(i);
  }
  const auto rank_of = [this](std::uint32_t index) {
    const Connection& connection = connections_[index];
    const bool is_first = gives_way(connection);
    return std::tuple(!is_first, is_first ? connection.standing : Standing::kTrusted, connection.has_asked && !is_first,
                      is_first ? connection.number : connection.deadline_ns);
  };
  const auto goes_first = [&rank_of](std::uint32_t one, std::uint32_t other) { return rank_of(one) < rank_of(other); };
  const auto end = victims.begin() + static_cast<std::ptrdiff_t>(std::min(count, victims.size()));
  std::partial_sort(victims.begin(), end, victims.end(), goes_first);
  for (auto victim = victims.begin(); victim != end; ++victim) {
    counters_.add(kConnectionsDisplaced);
    begin_close(*victim);
  }
}

// Gives newcomers the places that are free, or will be soon; whoever gets none is turned away.
void HttpWorker::seat_newcomers() {
  const auto places = [this] { return free_connections_.size() + connections_closing_; };
  if (newcomers_.size() > places()) displace(newcomers_.size() - places());
  while (newcomers_.size() > places()) {
    counters_.add(kConnectionsRefused);
    ::close(newcomers_.back().fd);
    newcomers_.pop_back();
  }
  while (!newcomers_.empty() && !free_connections_.empty()) {
    open_connection(newcomers_.front().listener, newcomers_.front().fd);
    newcomers_.pop_front();
  }
  settle_touched();
}

void HttpWorker::begin_close(std::uint32_t index) {
  Connection& connection = connections_[index];
  ++connections_closing_;
  drop_exchanges(connection);
  release_intake(connection);
  connection.phase = Connection::Phase::kClosing;
  connection.awaiting = Awaiting::kNothing;
  if (transport_->close(index) == Progress::kDone) release(index);
}

void HttpWorker::release(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.outbox != nullptr) {
    connection.outbox->queued.clear();
    connection.outbox->sending.clear();
  }
  release_outbox(connection);
  if (connection.phase == Connection::Phase::kClosing) --connections_closing_;
  connection.phase = Connection::Phase::kFree;
  free_connections_.push_back(index);
  --connections_open_;
  counters_.add(kConnectionsClosed);
}

void HttpWorker::release_intake(Connection& connection) {
  if (connection.intake == nullptr) return;
  connection.intake->reset();
  intakes_.give_back(std::move(connection.intake));
}

void HttpWorker::release_outbox(Connection& connection) {
  if (connection.outbox == nullptr) return;
  Outbox& outbox = *connection.outbox;
  ASSAY_DCHECK(outbox.queued.empty() && outbox.sending.empty());
  if (outbox.queued.capacity() > kSpareBytesMax) std::string().swap(outbox.queued);
  if (outbox.sending.capacity() > kSpareBytesMax) std::string().swap(outbox.sending);
  outboxes_.give_back(std::move(connection.outbox));
}

void HttpWorker::set_deadline(std::uint32_t index) {
  Connection& connection = connections_[index];
  Awaiting awaiting = Awaiting::kRequest;
  if (connection.sending) {
    awaiting = Awaiting::kSend;
  } else if (connection.unanswered > 0 || (listed_[index] & kReady) != 0) {
    awaiting = Awaiting::kNothing;
  } else if (connection.intake != nullptr && connection.intake->in_message()) {
    awaiting = connection.intake->in_body() ? Awaiting::kBody : Awaiting::kHead;
  }
  // The time of a head, a body or a response is absolute: bytes that trickle do not prolong it.
  if (awaiting == connection.awaiting && awaiting != Awaiting::kRequest) return;
  connection.awaiting = awaiting;
  connection.deadline_ns = now_.monotonic_ns + timeout_ns(awaiting);
}

std::int64_t HttpWorker::timeout_ns(Awaiting awaiting) const noexcept {
  const auto ns = [](std::chrono::milliseconds time) { return std::chrono::nanoseconds(time).count(); };
  switch (awaiting) {
    case Awaiting::kNothing: return 0;
    case Awaiting::kRequest:
      return draining_ ? std::min(kDrainGraceNs, ns(limits_.idle_timeout)) : ns(limits_.idle_timeout);
    case Awaiting::kHead: return ns(limits_.head_timeout);
    case Awaiting::kBody:
    case Awaiting::kSend: return ns(limits_.body_timeout);
    case Awaiting::kEnd: return kLingerNs;
  }
  base::check_failed("a member of Awaiting", __FILE__, __LINE__);
}

void HttpWorker::expire_overdue() {
  next_scan_ns_ = now_.monotonic_ns + scan_interval_ns_;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].awaiting == Awaiting::kNothing || now_.monotonic_ns < connections_[i].deadline_ns) continue;
    expire(i);
  }
  settle_touched();
  const std::uint64_t restarts = transport_->receive_restarts();
  counters_.add(kReceiveRestarts, restarts - seen_restarts_);
  seen_restarts_ = restarts;
}

void HttpWorker::expire(std::uint32_t index) {
  switch (connections_[index].awaiting) {
    case Awaiting::kNothing: return;
    case Awaiting::kRequest:
      if (!draining_) counters_.add(kTimeoutsIdle);
      return begin_close(index);
    case Awaiting::kHead: counters_.add(kTimeoutsHead); return refuse(index, kRequestTimeout);
    case Awaiting::kBody: counters_.add(kTimeoutsBody); return refuse(index, kRequestTimeout);
    case Awaiting::kSend: counters_.add(kTimeoutsSend); return begin_close(index);
    case Awaiting::kEnd: return begin_close(index);
  }
}

}  // namespace assay::server
