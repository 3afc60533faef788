// Answers shared with other nodes: what is asked there, what is believed of it, and what is written.
//
// Time: an answer ends when it would have ended at the node that asked: by this node's wall clock, and when the place
// drops it, whichever is first. So a wall clock that is behind prolongs nothing while the place is honest, and a place
// that is not prolongs nothing by more than clocks differ. What comes from over kSkewMaxUs in the future is not used.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "assay/engine.h"
#include "assay/policy.h"
#include "assay/shared_answers.h"
#include "issuer/introspection.h"
#include "verify/answer_life.h"
#include "verify/fetch_inbox.h"
#include "verify/sealed_answer.h"

namespace assay::verify {

// What came of asking for a shared answer.
enum class ShareOutcome : std::uint8_t {
  kFound,
  kNotFound,    // nothing is there, or it is over
  kLate,        // nothing came within the wait
  kUnreadable,  // what is there was not sealed for this question by a node of the fleet, or comes from the future
  kFailed,      // the place cannot be reached or has too much to do
};
inline constexpr std::size_t kShareOutcomeCount = 5;

// Immutable: thread-safe.
class AnswerSharing {
 public:
  // `place` must outlive this. Precondition: fleet_key has at least kHmacSecretBytesMin bytes.
  AnswerSharing(SharedAnswers& place, std::string_view fleet_key, std::chrono::milliseconds wait,
                std::shared_ptr<FetchInbox> inbox);

  // As AnswerSealer.
  [[nodiscard]] std::optional<SealDigest> scope_of(const IssuerPolicy& issuer) const {
    return sealer_.scope_of(issuer);
  }
  [[nodiscard]] std::optional<AnswerPlace> place_of(const SealDigest& scope, std::string_view token) const {
    return sealer_.place_of(scope, token);
  }

  // How long a question waits for its answer.
  [[nodiscard]] std::chrono::nanoseconds wait() const noexcept { return wait_; }

  // Asks what is at `place`; it comes to the inbox under `fetch_id`, perhaps later than `due_ns`.
  void ask(std::uint64_t fetch_id, const AnswerPlace& place, std::int64_t due_ns) const;

  struct Heard {
    ShareOutcome outcome = ShareOutcome::kNotFound;
    std::shared_ptr<const issuer::IntrospectionAnswer> answer;  // where kFound
    AnswerSpan span;                                            // where kFound: from now on, fresh_us above 0
  };
  // What the value at `place` is worth.
  [[nodiscard]] Heard read(const AnswerPlace& place, const SharedValue& value, Now now) const;

  // Writes an answer that came now, unless something else than `seen` is there. Precondition: span.fresh_us > 0.
  void write(const AnswerPlace& place, std::string seen, const issuer::IntrospectionAnswer& answer,
             const AnswerSpan& span, Now now) const;

  // Erases the answer about a token. A call about it that began before, at any node of the same scope, does not write
  // it again. `done` as SharedAnswers::erase. Precondition: issuer.opaque is there.
  void erase(const IssuerPolicy& issuer, std::string_view token, EraseDone done) const;

  [[nodiscard]] SharedAnswersHealth health() const { return place_.health(); }

  static constexpr std::int64_t kSkewMaxUs = 1'000'000;

 private:
  SharedAnswers& place_;
  const AnswerSealer sealer_;
  const std::chrono::milliseconds wait_;
  const std::shared_ptr<FetchInbox> inbox_;
};

}  // namespace assay::verify
