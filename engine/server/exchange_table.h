// The requests that one worker has given out, and those answers that must wait for an older one of their connection.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "server/connection.h"
#include "server/http_server.h"
#include "server/response_writer.h"

namespace assay::server {

// One request of one connection, from its last byte to its response's place in the output.
struct ExchangeSlot {
  enum class State : std::uint8_t {
    kFree,
    kWaiting,   // for the handler
    kAnswered,  // `reply` waits for the older requests of the connection
  };
  State state = State::kFree;
  AfterAnswer after = AfterAnswer::kAsClientAsked;
  bool is_head = false;
  bool is_http_1_0 = false;
  std::uint32_t generation = 0;
  std::uint32_t connection = 0;
  std::uint32_t next = Connection::kNoExchange;  // younger request of the same connection
  HttpRequest request;
  std::vector<HttpField> fields;  // what request.fields shows
  std::string reply;
};

// Slots stay where they are, because handlers hold pointers to their requests. Memory grows to the most that was in use
// at once and is used again; a slot's own buffers are kept unless they are large.
class ExchangeTable {
 public:
  // Appends a slot to the chain of `connection`, which has index `connection_index`.
  [[nodiscard]] std::uint32_t append(Connection& connection, std::uint32_t connection_index);

  // Takes the oldest slot off the chain and frees it. Precondition: there is one.
  void pop_front(Connection& connection);

  // The slot that `id` names if it still waits for an answer, else null.
  [[nodiscard]] ExchangeSlot* find_waiting(ExchangeId id) noexcept;

  [[nodiscard]] ExchangeSlot& slot(std::uint32_t index) noexcept { return slots_[index]; }
  [[nodiscard]] ExchangeId id_of(std::uint32_t index) const noexcept { return {index, slots_[index].generation}; }

 private:
  std::deque<ExchangeSlot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace assay::server
