#include "store/redis_log_follower.h"

#include <algorithm>
#include <future>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

namespace assay::store {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
// How long a node that asked waits before it asks again: doubles.
constexpr std::int64_t kAskIntervalMinNs = 10'000 * kNsPerMs;
constexpr std::int64_t kAskIntervalMaxNs = 640'000 * kNsPerMs;
constexpr std::size_t kRowsPerPage = 500;

int milliseconds_until(std::int64_t until_ns) {
  const std::int64_t left_ns = until_ns - base::monotonic_ns();
  return left_ns <= 0 ? 0 : static_cast<int>(left_ns / kNsPerMs) + 1;
}

}  // namespace

FleetFollower::FleetFollower(const RedisSettings& settings, std::string id_key_fingerprint, SqliteLog& local,
                             int wake_fd, std::function<bool()> stops, FollowerEvents events)
    : settings_(settings),
      id_key_fingerprint_(std::move(id_key_fingerprint)),
      local_(local),
      wake_fd_(wake_fd),
      stops_(std::move(stops)),
      events_(std::move(events)),
      node_(node_name(local.fleet_mark().store_id)),
      // A text that cannot be read is a place that is unknown: the node begins anew.
      position_(parse_position(local.fleet_mark().position).value_or(FleetPosition{})) {}

bool FleetFollower::is_unpushed(const LoggedRecord& row) {
  return row.origin == RecordOrigin::kHere && row.stamp.is_zero();
}

void FleetFollower::count_outbox() {
  std::uint64_t after = local_.fleet_mark().pushed_through;
  std::uint64_t count = 0;
  std::vector<LoggedRecord> rows;
  while (!stops_() && read_local(after, rows) && !rows.empty()) {
    count += static_cast<std::uint64_t>(std::count_if(rows.begin(), rows.end(), is_unpushed));
    after = rows.back().record.sequence;
  }
  events_.outbox(count);
}

void FleetFollower::run() {
  count_outbox();
  while (!stops_()) {
    stream_ = RedisStream::open(settings_, node_, id_key_fingerprint_, complaint_);
    if (stream_ && follow_stream()) return;
    stream_.reset();
    events_.state(RevocationLogHealth::Fleet::kCutOff, complaint_);
    const std::int64_t now_ns = base::monotonic_ns();
    wait_until(now_ns + backoff_.after_failure(now_ns));
    events_.cut_off();
  }
}

// Appends that come meanwhile are told at once that the fleet cannot be reached.
void FleetFollower::wait_until(std::int64_t until_ns) {
  while (!stops_() && base::monotonic_ns() < until_ns) {
    events_.cut_off();
    pollfd wake{wake_fd_, POLLIN, 0};
    if (::poll(&wake, 1, milliseconds_until(until_ns)) > 0) drain_wake();
  }
}

void FleetFollower::drain_wake() const {
  std::uint64_t count = 0;
  static_cast<void>(::read(wake_fd_, &count, sizeof count));
}

bool FleetFollower::fail(const std::string& complaint) {
  complaint_ = complaint;
  return false;
}

// Returns true where the node stops, false where the connection is lost.
bool FleetFollower::follow_stream() {
  caught_up_ = false;
  cursor_ = local_.fleet_mark().pushed_through;
  unechoed_.clear();
  offer_.reset();
  const bool begins_anew = position_.read.is_zero() || position_.owes_offer;
  if (begins_anew ? !join() : !agrees_on_id_key()) return false;
  while (!stops_()) {
    const auto wait = caught_up_ ? RedisStream::Wait::kForNews : RedisStream::Wait::kNo;
    if (stream_->begin_read(position_.read, wait) != StreamStep::kDone) return fail(stream_->complaint());
    StreamPage page;
    StreamStep step = StreamStep::kNothingYet;
    if (!wait_for_page(page, step)) return stops_();
    if (step == StreamStep::kGap) {
      if (!join()) return false;
      continue;
    }
    if (!take_page(page)) return false;
    backoff_.reset();
    if (caught_up_ && !(answer_ask() && step_offer() && ask_again())) return false;
    show();
    events_.turn();
  }
  return true;
}

// Pushes while it waits. False: the connection is lost or the node stops.
bool FleetFollower::wait_for_page(StreamPage& page, StreamStep& step) {
  const std::int64_t deadline_ns =
      base::monotonic_ns() + (RedisStream::kReadWait + settings_.reply_timeout).count() * kNsPerMs;
  while (!stops_()) {
    if (has_outbox() && !push_page()) return false;
    step = stream_->end_read(page);
    if (step == StreamStep::kFailed) return fail(stream_->complaint());
    if (step != StreamStep::kNothingYet) return true;
    const int left_ms = milliseconds_until(deadline_ns);
    if (left_ms == 0) return fail("Redis does not answer");
    pollfd waits[] = {{stream_->fd(), POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    const bool is_woken = !has_outbox() && ::poll(waits, 2, left_ms) > 0 && waits[1].revents != 0;
    if (is_woken) drain_wake();
    events_.turn();
  }
  return false;
}

bool FleetFollower::take_page(const StreamPage& page) {
  events_.heard(stamp_text(page.read));
  strange_count_ += page.strange_count;
  caught_up_ = caught_up_ || page.entries.size() + page.strange_count < RedisStream::kPageEntries;
  if (page.read == position_.read) return true;
  FleetUpdate update;
  for (const FleetEntry& entry : page.entries) take_entry(entry, update);
  position_.read = page.read;
  position_.highest = std::max(position_.highest, page.read);
  return apply(std::move(update));
}

void FleetFollower::take_entry(const FleetEntry& entry, FleetUpdate& update) {
  switch (entry.kind) {
    case FleetEntry::Kind::kRecord:
    case FleetEntry::Kind::kOffer: break;
    case FleetEntry::Kind::kAsk: is_asked_ = is_asked_ || entry.node != node_; return;
    case FleetEntry::Kind::kOffered: take_answer(entry.node); return;
    case FleetEntry::Kind::kMark: return;
  }
  LoggedRecord record = entry.record;
  if (entry.kind == FleetEntry::Kind::kRecord && entry.node == node_) {
    record.origin = RecordOrigin::kHere;
    unechoed_.erase(record.record.sequence);
  }
  if (offer_) {
    FleetStamp& seen = offer_->seen[record.record.id];
    seen = std::max(seen, record.stamp);
  }
  position_.highest = std::max(position_.highest, record.stamp);
  update.records.push_back(record);
}

// Who answers has everything, so one answer is enough.
void FleetFollower::take_answer(const std::string& node) {
  if (node == node_) return;
  ask_again_ns_ = 0;
  is_asked_ = false;
  if (offer_ && !offer_->stream_begins.is_zero()) offer_.reset();
}

bool FleetFollower::agrees_on_id_key() {
  return stream_->agree_on_id_key() == StreamStep::kDone || fail(stream_->complaint());
}

// What is written down first is that the place is lost: a crash from here on begins here again.
bool FleetFollower::join() {
  // Whoever flushes Redis, or fails over, may take the fleet's id key away with the stream.
  if (!agrees_on_id_key()) return false;
  bool is_trimmed = false;
  if (stream_->join(position_.highest, is_trimmed) != StreamStep::kDone) return fail(stream_->complaint());
  const SqliteLog::FleetMark mark = local_.fleet_mark();
  position_.read = {};
  position_.owes_offer = true;
  caught_up_ = false;
  cursor_ = mark.pushed_through;
  unechoed_.clear();
  offer_ = Offer{.through = mark.last_sequence};
  if (is_trimmed) {
    if (stream_->say(kAskWord) != StreamStep::kDone) return fail(stream_->complaint());
    ask_interval_ns_ = kAskIntervalMinNs;
    ask_again_ns_ = base::monotonic_ns() + ask_interval_ns_;
  }
  show();
  return apply({});
}

// Every row up to here has a stamp.
std::uint64_t FleetFollower::stamped_through() const { return unechoed_.empty() ? cursor_ : *unechoed_.begin() - 1; }

bool FleetFollower::apply(FleetUpdate update) {
  update.position = position_text(position_);
  update.pushed_through = stamped_through();
  std::promise<AppendResult> settled;
  std::vector<RevocationRecord> written;
  local_.apply_fleet(std::move(update), [&](AppendResult result, std::span<const RevocationRecord> records) {
    written.assign(records.begin(), records.end());
    settled.set_value(std::move(result));
  });
  const AppendResult result = settled.get_future().get();
  if (!is_durable(result.outcome)) {
    // Memory is put back to what is on disk.
    position_ = parse_position(local_.fleet_mark().position).value_or(FleetPosition{});
    return fail(result.complaint);
  }
  if (!written.empty()) events_.hand_over(written);
  return true;
}

bool FleetFollower::read_local(std::uint64_t after, std::vector<LoggedRecord>& rows) {
  std::promise<std::string> read;
  local_.read(after, kRowsPerPage, [&](std::vector<LoggedRecord> found, std::string complaint) {
    rows = std::move(found);
    read.set_value(std::move(complaint));
  });
  const std::string complaint = read.get_future().get();
  return complaint.empty() || fail(complaint);
}

bool FleetFollower::push_page() {
  const std::uint64_t last_sequence = local_.fleet_mark().last_sequence;
  std::vector<LoggedRecord> rows;
  if (!read_local(cursor_, rows)) return false;
  const std::uint64_t through = rows.empty() ? last_sequence : rows.back().record.sequence;
  std::erase_if(rows, [](const LoggedRecord& row) { return !is_unpushed(row); });
  if (!rows.empty() && !push_rows(rows)) return false;
  cursor_ = through;
  events_.pushed({.through = cursor_, .record_count = rows.size(), .is_all = !has_outbox()});
  return true;
}

bool FleetFollower::push_rows(const std::vector<LoggedRecord>& rows) {
  const SqliteLog::FleetMark mark = local_.fleet_mark();
  stream_->set_length_max(std::max(settings_.stream_length_min, 2 * mark.row_count));
  const StreamStep step = stream_->push(rows, position_.read);
  if (step == StreamStep::kGap) return fail("the stream has lost the place up to which this node has read");
  if (step != StreamStep::kDone) return fail(stream_->complaint());
  for (const LoggedRecord& row : rows) unechoed_.insert(row.record.sequence);
  return true;
}

// A node that lacks something itself does not answer: what it offered would not be everything.
bool FleetFollower::answer_ask() {
  if (!is_asked_ || offer_ || ask_again_ns_ != 0) return true;
  FleetStamp first;
  if (stream_->find_first(first) != StreamStep::kDone) return fail(stream_->complaint());
  offer_ = Offer{.through = local_.fleet_mark().last_sequence, .stream_begins = first};
  return true;
}

bool FleetFollower::find_rows_to_offer(std::vector<LoggedRecord>& rows) {
  if (!read_local(offer_->cursor, rows)) return false;
  offer_->cursor = rows.empty() ? offer_->through : rows.back().record.sequence;
  const std::int64_t now_us = base::wall_us();
  std::erase_if(rows, [&](const LoggedRecord& row) {
    const auto seen = offer_->seen.find(row.record.id);
    const bool is_seen = seen != offer_->seen.end() && seen->second >= row.stamp;
    const bool is_in_stream = !offer_->stream_begins.is_zero() && row.stamp >= offer_->stream_begins;
    return row.stamp.is_zero() || row.record.forget_at_us <= now_us || is_seen || is_in_stream;
  });
  return true;
}

// One page at a time: this node reads between them what it and others write.
bool FleetFollower::step_offer() {
  if (!offer_) return true;
  const StreamStep turn = stream_->take_offer_turn();
  if (turn == StreamStep::kNothingYet) return true;
  if (turn != StreamStep::kDone) return fail(stream_->complaint());
  while (offer_->cursor < offer_->through) {
    std::vector<LoggedRecord> rows;
    if (!find_rows_to_offer(rows)) return false;
    if (rows.empty()) continue;
    stream_->set_length_max(std::max(settings_.stream_length_min, 2 * local_.fleet_mark().row_count));
    return stream_->offer(rows) == StreamStep::kDone || fail(stream_->complaint());
  }
  return end_offer();
}

bool FleetFollower::end_offer() {
  const bool is_answer = !offer_->stream_begins.is_zero();
  const bool is_told =
      (!is_answer || stream_->say(kOfferedWord) == StreamStep::kDone) && stream_->end_offer_turn() == StreamStep::kDone;
  if (!is_told) return fail(stream_->complaint());
  offer_.reset();
  if (is_answer) {
    is_asked_ = false;
    return true;
  }
  position_.owes_offer = false;
  return apply({});
}

bool FleetFollower::ask_again() {
  if (ask_again_ns_ == 0 || base::monotonic_ns() < ask_again_ns_) return true;
  ask_interval_ns_ = std::min(ask_interval_ns_ * 2, kAskIntervalMaxNs);
  ask_again_ns_ = base::monotonic_ns() + ask_interval_ns_;
  return stream_->say(kAskWord) == StreamStep::kDone || fail(stream_->complaint());
}

// A node whose question nobody answers goes on after a while, and keeps asking. One that has not read to the stream's
// end is cut off as before: what is refused in what it has not read is not known here.
void FleetFollower::show() {
  using Fleet = RevocationLogHealth::Fleet;
  const bool waits_for_offer = ask_again_ns_ != 0 && ask_interval_ns_ == kAskIntervalMinNs;
  const bool heals = position_.owes_offer || waits_for_offer;
  if (!heals && !caught_up_) return;
  std::string complaint;
  if (ask_again_ns_ != 0) complaint = "the stream has forgotten its beginning, and no other node has offered it yet";
  if (strange_count_ != 0) complaint = std::to_string(strange_count_) + " entries of the stream cannot be read";
  events_.state(heals ? Fleet::kHealing : Fleet::kFollowing, complaint);
}

}  // namespace assay::store
