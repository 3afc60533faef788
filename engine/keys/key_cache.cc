#include "keys/key_cache.h"

#include <utility>

#include "base/check.h"

namespace assay::keys {

const KeyState& KeyView::no_keys() noexcept {
  static const KeyState none;
  return none;
}

KeyView::KeyView(std::vector<std::shared_ptr<const KeyState>> states) : states_(std::move(states)) {
  places_.reserve(states_.size());
  for (const std::shared_ptr<const KeyState>& state : states_) {
    const KeyState& shown = state == nullptr ? no_keys() : *state;
    const KeySet* const set = shown.set.get();
    places_.push_back({.state = &shown, .set = set, .kids = set == nullptr ? KidView() : set->kids()});
  }
}

KeyCache::KeyCache() : view_(std::make_unique<const KeyView>(std::vector<std::shared_ptr<const KeyState>>())) {}

SeatNumber KeyCache::take_seat() {
  const base::MutexLock lock(mutex_);
  if (free_seats_.empty()) {
    states_.emplace_back();
    return static_cast<SeatNumber>(states_.size() - 1);
  }
  const SeatNumber seat = free_seats_.back();
  free_seats_.pop_back();
  return seat;
}

void KeyCache::give_back(SeatNumber seat) {
  const base::MutexLock lock(mutex_);
  states_[seat] = nullptr;
  publish_view();
  free_seats_.push_back(seat);
}

void KeyCache::publish(SeatNumber seat, std::shared_ptr<const KeyState> next) {
  ASSAY_CHECK(next != nullptr);
  const base::MutexLock lock(mutex_);
  states_[seat] = std::move(next);
  publish_view();
}

void KeyCache::publish_view() { view_.publish(std::make_unique<const KeyView>(states_)); }

KeySeat::KeySeat(std::shared_ptr<KeyCache> cache) : cache_(std::move(cache)), number_(cache_->take_seat()) {}

KeySeat::~KeySeat() { cache_->give_back(number_); }

void KeySeat::publish(std::shared_ptr<const KeyState> next) { cache_->publish(number_, std::move(next)); }

}  // namespace assay::keys
