#include "verify/control.h"

#include <algorithm>
#include <cstdlib>
#include <poll.h>

#include "base/check.h"
#include "verify/rsa_self_test.h"
#include "verify/sha256_self_test.h"
#include "verify/text_self_test.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kSweepPeriodNs = 100 * kNsPerMs;

// Keys that one step prepares, at up to 0.6 ms each: whoever waits for the machine's mutex waits no longer than that.
constexpr std::size_t kKeysPerStep = 8;

// poll's timeout for a due time: rounded up so that a step is never too early, at most a minute.
int wait_ms(std::int64_t due_ns, std::int64_t now_ns) {
  const std::int64_t wait_ns = std::clamp<std::int64_t>(due_ns - now_ns, 0, 60'000 * kNsPerMs);
  return static_cast<int>((wait_ns + kNsPerMs - 1) / kNsPerMs);
}

}  // namespace

Expected<std::unique_ptr<ControlMachine>> ControlMachine::open(EngineOptions options) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a host that opens engines does not change its environment meanwhile
  const char* const forced_kernels = std::getenv("ASSAY_KERNEL");
  const Expected<kernel::KernelTable> kernels =
      kernel::select_kernels(forced_kernels == nullptr ? "" : forced_kernels, base::detect_cpu_features());
  if (!kernels) return Unexpected(kernels.error());
  return open_with(std::move(options), *kernels);
}

Expected<std::unique_ptr<ControlMachine>> ControlMachine::open_with(EngineOptions options,
                                                                    const kernel::KernelTable& kernels) {
  Boards boards;
  if (options.shared_answers != nullptr && options.revocation_id_key.size() < kHmacSecretBytesMin) {
    if (options.complaint != nullptr) *options.complaint = "answers can be shared only under an id key";
    return Unexpected(Error{.code = ErrorCode::kBadPolicy});
  }
  Expected<Prepared> prepared = prepare(options.policy, {}, 1, boards.keys);
  if (!prepared) return Unexpected(prepared.error());
  prepare_statuses({}, boards.statuses, *prepared);
  Expected<std::unique_ptr<Revoker>> revoker =
      Revoker::open(options.revocation_log, options.revocation_id_key, options.complaint, options.feed_rule);
  if (!revoker) return Unexpected(revoker.error());
  return std::unique_ptr<ControlMachine>(
      new ControlMachine(std::move(options), kernels, std::move(boards), std::move(*prepared), std::move(*revoker)));
}

ControlMachine::ControlMachine(EngineOptions options, const kernel::KernelTable& kernels, Boards boards,
                               Prepared prepared, std::unique_ptr<Revoker> revoker)
    : fetcher_(options.fetcher),
      kernels_(passes_text_self_test(kernels) ? kernels : kernel::KernelTable{}),
      recheck_one_in_(options.recheck_one_in),
      verified_cache_bytes_(options.verified_cache_bytes),
      answers_(options.policy.introspection_cache_bytes),
      key_cache_(std::move(boards.keys)),
      status_board_(std::move(boards.statuses)),
      policy_(std::move(prepared.policy)),
      revoker_(std::move(revoker)),
      sharing_(options.shared_answers == nullptr
                   ? nullptr
                   : std::make_unique<const AnswerSharing>(*options.shared_answers, options.revocation_id_key,
                                                           options.share_wait, inbox_)),
      issuers_(std::move(options.policy.issuers)),
      supplies_(std::move(prepared.supplies)),
      statuses_(std::move(prepared.statuses)),
      answer_supply_(answers_, sharing_.get()) {
  answer_supply_.set_issuers(issuers_);
  if (!passes_rsa_self_test(kernels_.rsa) || !passes_sha256_self_test(kernels_.sha256)) rsa_guard_.distrust();
  if (options.host_steps_control) return;
  thread_ = std::thread([this] { run_thread(); });
}

ControlMachine::~ControlMachine() {
  stopping_.store(true, std::memory_order_release);  // [S1]
  inbox_->wake();
  if (thread_.joinable()) thread_.join();
}

void ControlMachine::run_thread() {
  while (!stopping_.load(std::memory_order_acquire)) {  // [S1]
    const Now now = Now::read();
    step(now);
    pollfd wake{.fd = control_fd(), .events = POLLIN, .revents = 0};
    poll(&wake, 1, wait_ms(next_step_ns(), now.monotonic_ns));
  }
}

Expected<ControlMachine::Prepared> ControlMachine::prepare(const Policy& policy, const Supplies& current,
                                                           std::uint64_t generation,
                                                           const std::shared_ptr<keys::KeyCache>& key_cache) {
  Expected<std::unique_ptr<CompiledPolicy>> compiled = compile_policy(policy, generation);
  if (!compiled) return Unexpected(compiled.error());
  Prepared prepared{.policy = std::move(*compiled), .supplies = {}, .statuses = {}};
  for (std::size_t i = 0; i < prepared.policy->issuers.size(); ++i) {
    const IssuerPolicy& issuer = prepared.policy->issuers[i].policy;
    const auto serving = std::find_if(current.begin(), current.end(),
                                      [&](const std::shared_ptr<KeySupply>& supply) { return supply->serves(issuer); });
    if (serving != current.end()) {
      prepared.supplies.push_back(*serving);
    } else {
      Expected<std::unique_ptr<KeySupply>> supply = KeySupply::make(issuer, key_cache);
      if (!supply) return Unexpected(supply.error());
      prepared.supplies.push_back(std::move(*supply));
    }
    prepared.policy->give_runtime(i, prepared.supplies.back()->runtime());
  }
  return prepared;
}

Expected<void> ControlMachine::reload(Policy policy) {
  const base::MutexLock lock(mutex_);
  Expected<Prepared> prepared = prepare(policy, supplies_, policy_generation_ + 1, key_cache_);
  if (!prepared) return Unexpected(prepared.error());
  prepare_statuses(statuses_, status_board_, *prepared);
  ++policy_generation_;
  answers_.set_bytes_max(policy.introspection_cache_bytes);
  issuers_ = std::move(policy.issuers);
  for (const std::shared_ptr<KeySupply>& supply : supplies_) {
    const Supplies& kept = prepared->supplies;
    if (std::find(kept.begin(), kept.end(), supply) == kept.end()) supply->abandon();
  }
  answer_supply_.set_issuers(issuers_);
  supplies_ = std::move(prepared->supplies);
  statuses_ = std::move(prepared->statuses);
  policy_.publish(std::move(prepared->policy));
  inbox_->wake();
  return {};
}

ControlMachine::Seat ControlMachine::add_worker() {
  const base::MutexLock lock(mutex_);
  base::ReaderIndex reader = 0;
  while (reader < kWorkersMax && seats_.test(reader)) ++reader;
  ASSAY_CHECK(reader < kWorkersMax);
  seats_.set(reader);
  tickets_.push_back(std::make_shared<TicketTable>(inbox_));
  return {.reader = reader, .tickets = tickets_.back()};
}

void ControlMachine::remove_worker(const Seat& seat) {
  const base::MutexLock lock(mutex_);
  seats_.reset(seat.reader);
  std::erase(tickets_, seat.tickets);
  answer_supply_.forget(*seat.tickets);
  for (const std::shared_ptr<KeySupply>& supply : supplies_) supply->forget(*seat.tickets);
}

void ControlMachine::send(std::uint64_t fetch_id, FetchRequest request) {
  if (fetcher_ == nullptr) {
    inbox_->put({.fetch_id = fetch_id,
                 .result = FetchResult{.outcome = FetchOutcome::kUnreachable,
                                       .status = 0,
                                       .headers = {},
                                       .body = {},
                                       .complaint = "the engine was opened without a fetcher"}});
    return;
  }
  fetcher_->fetch(std::move(request), [inbox = inbox_, fetch_id](FetchResult result) {
    inbox->put({.fetch_id = fetch_id, .result = std::move(result)});
  });
}

void ControlMachine::send_for_keys(const std::shared_ptr<KeySupply>& supply, FetchRequest request) {
  const std::uint64_t fetch_id = next_fetch_id_++;
  key_fetches_.emplace(fetch_id, supply);
  send(fetch_id, std::move(request));
}

void ControlMachine::step(Now now) {
  const base::MutexLock lock(mutex_);
  take_results(now);
  take_orders(now);
  answer_supply_.check_deadlines(now);
  prepare_slice(now);
  step_supplies(now);
  step_statuses(now);
  for (AnswerSupply::Outgoing& outgoing : answer_supply_.take_requests()) {
    send(outgoing.fetch_id, std::move(outgoing.request));
  }
  revoker_->step(now);
  stepped_ns_ = now.monotonic_ns;
  if (now.monotonic_ns >= next_sweep_ns_) {
    answers_.sweep(now.monotonic_ns);
    policy_.reclaim();
    key_cache_->reclaim();
    status_board_->reclaim();
    next_sweep_ns_ = now.monotonic_ns + kSweepPeriodNs;
  }
}

void ControlMachine::step_supplies(Now now) {
  for (const std::shared_ptr<KeySupply>& supply : supplies_) {
    if (supply->check_time(now.monotonic_ns)) {
      absl::erase_if(key_fetches_, [&](const auto& fetch) { return fetch.second == supply; });
    }
    if (std::optional<FetchRequest> request = supply->next_request(now.monotonic_ns)) {
      send_for_keys(supply, std::move(*request));
    }
  }
}

void ControlMachine::prepare_slice(Now now) {
  for (std::size_t i = 1; i <= supplies_.size(); ++i) {
    const std::size_t index = (last_prepared_ + i) % supplies_.size();
    if (!supplies_[index]->is_preparing()) continue;
    last_prepared_ = index;
    supplies_[index]->prepare(kKeysPerStep, now);
    return;
  }
}

void ControlMachine::take_results(Now now) {
  for (FetchInbox::Item& item : inbox_->take_all()) {
    if (const auto* const shared = std::get_if<SharedValue>(&item.result)) {
      static_cast<void>(answer_supply_.on_shared(item.fetch_id, *shared, now));
      continue;
    }
    const FetchResult& result = std::get<FetchResult>(item.result);
    if (answer_supply_.on_result(item.fetch_id, result, now)) continue;
    if (take_status_result(item.fetch_id, result, now)) continue;
    const auto found = key_fetches_.find(item.fetch_id);
    if (found == key_fetches_.end()) continue;  // came after its deadline
    const std::shared_ptr<KeySupply> supply = std::move(found->second);
    key_fetches_.erase(found);
    if (std::optional<FetchRequest> request = supply->on_result(result, now)) {
      send_for_keys(supply, std::move(*request));
    }
  }
}

void ControlMachine::take_orders(Now now) {
  for (const std::shared_ptr<TicketTable>& tickets : tickets_) {
    while (const std::optional<AnswerOrder> order = tickets->take_order()) take_order(tickets, *order, now);
  }
}

void ControlMachine::take_key_order(const std::shared_ptr<TicketTable>& tickets, const AnswerOrder& order, Now now) {
  const std::size_t index = order.answers_id % kIssuersMax;
  if (order.answers_id / kIssuersMax != policy_generation_ || index >= supplies_.size()) {
    // The policy changed under the order, and with it perhaps where the keys are.
    tickets->settle(order.slot, nullptr, Error{.code = ErrorCode::kKeysUnavailable});
    return;
  }
  supplies_[index]->on_order(tickets, order, now.monotonic_ns);
}

void ControlMachine::take_order(const std::shared_ptr<TicketTable>& tickets, const AnswerOrder& order, Now now) {
  if (order.kind != OrderKind::kAnswer) {
    take_key_order(tickets, order, now);
    return;
  }
  const std::size_t index = order.answers_id % kIssuersMax;
  const bool of_this_policy = order.answers_id / kIssuersMax == policy_generation_ && index < issuers_.size() &&
                              issuers_[index].opaque.has_value();
  if (!of_this_policy) {
    // The policy changed under the order, and with it perhaps whom to ask.
    tickets->settle(order.slot, nullptr, Error{.code = ErrorCode::kIntrospectionUnavailable});
    return;
  }
  answer_supply_.on_order(tickets, order, now);
}

std::int64_t ControlMachine::next_step_ns() const {
  const base::MutexLock lock(mutex_);
  std::int64_t due_ns =
      std::min({next_sweep_ns_, answer_supply_.next_due_ns(), revoker_->next_due_ns(), next_status_ns()});
  for (const std::shared_ptr<KeySupply>& supply : supplies_) due_ns = std::min(due_ns, supply->next_due_ns());
  return due_ns;
}

}  // namespace assay::verify
