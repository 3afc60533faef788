#include "server/exchange_table.h"

namespace assay::server {

std::uint32_t ExchangeTable::append(Connection& connection, std::uint32_t connection_index) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slots_[index].connection = connection_index;
  slots_[index].next = Connection::kNoExchange;
  if (connection.last_exchange == Connection::kNoExchange) {
    connection.first_exchange = index;
  } else {
    slots_[connection.last_exchange].next = index;
  }
  connection.last_exchange = index;
  ++connection.exchanges;
  return index;
}

void ExchangeTable::pop_front(Connection& connection) {
  const std::uint32_t index = connection.first_exchange;
  ExchangeSlot& slot = slots_[index];
  connection.first_exchange = slot.next;
  if (slot.next == Connection::kNoExchange) connection.last_exchange = Connection::kNoExchange;
  --connection.exchanges;
  slot.state = ExchangeSlot::State::kFree;
  ++slot.generation;
  slot.reply.clear();
  if (slot.reply.capacity() > kSpareBytesMax) std::string().swap(slot.reply);
  free_.push_back(index);
}

ExchangeSlot* ExchangeTable::find_waiting(ExchangeId id) noexcept {
  if (id.slot >= slots_.size()) return nullptr;
  ExchangeSlot& slot = slots_[id.slot];
  const bool waits = slot.generation == id.generation && slot.state == ExchangeSlot::State::kWaiting;
  return waits ? &slot : nullptr;
}

}  // namespace assay::server
