// An introspection answer as it is remembered: with the ids by which its token may be revoked.
//
// Concurrency
//   writers    offer_targets(): any worker; the first one writes, the others' ids are the same and are dropped
//   readers    find_targets(): any worker, wait-free
//   publish    stage_ from kFilling to kFilled, release: the ids before it are whole                     [K1]
//   observe    stage_ acquire in find_targets()                                                          [K1]
//   claim      stage_ from kEmpty to kFilling by one exchange, relaxed: it orders nothing, it elects     [K2]
//   staleness  a worker that misses the ids makes its own
//   invariant  I1 the ids are never changed once kFilled
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "issuer/introspection.h"
#include "state/token_id.h"

namespace assay::verify {

class KeptAnswer {
 public:
  // Precondition: `answer` is not null.
  explicit KeptAnswer(std::shared_ptr<const issuer::IntrospectionAnswer> answer) noexcept
      : answer_(std::move(answer)) {}

  [[nodiscard]] bool active() const noexcept { return answer_->active(); }
  // Memory of the answer and this, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(*this) + answer_->bytes(); }
  [[nodiscard]] const issuer::IntrospectionAnswer& answer() const noexcept { return *answer_; }

  // The token's ids of every kind; null while nobody has made them.
  [[nodiscard]] const state::TokenTargets* find_targets() const noexcept {
    return stage_.load(std::memory_order_acquire) == Stage::kFilled ? &targets_ : nullptr;  // [K1]
  }

  // Keeps the token's ids. Precondition: every kind is known.
  void offer_targets(const state::TokenTargets& targets) const noexcept {
    Stage seen = Stage::kEmpty;
    if (!stage_.compare_exchange_strong(seen, Stage::kFilling, std::memory_order_relaxed)) return;  // [K2]
    targets_ = targets;
    stage_.store(Stage::kFilled, std::memory_order_release);  // [K1]
  }

 private:
  enum class Stage : std::uint8_t { kEmpty, kFilling, kFilled };

  std::shared_ptr<const issuer::IntrospectionAnswer> answer_;
  mutable state::TokenTargets targets_;
  mutable std::atomic<Stage> stage_{Stage::kEmpty};
};

}  // namespace assay::verify
