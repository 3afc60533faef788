// HttpWorker: from bytes to requests, from answers to bytes.
#include <algorithm>
#include <utility>

#include "assay/limits.h"
#include "base/check.h"
#include "server/http_worker.h"

namespace assay::server {
namespace {

// Requests of one connection that are read before the next connection's turn.
constexpr std::size_t kRequestsPerVisit = 16;

// Requests of one connection that wait for answers; further ones are not read before.
constexpr std::uint32_t kPipelinedMax = 64;

// Bytes of responses that one connection may leave unread before no further request of it is read.
constexpr std::size_t kOutputBytesMax = std::size_t{64} * 1024;

}  // namespace

bool HttpWorker::is_blocked(const Connection& connection) const noexcept {
  const bool output_full = connection.outbox != nullptr && connection.outbox->queued.size() > kOutputBytesMax;
  return output_full || connection.exchanges >= kPipelinedMax;
}

// Fills the batch from the connections that may have requests, one visit each, in the order of arrival; what is left
// goes first in the next turn, and a connection with more behind the others.
void HttpWorker::gather() {
  std::size_t visited = 0;
  for (; visited < ready_.size() && batch_.size() < kBatchMax; ++visited) {
    const std::uint32_t index = ready_[visited];
    listed_[index] = static_cast<std::uint8_t>(listed_[index] & ~static_cast<unsigned>(kReady));
    if (read_requests(index)) {
      listed_[index] = static_cast<std::uint8_t>(listed_[index] | kReady);
      ready_next_.push_back(index);
    }
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(visited));
  ready_.insert(ready_.end(), ready_next_.begin(), ready_next_.end());
  ready_next_.clear();
}

// Reads requests of one connection into the batch. Returns whether it should be visited again in the next turn.
bool HttpWorker::read_requests(std::uint32_t index) {
  Connection& connection = connections_[index];
  if (connection.phase != Connection::Phase::kOpen || connection.broken) return false;
  const Http1Limits& limits = reader_limits_[connection.listener];
  const std::size_t bytes_max = intake_bytes_max_[connection.listener];
  touch(index);
  for (std::size_t visit = 0;;) {
    if (connection.reads_no_more || connection.intake == nullptr || !connection.intake->has_unread()) return false;
    if (batch_.size() == kBatchMax || visit == kRequestsPerVisit) return true;
    if (is_blocked(connection)) {
      connection.stalled = true;
      return false;
    }
    connection.intake->refill(connection.storage(), bytes_max);
    switch (connection.intake->read(limits)) {
      case Http1Reader::State::kPartial:
        // A discarded body makes room behind the head for what was spilled.
        if (!connection.intake->refill(connection.storage(), bytes_max)) return false;
        break;
      case Http1Reader::State::kBad: refuse(index, connection.intake->reader().refusal_status()); return false;
      case Http1Reader::State::kComplete:
        give_out(index);
        ++visit;
        break;
    }
  }
}

void HttpWorker::give_out(std::uint32_t index) {
  Connection& connection = connections_[index];
  const std::uint32_t exchange = exchanges_.append(connection, index);
  ExchangeSlot& slot = exchanges_.slot(exchange);
  slot.state = ExchangeSlot::State::kWaiting;
  slot.after = connection.intake->give_out(slot.fields, slot.request);
  slot.is_head = slot.request.method == "HEAD";
  slot.is_http_1_0 = slot.request.minor_version == 0;
  slot.request.peer = {connection.peer_kind, {connection.address, connection.address_bytes}};
  slot.request.listener = connection.listener;
  ++connection.unanswered;
  connection.has_asked = true;
  connection.awaiting = Awaiting::kNothing;  // the next message has its own time
  if (slot.after == AfterAnswer::kClose) connection.reads_no_more = true;
  batch_.push_back({exchanges_.id_of(exchange), &slot.request});
  counters_.add(kRequests);
}

// Answers in the server's own name and ends the connection, once the older requests are answered.
void HttpWorker::refuse(std::uint32_t index, int status) {
  constexpr int kHeadTooLarge = 431;
  constexpr int kContentTooLarge = 413;
  constexpr int kTimeout = 408;
  Connection& connection = connections_[index];
  ExchangeSlot& slot = exchanges_.slot(exchanges_.append(connection, index));
  slot.state = ExchangeSlot::State::kAnswered;
  slot.after = AfterAnswer::kClose;
  append_refusal(slot.reply, status);
  connection.reads_no_more = true;
  connection.lingers = true;
  if (status == kHeadTooLarge) {
    counters_.add(kRefusedHeadSize);
  } else if (status == kContentTooLarge) {
    counters_.add(kRefusedBodySize);
  } else if (status != kTimeout) {
    counters_.add(kRefusedSyntax);
  }
  write_answered(connection);
  touch(index);
}

void HttpWorker::answer(ExchangeId id, const HttpResponse& response) {
  ExchangeSlot* const slot = exchanges_.find_waiting(id);
  if (slot == nullptr) return;
  Connection& connection = connections_[slot->connection];
  ASSAY_DCHECK(connection.unanswered > 0);
  slot->state = ExchangeSlot::State::kAnswered;
  --connection.unanswered;
  touch(slot->connection);
  if (connection.close_after_send) return;  // behind the response that ends the connection

  const bool is_last =
      slot->next == Connection::kNoExchange && (connection.intake == nullptr || !connection.intake->has_unread());
  const bool closes =
      slot->after == AfterAnswer::kClose || response.after == AfterAnswer::kClose || (draining_ && is_last);
  slot->after = closes ? AfterAnswer::kClose : AfterAnswer::kAsClientAsked;
  using Persistence = ResponseContext::Persistence;
  const Persistence open = slot->is_http_1_0 ? Persistence::kKeepAlive : Persistence::kDefault;
  const ResponseContext context{.persistence = closes ? Persistence::kClose : open, .is_head = slot->is_head};
  const bool is_oldest = slot == &exchanges_.slot(connection.first_exchange);
  append_response(is_oldest ? outbox_of(connection).queued : slot->reply, response, context);
  write_answered(connection);
}

void HttpWorker::vouch(ExchangeId id, Standing standing) noexcept {
  const ExchangeSlot* const slot = exchanges_.find_waiting(id);
  if (slot == nullptr) return;
  Connection& connection = connections_[slot->connection];
  connection.standing = std::max(connection.standing, standing);
}

// Moves the oldest answers, up to the first request that still waits, into the output.
void HttpWorker::write_answered(Connection& connection) {
  while (connection.first_exchange != Connection::kNoExchange && !connection.close_after_send) {
    ExchangeSlot& slot = exchanges_.slot(connection.first_exchange);
    if (slot.state != ExchangeSlot::State::kAnswered) return;
    outbox_of(connection).queued.append(slot.reply);
    connection.close_after_send = slot.after == AfterAnswer::kClose;
    exchanges_.pop_front(connection);
  }
}

// Forgets all requests of the connection, telling the handler of those that wait.
void HttpWorker::drop_exchanges(Connection& connection) {
  while (connection.first_exchange != Connection::kNoExchange) {
    const std::uint32_t index = connection.first_exchange;
    if (exchanges_.slot(index).state == ExchangeSlot::State::kWaiting) {
      handler_->on_abandoned(exchanges_.id_of(index));
      --connection.unanswered;
      counters_.add(kRequestsAbandoned);
    }
    exchanges_.pop_front(connection);
  }
}

Outbox& HttpWorker::outbox_of(Connection& connection) {
  if (connection.outbox == nullptr) connection.outbox = outboxes_.take();
  return *connection.outbox;
}

}  // namespace assay::server
