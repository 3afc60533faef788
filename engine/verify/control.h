// The control machine: everything of an engine that is not on the deciding path. It fetches keys and answers, publishes
// them to the workers, and answers questions about the engine's state.
//
// Concurrency
//   writers    step(): one thread (the engine's own or the host's); reload(), add_worker(), remove_worker(): any thread
//   readers    readiness(), for_each_*(), explain(): any thread
//   locks      mutex_ guards the machine's state; explain_mutex_ the one pipeline of explain and with it the control
//              reader of every snapshot. explain_mutex_ is taken first where both are
//   publish    policy_ and the key cache through base/snapshot.h
//   stop       the destructor stores stopping_, release, and wakes the inbox; the thread loads it, acquire      [S1]
//   invariant  I1 no lock is held while a worker waits: workers take none
#pragma once

#include <atomic>
#include <bitset>
#include <cstdint>
#include <future>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "assay/control.h"
#include "assay/fetcher.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "kernel/kernel.h"
#include "verify/answer_sharing.h"
#include "verify/answer_supply.h"
#include "verify/compiled_policy.h"
#include "verify/event_ledger.h"
#include "verify/event_receiver.h"
#include "verify/fetch_inbox.h"
#include "verify/key_supply.h"
#include "verify/pipeline.h"
#include "verify/revoker.h"
#include "verify/status_supply.h"
#include "verify/tickets.h"

namespace assay::verify {

class ControlMachine final : public Control {
 public:
  // Errors: unknown_kernel, bad_policy, bad_key_set, bad_revocation_log.
  [[nodiscard]] static Expected<std::unique_ptr<ControlMachine>> open(EngineOptions options);
  // With kernels of the caller's choice: open's second half, and what tests enter with a kernel that fails.
  [[nodiscard]] static Expected<std::unique_ptr<ControlMachine>> open_with(EngineOptions options,
                                                                           const kernel::KernelTable& kernels);
  ~ControlMachine() override;

  // What workers use --------------------------------------------------------------------------

  struct Seat {
    base::ReaderIndex reader = 0;
    std::shared_ptr<TicketTable> tickets;
  };
  // Precondition: fewer than kWorkersMax workers are alive.
  [[nodiscard]] Seat add_worker();
  void remove_worker(const Seat& seat);

  [[nodiscard]] base::Snapshot<CompiledPolicy>& policy() noexcept { return policy_; }
  [[nodiscard]] keys::KeyCache& key_cache() noexcept { return *key_cache_; }
  [[nodiscard]] const kernel::KernelTable& kernels() const noexcept { return kernels_; }
  [[nodiscard]] RsaTrust rsa_trust() noexcept { return {.guard = rsa_guard_, .recheck_one_in = recheck_one_in_}; }
  [[nodiscard]] AnswerCache& answers() noexcept { return answers_; }
  [[nodiscard]] RevocationSource revocations() noexcept { return revoker_->source(); }
  [[nodiscard]] state::StatusBoard& status_lists() noexcept { return *status_board_; }
  // Of one worker, and what each may remember of verified tokens.
  [[nodiscard]] VerifiedCounters& verified_counters(base::ReaderIndex reader) noexcept {
    return verified_counters_[reader];
  }
  [[nodiscard]] std::size_t verified_cache_bytes() const noexcept { return verified_cache_bytes_; }
  // Verdicts on tokens whose issuer is not known, of one worker.
  [[nodiscard]] VerdictCounters& unattributed(base::ReaderIndex reader) noexcept { return unattributed_[reader]; }

  // Control -----------------------------------------------------------------------------------

  [[nodiscard]] int control_fd() const noexcept override { return inbox_->fd(); }
  void step(Now now) override;
  [[nodiscard]] std::int64_t next_step_ns() const override;
  [[nodiscard]] Readiness readiness() const override;
  void for_each_key(const std::function<void(const KeyInfo&)>& visit) const override;
  void for_each_metric(const std::function<void(const Metric&)>& visit) const override;
  [[nodiscard]] Explanation explain(const Check& check, Now now) override;
  [[nodiscard]] Expected<void> reload(Policy policy) override;
  void revoke(std::span<const RevocationTarget> targets, Now now, RevocationDone done) override;
  void lift(std::span<const RevocationTarget> targets, Now now, RevocationDone done) override;
  Invalidation invalidate(std::string_view issuer_name, std::string_view token) override;
  void receive_event(std::uint32_t entrance, std::string_view token, Now now, EventDone done) override;
  [[nodiscard]] RevocationStatus revocation_status() const override { return revoker_->status(); }
  [[nodiscard]] std::vector<RevocationInfo> list_revocations(const std::optional<RevocationInfo::Id>& after,
                                                             std::size_t count_max) const override {
    return revoker_->list(after, count_max);
  }

 private:
  using Supplies = std::vector<std::shared_ptr<KeySupply>>;
  struct StatusList {
    std::size_t issuer_index = 0;
    std::shared_ptr<StatusSupply> supply;
  };
  using StatusSupplies = std::vector<StatusList>;
  struct Prepared {
    std::unique_ptr<CompiledPolicy> policy;
    Supplies supplies;  // by issuer index
    StatusSupplies statuses;
  };
  // What workers read through, each the one of its engine.
  struct Boards {
    std::shared_ptr<keys::KeyCache> keys = std::make_shared<keys::KeyCache>();
    std::shared_ptr<state::StatusBoard> statuses = std::make_shared<state::StatusBoard>();
  };

  ControlMachine(EngineOptions options, const kernel::KernelTable& kernels, Boards boards, Prepared prepared,
                 std::unique_ptr<Revoker> revoker);
  // Compiles a policy and gives each issuer its supply: one of `current` where it serves, else a new one.
  [[nodiscard]] static Expected<Prepared> prepare(const Policy& policy, const Supplies& current,
                                                  std::uint64_t generation,
                                                  const std::shared_ptr<keys::KeyCache>& key_cache);
  // The second half of prepare: gives each status list its supply, likewise.
  static void prepare_statuses(const StatusSupplies& current, const std::shared_ptr<state::StatusBoard>& board,
                               Prepared& prepared);
  void run_thread();
  // Of a pipeline of control's own, under explain_mutex_.
  [[nodiscard]] PipelineParts control_parts(AnswerSource& source) noexcept;
  // Sets `gathered`. Where it stays empty, the result is what the caller is told.
  [[nodiscard]] RevocationResult gather_records(RevocationOperation operation,
                                                std::span<const RevocationTarget> targets, Now now,
                                                std::vector<RevocationRecord>& gathered);
  void change_revocations(RevocationOperation operation, std::span<const RevocationTarget> targets, Now now,
                          RevocationDone done);
  [[nodiscard]] JudgedEvent judge_event(std::uint32_t entrance, std::string_view token, Now now);
  // Has the issuer's keys fetched out of turn; nobody waits for them.
  void order_key(const CompiledIssuer& issuer, const std::optional<base::Hash128>& kid, Now now);
  // Here at once, in the fleet as soon as the place of shared answers has heard of it: which is when the future is
  // ready, and at once where no answers are shared.
  std::future<bool> forget_answer(const CompiledIssuer& issuer, std::string_view token);
  void send(std::uint64_t fetch_id, FetchRequest request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void send_for_keys(const std::shared_ptr<KeySupply>& supply, FetchRequest request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void take_key_order(const std::shared_ptr<TicketTable>& tickets, const AnswerOrder& order, Now now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void step_supplies(Now now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] const keys::KeyState& keys_of(const StatusList& list) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void step_statuses(Now now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the result is a status list's.
  bool take_status_result(std::uint64_t fetch_id, const FetchResult& result, Now now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] std::int64_t next_status_ns() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void tell_statuses(Readiness& readiness) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Prepares a few keys of one fetched document.
  void prepare_slice(Now now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void take_results(Now now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void take_orders(Now now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void take_order(const std::shared_ptr<TicketTable>& tickets, const AnswerOrder& order, Now now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void visit_verdicts(std::string_view issuer_name, const std::array<VerdictCounters, kWorkersMax>& counters,
                      const std::function<void(const Metric&)>& visit) const;
  void visit_kernel_metrics(const std::function<void(const Metric&)>& visit) const;
  void visit_verified_metrics(const std::function<void(const Metric&)>& visit) const;
  void visit_revocation_metrics(const std::function<void(const Metric&)>& visit) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void visit_status_metrics(const std::function<void(const Metric&)>& visit) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void visit_key_metrics(const KeySupply& supply, const std::function<void(const Metric&)>& visit) const;
  void visit_fetch_metrics(const KeySupply& supply, const std::function<void(const Metric&)>& visit) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Fetcher* const fetcher_;
  const kernel::KernelTable kernels_;
  const std::uint32_t recheck_one_in_;
  const std::size_t verified_cache_bytes_;
  RsaGuard rsa_guard_;
  const std::shared_ptr<FetchInbox> inbox_ = std::make_shared<FetchInbox>();
  AnswerCache answers_;
  const std::shared_ptr<keys::KeyCache> key_cache_;
  const std::shared_ptr<state::StatusBoard> status_board_;
  base::Snapshot<CompiledPolicy> policy_;
  const std::unique_ptr<Revoker> revoker_;
  const std::unique_ptr<const AnswerSharing> sharing_;  // null where no answers are shared
  const std::shared_ptr<EventLedger> events_ = std::make_shared<EventLedger>();
  std::array<VerdictCounters, kWorkersMax> unattributed_;
  std::array<VerifiedCounters, base::kReadersMax> verified_counters_;  // one writer each: the reader of that index

  mutable base::Mutex mutex_;
  std::uint64_t policy_generation_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<IssuerPolicy> issuers_ ABSL_GUARDED_BY(mutex_);  // of the current policy, by issuer index
  Supplies supplies_ ABSL_GUARDED_BY(mutex_);                  // by issuer index
  StatusSupplies statuses_ ABSL_GUARDED_BY(mutex_);            // of the current policy
  AnswerSupply answer_supply_ ABSL_GUARDED_BY(mutex_);
  std::bitset<kWorkersMax> seats_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<TicketTable>> tickets_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_fetch_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<std::uint64_t, std::shared_ptr<KeySupply>> key_fetches_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::uint64_t, std::shared_ptr<StatusSupply>> status_fetches_ ABSL_GUARDED_BY(mutex_);
  std::int64_t next_sweep_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t stepped_ns_ ABSL_GUARDED_BY(mutex_) = 0;    // of the latest step
  std::size_t last_prepared_ ABSL_GUARDED_BY(mutex_) = 0;  // the supply that had the latest slice
  std::size_t last_inflated_ ABSL_GUARDED_BY(mutex_) = 0;  // the status list that had the latest slice

  base::Mutex explain_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);

  std::atomic<bool> stopping_{false};  // [S1]
  std::thread thread_;                 // not joinable where the host steps
};

}  // namespace assay::verify
