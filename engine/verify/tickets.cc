#include "verify/tickets.h"

#include <cstring>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace assay::verify {
namespace {

// An eventfd's counter cannot overflow here and a full pipe is not possible: a failed write means
// that the descriptor is gone.
void wake(int event_fd) noexcept {
  const std::uint64_t one = 1;
  const ssize_t written = write(event_fd, &one, sizeof one);
  ASSAY_CHECK(written == sizeof one);
}

}  // namespace

void SlotQueue::push(std::uint32_t slot) noexcept {
  const std::uint64_t position = pushed_.load(std::memory_order_relaxed);            // [T4]
  ASSAY_DCHECK(position - popped_.load(std::memory_order_acquire) < slots_.size());  // [T3]
  slots_[position % slots_.size()] = slot;
  pushed_.store(position + 1, std::memory_order_release);  // [T3]
}

std::optional<std::uint32_t> SlotQueue::pop() noexcept {
  const std::uint64_t position = popped_.load(std::memory_order_relaxed);        // [T4]
  if (position == pushed_.load(std::memory_order_acquire)) return std::nullopt;  // [T3]
  const std::uint32_t slot = slots_[position % slots_.size()];
  popped_.store(position + 1, std::memory_order_release);  // [T3]
  return slot;
}

// The tokens' room is not initialised: it takes memory only as far as tokens wait.
TicketTable::TicketTable(std::shared_ptr<FetchInbox> control)
    : slots_(std::make_unique<Slot[]>(kPendingMax)),
      tokens_(std::make_unique_for_overwrite<char[]>(kPendingMax * kOpaqueTokenBytesMax)),
      orders_(kPendingMax),
      settled_(kPendingMax),
      control_(std::move(control)),
      completion_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ASSAY_CHECK(completion_fd_ >= 0);
  for (std::uint32_t slot = kPendingMax; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

TicketTable::~TicketTable() { close(completion_fd_); }

std::optional<Ticket> TicketTable::order(OrderKind kind, std::uint64_t answers_id, std::string_view text) noexcept {
  const bool is_for_keys = kind != OrderKind::kAnswer;
  if (free_slots_.empty() || (is_for_keys && key_orders_ == kPendingKeysMax)) return std::nullopt;
  ++(is_for_keys ? key_orders_ : taken_by_issuer_[answers_id % kIssuersMax]);
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  ++slot.generation;
  slot.finished = false;
  slot.drained = false;
  slot.kind = kind;
  slot.answers_id = answers_id;
  slot.token_bytes = static_cast<std::uint32_t>(text.size());
  if (!text.empty()) std::memcpy(token_room(index), text.data(), text.size());
  slot.state.store(State::kOrdered, std::memory_order_release);  // [T1]
  orders_.push(index);
  control_->wake();
  return Ticket{.slot_plus_one = index + 1, .generation = slot.generation};
}

char* TicketTable::token_room(std::size_t index) const noexcept { return tokens_.get() + index * kOpaqueTokenBytesMax; }

std::string_view TicketTable::token_of(const Slot& slot) const noexcept {
  return {token_room(static_cast<std::size_t>(&slot - slots_.get())), slot.token_bytes};
}

TicketTable::Slot* TicketTable::find_slot(Ticket ticket) noexcept {
  if (!ticket.valid() || ticket.slot_plus_one > kPendingMax) return nullptr;
  Slot& slot = slots_[ticket.slot_plus_one - 1];
  const bool taken = slot.state.load(std::memory_order_acquire) != State::kFree;  // [T2]
  return taken && slot.generation == ticket.generation && !slot.finished ? &slot : nullptr;
}

void TicketTable::finish(Slot& slot) noexcept {
  slot.finished = true;
  if (slot.drained) free_slot(slot);
}

void TicketTable::free_slot(Slot& slot) noexcept {
  if (slot.kind == OrderKind::kAnswer) {
    --taken_by_issuer_[slot.answers_id % kIssuersMax];
  } else {
    --key_orders_;
  }
  slot.answer.reset();
  slot.error = {};
  slot.state.store(State::kFree, std::memory_order_release);  // [T1]
  free_slots_.push_back(static_cast<std::uint32_t>(&slot - slots_.get()));
}

std::optional<TicketTable::Outcome> TicketTable::redeem(OrderKind kind, Ticket ticket, std::uint64_t answers_id,
                                                        std::string_view text) noexcept {
  Slot* slot = find_slot(ticket);
  if (slot == nullptr || slot->kind != kind || token_of(*slot) != text) return std::nullopt;
  if (slot->state.load(std::memory_order_acquire) == State::kOrdered) {  // [T2]
    return Outcome{.answer = nullptr, .error = Error{.code = ErrorCode::kPendingAnswer}};
  }
  if (slot->answers_id != answers_id) {
    finish(*slot);
    const ErrorCode code =
        kind == OrderKind::kAnswer ? ErrorCode::kIntrospectionUnavailable : ErrorCode::kKeysUnavailable;
    return Outcome{.answer = nullptr, .error = Error{.code = code}};
  }
  Outcome outcome{.answer = std::move(slot->answer), .error = slot->error};
  finish(*slot);
  return outcome;
}

void TicketTable::cancel(Ticket ticket) noexcept {
  if (Slot* slot = find_slot(ticket)) finish(*slot);
}

std::size_t TicketTable::drain(std::span<Ticket> tickets) noexcept {
  std::uint64_t events = 0;
  // EAGAIN, the only failure of a non-blocking eventfd, means that nothing was counted: the queue tells.
  [[maybe_unused]] const ssize_t read_bytes = read(completion_fd_, &events, sizeof events);
  std::size_t count = 0;
  while (count < tickets.size()) {
    const std::optional<std::uint32_t> index = settled_.pop();
    if (!index) return count;
    Slot& slot = slots_[*index];
    ASSAY_CHECK(slot.state.load(std::memory_order_acquire) == State::kSettled);  // [T2]
    slot.drained = true;
    if (slot.finished) {
      free_slot(slot);
      continue;
    }
    tickets[count++] = Ticket{.slot_plus_one = *index + 1, .generation = slot.generation};
  }
  wake(completion_fd_);  // more may wait: the next poll must see it
  return count;
}

std::optional<AnswerOrder> TicketTable::take_order() noexcept {
  const std::optional<std::uint32_t> index = orders_.pop();
  if (!index) return std::nullopt;
  const Slot& slot = slots_[*index];
  ASSAY_CHECK(slot.state.load(std::memory_order_acquire) == State::kOrdered);  // [T1]
  return AnswerOrder{.slot = *index, .kind = slot.kind, .answers_id = slot.answers_id, .token = token_of(slot)};
}

void TicketTable::settle(std::uint32_t index, std::shared_ptr<const issuer::IntrospectionAnswer> answer,
                         Error error) noexcept {
  Slot& slot = slots_[index];
  slot.answer = std::move(answer);
  slot.error = error;
  slot.state.store(State::kSettled, std::memory_order_release);  // [T2]
  settled_.push(index);
  wake(completion_fd_);
}

}  // namespace assay::verify
