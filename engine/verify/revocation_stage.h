// Refuses what is revoked, for a whole batch: the ids that are missing are hashed together, then all are looked up
// together.
//
// A kind that has no entries costs nothing. Ids are kept with remembered tokens and answers, so that a token that is
// seen again is not hashed again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "assay/limits.h"
#include "state/revocation_table.h"
#include "verify/check_state.h"
#include "verify/feed_watch.h"
#include "verify/rsa_guard.h"
#include "verify/target_digest.h"

namespace assay::verify {

// What of a token a revocation of this kind would name; nothing where the token has no such thing. The issuer and, of a
// JWT, the key are known. Views are the state's.
[[nodiscard]] std::optional<std::string_view> revocable_value(const CheckState& state, RevocationKind kind) noexcept;

// Where revocations are, how they are named, and whether they still come. All must outlive whoever has it.
struct RevocationSource {
  state::RevocationTable& table;
  std::string_view id_key;
  const FeedWatch& feed;
};

// One worker's readers and digests. Thread-confined.
class RevocationStage {
 public:
  // `guard` must outlive the stage: while it does not trust the kernels, OpenSSL hashes.
  RevocationStage(base::ReaderIndex reader, const RevocationSource& source, const kernel::Sha256Variant& sha256,
                  const RsaGuard& guard);

  // Closes those open checks among at most kBatchMax states whose token is revoked, and sets `targets` of every open
  // one, unless nothing at all is revoked. What `targets` points to lives until the next check().
  //   codes    revoked (detail: by which kind); overloaded: OpenSSL fails to hash; revocations_unavailable: none is
  //            known, and the fleet was not followed for too long at that time
  void check(std::span<CheckState> states, std::int64_t monotonic_ns) noexcept;

 private:
  // Begins with what is kept of the token's ids, and orders those that are missing.
  void take(CheckState& state, std::uint32_t kinds_held) noexcept;
  void order(const CheckState& state, RevocationKind kind) noexcept;
  [[nodiscard]] bool make_ids() noexcept;
  // Ends the stage for a token of which no revocation is known.
  void clear(CheckState& state) const noexcept;
  void keep_targets(const CheckState& state) const noexcept;

  state::RevocationTable::Reader reader_;
  TargetDigest digests_;
  const RsaGuard& guard_;
  const FeedWatch& feed_;
  bool feed_is_late_ = false;                    // at the time of the batch that runs
  std::array<CheckState*, kBatchMax> states_{};  // of the batch that runs: the first count_
  std::array<state::TokenTargets, kBatchMax> targets_;
  std::array<std::optional<RevocationKind>, kBatchMax> revoked_;
  std::size_t count_ = 0;
  std::array<TargetJob, kBatchMax * kRevocationKindCount> jobs_;  // of the batch that runs: the first job_count_
  std::array<std::uint16_t, kBatchMax * kRevocationKindCount> job_places_{};  // by job: place of its state
  std::size_t job_count_ = 0;
};

}  // namespace assay::verify
