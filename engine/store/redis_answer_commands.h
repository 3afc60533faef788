// What shared answers say to Redis and hear from it, over one connection of one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "assay/shared_answers.h"
#include "store/redis_connection.h"
#include "store/redis_room.h"

namespace assay::store {

enum class WriteOutcome : std::uint8_t { kWritten, kSuperseded, kHeldBack, kFailed };

// The commands of a round are sent together and answered together. A write for which Redis has no room, as far
// as the latest ping and what was written since tell, is not sent.
class RedisAnswerCommands {
 public:
  RedisAnswerCommands(RedisConnection connection, std::string prefix)
      : connection_(std::move(connection)), prefix_(std::move(prefix)) {}

  // Put a command behind those that wait for send(). A write whose time is over by `now_ns` still takes its turn: Redis
  // keeps it for a millisecond.
  void add_find(const SharedKey& key);
  void add_write(const SharedWrite& write, std::int64_t now_ns);
  void add_erasure(const SharedErasure& erasure);
  void add_ping(std::int64_t now_ns);

  // Whether the latest ping is so long ago that a busy round should have one: what is written meanwhile may fill Redis.
  [[nodiscard]] bool wants_ping(std::int64_t now_ns) const noexcept { return now_ns - pinged_ns_ >= kPingEveryNs; }

  // Begins the round. False: the connection is of no more use.
  [[nodiscard]] bool send();

  // Take the answers in the order of the commands; each waits at most reply_timeout. False: the connection is of no
  // more use. An answer that Redis refuses to give is kFailed, or false in `is_done`, and no failure of the connection,
  // unless it says that this server takes no writes.
  //
  //   sent_ns   not after send(): what the value's remaining time is counted from
  [[nodiscard]] bool receive_find(std::int64_t sent_ns, SharedValue& value);
  [[nodiscard]] bool receive_write(WriteOutcome& outcome);
  [[nodiscard]] bool receive_erasure(bool& is_done);
  [[nodiscard]] bool receive_ping();

  // Of the latest failure in this round, else what the latest ping has found; empty where there was none.
  [[nodiscard]] const std::string& complaint() const noexcept {
    return complaint_.empty() ? ping_complaint_ : complaint_;
  }

 private:
  static constexpr std::int64_t kPingEveryNs = 100'000'000;

  [[nodiscard]] std::string name_of(const SharedKey& key) const;
  [[nodiscard]] bool receive(RedisReply& reply);

  RedisConnection connection_;
  std::string prefix_;
  RedisRoom room_;
  std::int64_t pinged_ns_ = 0;
  std::deque<bool> sent_writes_;  // of this round, in their order: false where one is held back
  std::string complaint_;
  std::string ping_complaint_;
};

}  // namespace assay::store
