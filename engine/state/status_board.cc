#include "state/status_board.h"

namespace assay::state {

StatusSeatNumber StatusBoard::take_seat() {
  const base::MutexLock lock(mutex_);
  return next_seat_++;
}

void StatusBoard::publish(StatusSeatNumber seat, std::shared_ptr<const ServedStatusList> list) {
  const base::MutexLock lock(mutex_);
  const StatusView& current = view_.latest();
  if (list == nullptr && current.find(seat) == nullptr) return;
  auto next = std::make_unique<StatusView>(current);
  if (list == nullptr) {
    next->lists_.erase(seat);
  } else {
    next->lists_.insert_or_assign(seat, std::move(list));
  }
  view_.publish(std::move(next));
}

}  // namespace assay::state
