#include "verify/revoker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kSweepStepNs = 5 * kNsPerMs;       // between steps of a round
constexpr std::int64_t kSweepRoundNs = 1'000 * kNsPerMs;  // between rounds
constexpr std::int64_t kForgetPeriodNs = 60'000 * kNsPerMs;

RevocationOutcome outcome_of(AppendOutcome outcome) noexcept {
  switch (outcome) {
    case AppendOutcome::kDurable: return RevocationOutcome::kDone;
    case AppendOutcome::kDurableHere: return RevocationOutcome::kDoneHere;
    case AppendOutcome::kNoSpace: return RevocationOutcome::kNoSpace;
    case AppendOutcome::kFailed:
    case AppendOutcome::kClosed: return RevocationOutcome::kFailed;
  }
  return RevocationOutcome::kFailed;
}

RevocationInfo::Id id_of(const state::TargetId& id) noexcept {
  RevocationInfo::Id bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(id.low >> (56 - 8 * i));
  }
  return bytes;
}

}  // namespace

Expected<std::unique_ptr<Revoker>> Revoker::open(RevocationLog* log, std::string id_key, std::string* complaint,
                                                 FeedRule feed_rule) {
  auto revoker = std::make_unique<Revoker>(log, std::move(id_key), feed_rule);
  if (log == nullptr) return revoker;
  const std::shared_ptr<State>& state = revoker->state_;
  ReplayResult replay = log->replay([&](std::span<const RevocationRecord> records) { state->table.apply(records); });
  if (replay.outcome != ReplayOutcome::kReplayed) {
    if (complaint != nullptr) *complaint = std::move(replay.complaint);
    const auto offset = std::min<std::uint64_t>(replay.damaged_at, std::numeric_limits<std::uint32_t>::max());
    return fail(ErrorCode::kBadRevocationLog, static_cast<std::size_t>(offset));
  }
  log->follow([state](std::span<const RevocationRecord> records) { state->follow(records); });
  revoker->feed_.begin(log->health().fleet);
  return revoker;
}

void Revoker::State::take_off(std::span<RevocationRecord> records) {
  const base::MutexLock lock(mutex);
  for (const RevocationRecord& record : records) ++flights[record.id].count;
  if (records.front().operation != RevocationOperation::kRevoke) return;
  for (RevocationRecord& record : records) table.raise_times(record);
  table.apply(records);
}

void Revoker::State::land(std::span<const RevocationRecord> records, const AppendResult& result) {
  const base::MutexLock lock(mutex);
  const bool is_kept = is_durable(result.outcome);
  std::vector<RevocationRecord> decided;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto found = flights.find(records[i].id);
    ASSAY_CHECK(found != flights.end());
    Flight& flight = found->second;
    const std::uint64_t sequence = result.last_sequence - (records.size() - 1 - i);
    if (!is_kept) {
      flight.lost_revocation |= records[i].operation == RevocationOperation::kRevoke;
    } else if (!flight.latest || flight.latest->sequence < sequence) {
      flight.latest = records[i];
      flight.latest->sequence = sequence;
    }
    if (--flight.count != 0) continue;
    const bool is_revoked = flight.latest && flight.latest->operation == RevocationOperation::kRevoke;
    if (flight.latest && (is_revoked || !flight.lost_revocation)) decided.push_back(*flight.latest);
    flights.erase(found);
  }
  table.apply(decided);
}

void Revoker::State::follow(std::span<const RevocationRecord> records) {
  const base::MutexLock lock(mutex);
  std::vector<RevocationRecord> decided;
  decided.reserve(records.size());
  for (const RevocationRecord& record : records) {
    const auto found = flights.find(record.id);
    if (found == flights.end()) {
      decided.push_back(record);
      continue;
    }
    Flight& flight = found->second;
    if (!flight.latest || flight.latest->sequence < record.sequence) flight.latest = record;
    if (record.operation == RevocationOperation::kRevoke) decided.push_back(record);
  }
  table.apply(decided);
}

void Revoker::submit(std::vector<RevocationRecord> records, RevocationDone done) {
  ASSAY_CHECK(has_log() && !records.empty());
  const base::MutexLock order_lock(order_mutex_);
  state_->take_off(records);
  auto landed = [state = state_, records, done = std::move(done)](AppendResult result) {
    state->land(records, result);
    done({.outcome = outcome_of(result.outcome),
          .recorded_count = is_durable(result.outcome) ? records.size() : 0,
          .complaint = std::move(result.complaint)});
  };
  log_->append(std::move(records), std::move(landed));
}

void Revoker::step(Now now) {
  bool forgets = false;
  bool looks_at_feed = false;
  {
    const base::MutexLock lock(state_->mutex);
    if (now.monotonic_ns >= state_->next_sweep_ns) {
      const bool is_round_over = state_->table.step_sweep(now.wall_us);
      state_->next_sweep_ns = now.monotonic_ns + (is_round_over ? kSweepRoundNs : kSweepStepNs);
    }
    if (log_ != nullptr && now.monotonic_ns >= state_->next_forget_ns) {
      state_->next_forget_ns = now.monotonic_ns + kForgetPeriodNs;
      forgets = true;
    }
    if (log_ != nullptr && now.monotonic_ns >= state_->next_feed_ns) {
      state_->next_feed_ns = now.monotonic_ns + FeedWatch::kPeriodNs;
      looks_at_feed = true;
    }
  }
  if (looks_at_feed) feed_.observe(log_->health().fleet, now);
  if (forgets) log_->forget(now.wall_us);
}

std::int64_t Revoker::next_due_ns() const {
  const base::MutexLock lock(state_->mutex);
  return log_ == nullptr ? std::numeric_limits<std::int64_t>::max()
                         : std::min({state_->next_sweep_ns, state_->next_forget_ns, state_->next_feed_ns});
}

RevocationStatus Revoker::status() const {
  RevocationStatus status;
  status.has_log = has_log();
  if (has_log()) status.log = log_->health();
  const base::MutexLock lock(state_->mutex);
  for (std::size_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    status.counts[kind] = state_->table.entry_count(static_cast<RevocationKind>(kind));
  }
  status.earliest_forget_us = state_->table.earliest_forget_us();
  status.bytes = state_->table.bytes();
  return status;
}

std::vector<RevocationInfo> Revoker::list(const std::optional<RevocationInfo::Id>& after, std::size_t count_max) const {
  std::optional<state::TargetId> after_id;
  if (after) after_id = {.high = state::read_big_endian(after->data()), .low = state::read_big_endian(&(*after)[8])};
  std::vector<RevocationInfo> infos;
  const base::MutexLock lock(state_->mutex);
  for (const state::RevocationEntry& entry : state_->table.list(after_id, count_max)) {
    infos.push_back({.id = id_of(entry.id),
                     .kind = entry.kind,
                     .issued_before_us = entry.issued_before_us,
                     .forget_at_us = entry.forget_at_us});
  }
  return infos;
}

std::vector<std::string> Revoker::complaints() const {
  if (!has_log()) return {};
  const RevocationLogHealth health = log_->health();
  std::vector<std::string> complaints;
  const std::string reason = health.complaint.empty() ? "" : ": " + health.complaint;
  if (!health.accepts_appends) complaints.push_back("revocations: none are accepted" + reason);
  switch (health.fleet) {
    case RevocationLogHealth::Fleet::kNone:
    case RevocationLogHealth::Fleet::kFollowing: break;
    case RevocationLogHealth::Fleet::kCutOff:
      complaints.push_back("revocations: the fleet cannot be reached, " + std::to_string(health.unpropagated_count) +
                           " wait for it" + reason);
      break;
    case RevocationLogHealth::Fleet::kHealing:
      complaints.push_back("revocations: a gap in the fleet's stream is being closed" + reason);
      break;
  }
  return complaints;
}

}  // namespace assay::verify
