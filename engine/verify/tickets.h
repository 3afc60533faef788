// Tickets of one worker: which answers it waits for, and the two queues between it and the control machine.
//
// Concurrency
//   writers    slot content: the worker while the slot is kFree, control while it is kOrdered, the worker again once it
//              is kSettled
//   publish    kFree -> kOrdered in order()      worker -> control   state store release   [T1]
//   observe    take_order()                      control             state load acquire    [T1]
//   publish    kOrdered -> kSettled in settle()  control -> worker   state store release   [T2]
//   observe    redeem(), drain()                 worker              state load acquire    [T2]
//   queues     orders_ (worker -> control) and settled_ (control -> worker): single producer, single consumer, as large
//              as there are slots, so that a push never finds them full                    [T3]
//   own        relaxed: each side's own counter, which nobody else writes                       [T4]
//   wake-up    eventfd: the control machine's inbox for orders, completion_fd for settled tickets
//   invariant  I1 a slot is in at most one queue
//              I2 a slot is free again only after control has settled it and drain() has met it, whatever came first:
//                 redeem, cancel or drain; so control never reads a slot that was given to another token
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/limits.h"
#include "assay/verdict.h"
#include "base/counters.h"
#include "base/keyed_hash.h"
#include "issuer/introspection.h"
#include "verify/fetch_inbox.h"

namespace assay::verify {

// A bounded queue of slot numbers between one producer and one consumer thread.
class SlotQueue {
 public:
  explicit SlotQueue(std::size_t capacity) : slots_(capacity) {}
  // Precondition: not full (the owner has fewer slots than that).
  void push(std::uint32_t slot) noexcept;
  [[nodiscard]] std::optional<std::uint32_t> pop() noexcept;

 private:
  std::vector<std::uint32_t> slots_;
  alignas(base::kCacheLineBytes) std::atomic<std::uint64_t> pushed_{0};  // written by the producer  [T3]
  alignas(base::kCacheLineBytes) std::atomic<std::uint64_t> popped_{0};  // written by the consumer  [T3]
};

// What a ticket is about.
enum class OrderKind : std::uint8_t {
  kAnswer,         // the authorization server's word on an opaque token
  kKey,            // a key with a kid that the issuer's set lacks
  kKeyWithoutKid,  // any key that verifies a token without kid
};

// What an order asks for, as the control machine sees it. Views live until the slot is settled.
struct AnswerOrder {
  std::uint32_t slot = 0;
  OrderKind kind = OrderKind::kAnswer;
  std::uint64_t answers_id = 0;  // CompiledIssuer::answers_id
  std::string_view token;        // kKey: the kid; kKeyWithoutKid: empty
};

class TicketTable {
 public:
  // `control` is woken when an order was made.
  explicit TicketTable(std::shared_ptr<FetchInbox> control);
  ~TicketTable();
  TicketTable(const TicketTable&) = delete;
  TicketTable& operator=(const TicketTable&) = delete;

  // Worker side ---------------------------------------------------------------------------------

  // Orders an answer. Nothing where all slots are taken. Precondition: token.size() <= kOpaqueTokenBytesMax.
  [[nodiscard]] std::optional<Ticket> order(std::uint64_t answers_id, std::string_view token) noexcept {
    return order(OrderKind::kAnswer, answers_id, token);
  }
  // Of any kind; `text` as AnswerOrder::token. Of the kinds for keys at most kPendingKeysMax are under way at once.
  [[nodiscard]] std::optional<Ticket> order(OrderKind kind, std::uint64_t answers_id, std::string_view text) noexcept;

  struct Outcome {
    std::shared_ptr<const issuer::IntrospectionAnswer> answer;  // null where error is set
    Error error;  // kNone, introspection_unavailable or pending; for keys unknown_key, keys_unavailable or pending
  };
  // Takes what a ticket brought and frees its slot; `pending` while it is not settled. An answer that was ordered under
  // another answers_id is none: introspection_unavailable, for a settled check does not pend again. Nothing if the
  // ticket is not one of this table's or was for another token.
  [[nodiscard]] std::optional<Outcome> redeem(Ticket ticket, std::uint64_t answers_id,
                                              std::string_view token) noexcept {
    return redeem(OrderKind::kAnswer, ticket, answers_id, token);
  }
  // The same for a ticket of any kind; of the kinds for keys, keys_unavailable takes introspection_unavailable's place.
  [[nodiscard]] std::optional<Outcome> redeem(OrderKind kind, Ticket ticket, std::uint64_t answers_id,
                                              std::string_view text) noexcept;

  // Slots that are taken by orders of answers from the issuer of that answers_id, cancelled ones included.
  [[nodiscard]] std::uint32_t taken_by_issuer(std::uint64_t answers_id) const noexcept {
    return taken_by_issuer_[answers_id % kIssuersMax];
  }

  void cancel(Ticket ticket) noexcept;
  [[nodiscard]] std::size_t drain(std::span<Ticket> tickets) noexcept;
  [[nodiscard]] int completion_fd() const noexcept { return completion_fd_; }

  // Control side --------------------------------------------------------------------------------

  [[nodiscard]] std::optional<AnswerOrder> take_order() noexcept;
  // Precondition: the slot's order was taken and not settled.
  void settle(std::uint32_t slot, std::shared_ptr<const issuer::IntrospectionAnswer> answer, Error error) noexcept;

 private:
  enum class State : std::uint8_t { kFree, kOrdered, kSettled };
  struct Slot {
    std::atomic<State> state{State::kFree};  // [T1] [T2]
    bool finished = false;                   // worker's own: redeemed or cancelled
    bool drained = false;                    // worker's own: drain() has met it
    std::uint32_t generation = 0;            // worker's own
    OrderKind kind = OrderKind::kAnswer;
    std::uint64_t answers_id = 0;
    std::uint32_t token_bytes = 0;
    std::shared_ptr<const issuer::IntrospectionAnswer> answer;
    Error error;
  };

  // kOpaqueTokenBytesMax bytes, the slot's own.
  [[nodiscard]] char* token_room(std::size_t index) const noexcept;
  [[nodiscard]] std::string_view token_of(const Slot& slot) const noexcept;
  [[nodiscard]] Slot* find_slot(Ticket ticket) noexcept;
  void finish(Slot& slot) noexcept;
  void free_slot(Slot& slot) noexcept;

  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<char[]> tokens_;                                                        // one room per slot
  std::vector<std::uint32_t> free_slots_;                                                 // worker's own
  std::vector<std::uint32_t> taken_by_issuer_ = std::vector<std::uint32_t>(kIssuersMax);  // worker's own, of answers
  std::uint32_t key_orders_ = 0;  // worker's own: slots that are not free and of a kind for keys
  SlotQueue orders_;
  SlotQueue settled_;
  std::shared_ptr<FetchInbox> control_;
  int completion_fd_;
};

}  // namespace assay::verify
