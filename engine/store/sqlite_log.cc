// Concurrency
//   shared     the queue (log_queue.h); what health() and its kin tell, under mutex_
//   confined   file_: to the thread of replay() until the log's thread starts, then to that one
//   invariant  I1 `done` runs after the flush of its group, exactly once, without a lock held
//              I2 shown_ is what file_ holds durably, as of the latest end of a group
#include "store/sqlite_log.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "store/sqlite_log_file.h"

namespace assay::store {
namespace {

// How often a log that cannot write tries again.
constexpr std::chrono::milliseconds kProbeInterval{1000};
// How long the thread sleeps where nothing is due: any value is right, a request wakes it.
constexpr std::chrono::milliseconds kIdleWait{60'000};
// Rows that one transaction of forget() deletes: an append waits for one of them at most.
constexpr std::size_t kForgottenPerSlice = 1024;

AppendResult result_of(const FileFault& fault) {
  const bool full = fault.kind == FileFault::Kind::kNoSpace;
  return {full ? AppendOutcome::kNoSpace : AppendOutcome::kFailed, 0, fault.complaint};
}

ReplayOutcome outcome_of(const FileFault& fault) noexcept {
  return fault.kind == FileFault::Kind::kDamaged ? ReplayOutcome::kDamaged : ReplayOutcome::kUnreadable;
}

// A request, what became of it, and the records to tell about.
struct Settlement {
  WriteRequest* request = nullptr;
  AppendResult result;
  std::vector<RevocationRecord> written;
};

void settle(Settlement& settlement) {
  if (auto* append = std::get_if<AppendRequest>(settlement.request); append != nullptr) {
    append->done(std::move(settlement.result));
    return;
  }
  std::get<FleetRequest>(*settlement.request).done(std::move(settlement.result), settlement.written);
}

void refuse(WriteRequest& request, AppendOutcome outcome, std::string complaint) {
  Settlement settlement{&request, {outcome, 0, std::move(complaint)}, {}};
  settle(settlement);
}

}  // namespace

class SqliteLog::Impl {
 public:
  Impl(std::string path, std::string id_key_fingerprint) : file_(std::move(path), std::move(id_key_fingerprint)) {}

  ~Impl() {
    queue_.end();
    if (thread_.joinable()) thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ReplayResult replay(const ReplaySink& sink);

  void write(WriteRequest request) {
    if (!is_replayed_) {
      refuse(request, AppendOutcome::kFailed, "the log has not been replayed");
    } else if (!queue_.push(request)) {
      refuse(request, AppendOutcome::kClosed, "the log is closed");
    }
  }

  void read(ReadRequest request) {
    if (!is_replayed_ || !queue_.push(request)) request.done({}, "the log is closed");
  }

  void forget(std::int64_t now_us) { queue_.ask_to_forget(now_us); }

  RevocationLogHealth health() const {
    const std::size_t queued_count = queue_.queued_count();
    base::MutexLock lock(mutex_);
    RevocationLogHealth health;
    health.accepts_appends = is_replayed_ && accepts_;
    health.last_sequence = shown_.last_sequence;
    health.queued_count = queued_count;
    health.dropped_count = dropped_count_;
    health.complaint = complaint_;
    return health;
  }

  LogState shown() const {
    base::MutexLock lock(mutex_);
    return shown_;
  }

 private:
  void run();
  void write_group(std::vector<WriteRequest>& group);
  FileFault write_all(std::vector<Settlement>& settlements);
  FileFault write_one(Settlement& settlement);
  FileFault place_own(const std::vector<RevocationRecord>& records);
  FileFault place_fleets(const std::vector<LoggedRecord>& records, std::vector<RevocationRecord>& written);
  void serve(const ReadRequest& request);
  void probe();
  void forget_slice();
  void checkpoint();
  void show(const FileFault& fault);

  SqliteLogFile file_;
  LogQueue queue_;
  bool is_replayed_ = false;                                     // const once replay() has returned
  std::int64_t forgotten_before_us_ = LogQueue::kForgetNothing;  // the log's thread's
  std::uint64_t replaced_in_transaction_ = 0;                    // the log's thread's
  mutable base::Mutex mutex_;
  LogState shown_ ABSL_GUARDED_BY(mutex_);
  bool accepts_ ABSL_GUARDED_BY(mutex_) = true;
  std::uint64_t dropped_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string complaint_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

ReplayResult SqliteLog::Impl::replay(const ReplaySink& sink) {
  ASSAY_CHECK(!thread_.joinable());
  ReplayResult result;
  std::vector<RevocationRecord> batch;
  const auto hand_over = [&](std::span<const LoggedRecord> entries) {
    batch.clear();
    for (const LoggedRecord& entry : entries) {
      if (entry.record.operation == RevocationOperation::kRevoke) batch.push_back(entry.record);
    }
    if (batch.empty()) return;
    result.last_sequence = batch.back().sequence;
    sink(batch);
  };
  FileFault fault = file_.open();
  if (!fault.is_fault()) fault = file_.check(hand_over);
  if (fault.is_fault()) {
    result.outcome = outcome_of(fault);
    result.damaged_at = fault.offset;
    result.complaint = std::move(fault.complaint);
    return result;
  }
  show({});
  // A disk that is full now does not keep the log from being read: the next start tries again.
  static_cast<void>(file_.adopt_id_key());
  is_replayed_ = true;
  result.outcome = ReplayOutcome::kReplayed;
  thread_ = std::thread([this] { run(); });
  return result;
}

void SqliteLog::Impl::run() {
  for (bool ended = false; !ended;) {
    bool accepts = true;
    {
      base::MutexLock lock(mutex_);
      accepts = accepts_;
    }
    const bool forgets = accepts && queue_.forget_before_us() > forgotten_before_us_;
    LogTurn turn = queue_.wait(!accepts ? kProbeInterval : forgets ? std::chrono::milliseconds(0) : kIdleWait);
    if (!turn.writes.empty()) {
      write_group(turn.writes);
    } else if (!accepts) {
      probe();
    }
    for (const ReadRequest& request : turn.reads) serve(request);
    if (forgets) forget_slice();
    if (file_.wants_checkpoint()) checkpoint();
    ended = turn.ended;
  }
  checkpoint();
}

// One transaction for the group; where that fails and the group has several requests, one for each: a small one may
// still find room where a large one does not.
void SqliteLog::Impl::write_group(std::vector<WriteRequest>& group) {
  std::vector<Settlement> settlements(group.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    settlements[i].request = &group[i];
    count += record_count(group[i]);
  }
  FileFault fault = write_all(settlements);
  if (fault.is_fault() && settlements.size() > 1) {
    for (Settlement& settlement : settlements) {
      std::vector<Settlement> alone;
      alone.push_back(std::move(settlement));
      fault = write_all(alone);
      settlement = std::move(alone.front());
    }
  }
  queue_.settle(count);
  for (Settlement& settlement : settlements) settle(settlement);
}

FileFault SqliteLog::Impl::write_all(std::vector<Settlement>& settlements) {
  replaced_in_transaction_ = 0;
  FileFault fault = file_.begin();
  for (std::size_t i = 0; i < settlements.size() && !fault.is_fault(); ++i) fault = write_one(settlements[i]);
  if (!fault.is_fault()) fault = file_.commit();
  show(fault);
  if (!fault.is_fault()) return fault;
  file_.roll_back();
  for (Settlement& settlement : settlements) {
    settlement.result = result_of(fault);
    settlement.written.clear();
  }
  return fault;
}

// The records of a request keep their order; a request that is written anew gets new sequences.
FileFault SqliteLog::Impl::write_one(Settlement& settlement) {
  FileFault fault;
  if (auto* append = std::get_if<AppendRequest>(settlement.request); append != nullptr) {
    fault = place_own(append->records);
  } else {
    FleetUpdate& update = std::get<FleetRequest>(*settlement.request).update;
    file_.raise_pushed_through(update.pushed_through);
    if (update.position) file_.set_fleet_position(*update.position);
    fault = place_fleets(update.records, settlement.written);
  }
  settlement.result = {AppendOutcome::kDurable, file_.next_sequence() - 1, {}};
  return fault;
}

FileFault SqliteLog::Impl::place_own(const std::vector<RevocationRecord>& records) {
  for (const RevocationRecord& record : records) {
    LoggedRecord entry{record, RecordOrigin::kHere, {}};
    auto placed = SqliteLogFile::Placed::kAdded;
    if (FileFault fault = file_.place(entry, placed); fault.is_fault()) return fault;
    if (placed == SqliteLogFile::Placed::kReplaced) ++replaced_in_transaction_;
  }
  return {};
}

// An own record that comes back is in the row already: the row gets its stamp, and nothing is superseded. One that was
// raised is told about: it forbids more than this node knew.
FileFault SqliteLog::Impl::place_fleets(const std::vector<LoggedRecord>& records,
                                        std::vector<RevocationRecord>& written) {
  for (LoggedRecord entry : records) {
    auto placed = SqliteLogFile::Placed::kAdded;
    if (FileFault fault = file_.place(entry, placed); fault.is_fault()) return fault;
    const bool is_raised = placed == SqliteLogFile::Placed::kRaised;
    const bool is_known = entry.origin == RecordOrigin::kHere && !is_raised;
    if (placed == SqliteLogFile::Placed::kOutdone || is_known) continue;
    if (placed == SqliteLogFile::Placed::kReplaced || is_raised) ++replaced_in_transaction_;
    written.push_back(entry.record);
  }
  return {};
}

void SqliteLog::Impl::serve(const ReadRequest& request) {
  std::vector<LoggedRecord> entries;
  const FileFault fault = file_.read(request.after, request.count_max, entries);
  if (fault.is_fault()) entries.clear();
  request.done(std::move(entries), fault.complaint);
}

// An empty transaction: it needs a page of the write-ahead log and a flush, as the smallest append does.
void SqliteLog::Impl::probe() {
  std::vector<Settlement> nothing;
  static_cast<void>(write_all(nothing));
}

void SqliteLog::Impl::forget_slice() {
  const std::int64_t before_us = queue_.forget_before_us();
  std::size_t gone = 0;
  replaced_in_transaction_ = 0;
  FileFault fault = file_.begin();
  if (!fault.is_fault()) fault = file_.forget(before_us, kForgottenPerSlice, gone);
  if (!fault.is_fault() && gone > 0) {
    replaced_in_transaction_ = gone;
    fault = file_.commit();
    show(fault);
  }
  if (gone < kForgottenPerSlice || fault.is_fault()) forgotten_before_us_ = before_us;
  file_.roll_back();
}

void SqliteLog::Impl::checkpoint() {
  const FileFault fault = file_.checkpoint();
  if (!fault.is_fault()) return;
  base::MutexLock lock(mutex_);
  complaint_ = fault.complaint;
}

void SqliteLog::Impl::show(const FileFault& fault) {
  base::MutexLock lock(mutex_);
  accepts_ = !fault.is_fault();
  complaint_ = fault.complaint;
  if (fault.is_fault()) return;
  shown_ = file_.state();
  dropped_count_ += replaced_in_transaction_;
  if (file_.witness_fails()) complaint_ = file_.witness_path() + ": cannot be written";
}

SqliteLog::SqliteLog(std::string path, std::string id_key_fingerprint)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(id_key_fingerprint))) {}

SqliteLog::~SqliteLog() = default;

ReplayResult SqliteLog::replay(const ReplaySink& sink) { return impl_->replay(sink); }

void SqliteLog::append(std::vector<RevocationRecord> records, AppendDone done) {
  ASSAY_CHECK(!records.empty());
  impl_->write(AppendRequest{std::move(records), std::move(done)});
}

// One node's log: nobody else writes it.
void SqliteLog::follow(FollowSink /*sink*/) {}

void SqliteLog::forget(std::int64_t now_us) { impl_->forget(now_us); }

RevocationLogHealth SqliteLog::health() const { return impl_->health(); }

void SqliteLog::apply_fleet(FleetUpdate update, FleetDone done) {
  ASSAY_CHECK(!update.position || update.position->size() <= kFleetPositionBytesMax);
  impl_->write(FleetRequest{std::move(update), std::move(done)});
}

SqliteLog::FleetMark SqliteLog::fleet_mark() const {
  LogState state = impl_->shown();
  return {.store_id = state.store_id,
          .last_sequence = state.last_sequence,
          .row_count = state.row_count,
          .position = std::move(state.fleet_position),
          .pushed_through = state.pushed_through};
}

void SqliteLog::read(std::uint64_t after, std::size_t count_max, RowsDone done) {
  impl_->read(ReadRequest{after, count_max, std::move(done)});
}

std::uint64_t SqliteLog::commit_count() const { return impl_->shown().commit_number; }

}  // namespace assay::store
