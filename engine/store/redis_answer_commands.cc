#include "store/redis_answer_commands.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hex.h"

namespace assay::store {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
// Over a year; what Redis says beyond it has no room in nanoseconds.
constexpr std::int64_t kLifeMaxMs = 100'000'000'000;

// One more than the longest value, so that a longer one is seen to be longer. Both commands cut alike. A value of
// another type is none of ours: nothing is there, and it is written over.
constexpr std::string_view kFind = R"(
local there = redis.pcall('GETRANGE', KEYS[1], 0, ARGV[1])
if type(there) == 'table' then there = '' end
return {there, redis.call('PTTL', KEYS[1])})";

// ARGV: as above, what must be there, what comes there, and for how many milliseconds.
constexpr std::string_view kWrite = R"(
local there = redis.pcall('GETRANGE', KEYS[1], 0, ARGV[1])
if type(there) == 'table' then there = '' end
if there ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1)";

// A Redis that is full takes no mark, but it still forgets.
constexpr std::string_view kErase = R"(
local marked = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if not marked.err then return marked end
if not string.find(marked.err, 'OOM', 1, true) then return marked end
redis.call('DEL', KEYS[1])
return {ok = 'OK'})";

const std::string& last_index() {
  static const std::string text = std::to_string(kSharedValueBytesMax);
  return text;
}

// A server that was a primary and is one no more, or is none yet: another of the list may be.
bool takes_no_writes(const RedisReply& reply) {
  return reply.is_error() && (reply.text.starts_with("READONLY") || reply.text.starts_with("LOADING") ||
                              reply.text.starts_with("MASTERDOWN"));
}

}  // namespace

std::string RedisAnswerCommands::name_of(const SharedKey& key) const {
  return prefix_ + ":answer:" + base::hex_text(key);
}

void RedisAnswerCommands::add_find(const SharedKey& key) {
  const std::string name = name_of(key);
  connection_.add(std::array<std::string_view, 5>{"EVAL", kFind, "1", name, last_index()});
}

void RedisAnswerCommands::add_write(const SharedWrite& write, std::int64_t now_ns) {
  sent_writes_.push_back(write.is_active ? room_.is_for_active() : room_.is_for_inactive());
  if (!sent_writes_.back()) return;
  room_.note_answer(write.bytes.size());
  const std::string name = name_of(write.key);
  const std::string life_ms = std::to_string(std::max<std::int64_t>(1, (write.until_ns - now_ns) / kNsPerMs));
  connection_.add(
      std::array<std::string_view, 8>{"EVAL", kWrite, "1", name, last_index(), write.seen, write.bytes, life_ms});
}

void RedisAnswerCommands::add_erasure(const SharedErasure& erasure) {
  const std::string name = name_of(erasure.key);
  const std::string life_ms = std::to_string(std::max<std::int64_t>(1, erasure.mark_life.count()));
  connection_.add(std::array<std::string_view, 6>{"EVAL", kErase, "1", name, erasure.mark, life_ms});
}

// PING tells of a server that is no whole one yet; INFO does not.
void RedisAnswerCommands::add_ping(std::int64_t now_ns) {
  pinged_ns_ = now_ns;
  connection_.add(std::array<std::string_view, 1>{"PING"});
  connection_.add(std::array<std::string_view, 2>{"INFO", "memory"});
}

bool RedisAnswerCommands::send() {
  complaint_.clear();
  if (connection_.flush()) return true;
  complaint_ = connection_.complaint();
  return false;
}

bool RedisAnswerCommands::receive(RedisReply& reply) {
  if (!connection_.receive(reply)) {
    complaint_ = connection_.complaint();
    return false;
  }
  if (reply.is_error()) complaint_ = "Redis answers: " + reply.text;
  return !takes_no_writes(reply);
}

bool RedisAnswerCommands::receive_find(std::int64_t sent_ns, SharedValue& value) {
  RedisReply reply;
  value = {};
  if (!receive(reply)) return false;
  if (reply.kind != RedisReply::Kind::kList || reply.items.size() != 2) return true;
  if (reply.items[0].text.empty()) {
    value.outcome = SharedValue::Outcome::kNotFound;
    return true;
  }
  value.outcome = SharedValue::Outcome::kFound;
  value.bytes = std::move(reply.items[0].text);
  // Below zero: it never expires, so it is none of ours.
  const std::int64_t left_ms = std::min(reply.items[1].number, kLifeMaxMs);
  value.until_ns = left_ms < 0 ? 0 : sent_ns + left_ms * kNsPerMs;
  return true;
}

bool RedisAnswerCommands::receive_write(WriteOutcome& outcome) {
  const bool is_sent = sent_writes_.front();
  sent_writes_.pop_front();
  outcome = is_sent ? WriteOutcome::kFailed : WriteOutcome::kHeldBack;
  if (!is_sent) return true;
  RedisReply reply;
  if (!receive(reply)) return false;
  if (reply.kind == RedisReply::Kind::kNumber) {
    outcome = reply.number == 1 ? WriteOutcome::kWritten : WriteOutcome::kSuperseded;
  }
  return true;
}

bool RedisAnswerCommands::receive_erasure(bool& is_done) {
  RedisReply reply;
  is_done = false;
  if (!receive(reply)) return false;
  is_done = reply.kind == RedisReply::Kind::kText;
  return true;
}

bool RedisAnswerCommands::receive_ping() {
  RedisReply reply;
  std::string earlier = std::exchange(complaint_, {});
  if (!receive(reply) || !receive(reply)) return false;
  room_ = RedisRoom(reply.kind == RedisReply::Kind::kText ? reply.text : std::string_view());
  if (complaint_.empty() && !room_.is_for_inactive()) complaint_ = "Redis is running short of memory";
  ping_complaint_ = std::exchange(complaint_, std::move(earlier));
  return true;
}

}  // namespace assay::store
