// The key sets of all issuers, shared by all workers: one immutable view of them, replaced whole, so that a worker pins
// once for a batch and finds what it needs of each issuer side by side.
//
// Concurrency
//   writers    KeySeat::publish() and end: control threads; serialised by mutex_
//   readers    all workers, through observe()
//   publish    Snapshot::publish() of the next view; [P1] [P2] [P3] of base/snapshot.h
//   reclaim    a view whose last pin has ended is freed by the next publish() or reclaim(); a state with the last view
//              that names it, and its key set with the last state that does
//   staleness  a worker may use the old keys for the rest of its batch: its checks had arrived before the publish
//   reuse      a seat's number is another's once the seat has ended, and its keys have left the view by then. Who looks
//              up by a number keeps the seat alive from before the pin to its end: a compiled policy holds its issuers'
//              runtimes, and a worker pins the policy first
//   invariant  I1 a view and a state never change after publish()
//              I2 a state whose `set` is null carries the reason in `last_error`, but for a seat without a publish()
//              I3 a view that is pinned keeps one state of each issuer alive, and no other
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "base/mutex.h"
#include "base/snapshot.h"
#include "keys/key_set.h"
#include "keys/kid_doubt.h"

namespace assay::keys {

// What workers see of one issuer's keys.
struct KeyState {
  std::shared_ptr<const KeySet> set;  // null: no keys yet, or too stale to serve
  std::uint64_t generation = 0;       // grows with every change of `set`
  FetchFacts facts;                   // what to say where no key of `set` answers to a token
  std::int64_t fetched_us = 0;        // wall clock at the end of the latest good fetch; 0 where there was none
  std::string last_error;             // for readiness; empty after a good fetch
};

// The number of an issuer's place in the cache.
using SeatNumber = std::uint32_t;

// The states of all issuers at one time.
class KeyView {
 public:
  // By seat number; null: a seat that is free or published nothing yet.
  explicit KeyView(std::vector<std::shared_ptr<const KeyState>> states);

  [[nodiscard]] const KeyState& state_of(SeatNumber seat) const noexcept {
    return seat < places_.size() ? *places_[seat].state : no_keys();
  }
  // state_of(seat).set, without reading the state; null if it is.
  [[nodiscard]] const KeySet* set_of(SeatNumber seat) const noexcept {
    return seat < places_.size() ? places_[seat].set : nullptr;
  }
  // Asks for the line of the set that find_by_kid reads first.
  void prefetch(SeatNumber seat, const base::Hash128& kid) const noexcept {
    if (seat < places_.size()) places_[seat].kids.prefetch(kid);
  }
  // set_of(seat)->find_by_kid(kid, alg), without reading the set itself. Precondition: there is one.
  [[nodiscard]] Candidates find_by_kid(SeatNumber seat, const base::Hash128& kid, Alg alg) const noexcept {
    const Place& place = places_[seat];
    return place.kids.has_kids() ? place.kids.find(kid, alg) : place.set->find_by_kid(kid, alg);
  }

 private:
  // What a look-up needs of an issuer. Two share a cache line.
  struct Place {
    const KeyState* state = nullptr;
    const KeySet* set = nullptr;  // of state
    KidView kids;                 // of set
  };
  static_assert(sizeof(Place) == 32);

  [[nodiscard]] static const KeyState& no_keys() noexcept;

  std::vector<Place> places_;                            // by seat number
  std::vector<std::shared_ptr<const KeyState>> states_;  // what places_ points at
};

class KeyCache {
 public:
  KeyCache();

  using Pin = base::Snapshot<KeyView>::Pin;
  // The states of all issuers, for the length of a batch.
  [[nodiscard]] Pin observe(base::ReaderIndex reader) noexcept { return view_.observe(reader); }
  // Frees old views that nobody pins any more; returns how many are still waiting.
  std::size_t reclaim() { return view_.reclaim(); }

 private:
  friend class KeySeat;
  [[nodiscard]] SeatNumber take_seat();
  void give_back(SeatNumber seat);
  void publish(SeatNumber seat, std::shared_ptr<const KeyState> next);
  void publish_view() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Snapshot<KeyView> view_;
  base::Mutex mutex_;
  std::vector<std::shared_ptr<const KeyState>> states_ ABSL_GUARDED_BY(mutex_);  // by seat number, of the next view
  std::vector<SeatNumber> free_seats_ ABSL_GUARDED_BY(mutex_);
};

// One issuer's place in a cache.
//
//   cost   publish() and the end copy what the view says of every issuer: about 10 ns an issuer
class KeySeat {
 public:
  explicit KeySeat(std::shared_ptr<KeyCache> cache);
  // Takes the issuer's keys out of the cache.
  ~KeySeat();
  KeySeat(const KeySeat&) = delete;
  KeySeat& operator=(const KeySeat&) = delete;

  [[nodiscard]] SeatNumber number() const noexcept { return number_; }
  // Replaces what workers see of the issuer's keys. Precondition: `next` is not null.
  void publish(std::shared_ptr<const KeyState> next);

 private:
  std::shared_ptr<KeyCache> cache_;
  SeatNumber number_;
};

}  // namespace assay::keys
