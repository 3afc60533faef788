// What shared answers say to Redis and hear from it, over one connection of one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "assay/shared_answers.h"
#include "store/redis_connection.h"

namespace assay::store {

enum class WriteOutcome : std::uint8_t { kWritten, kSuperseded, kFailed };

// The commands of a round are sent together and answered together.
class RedisAnswerCommands {
 public:
  RedisAnswerCommands(RedisConnection connection, std::string prefix)
      : connection_(std::move(connection)), prefix_(std::move(prefix)) {}

  // Put a command behind those that wait for send(). A write whose time is over by `now_ns` still takes its turn: Redis
  // keeps it for a millisecond.
  void add_find(const SharedKey& key);
  void add_write(const SharedWrite& write, std::int64_t now_ns);
  void add_erasure(const SharedErasure& erasure);
  void add_ping();

  // Begins a round. False: the connection is of no more use.
  [[nodiscard]] bool send();

  // Take the answers in the order of the commands; each waits at most reply_timeout. False: the connection is of no
  // more use. An answer that Redis refuses to give is kFailed, or false in `is_done`, and no failure of the connection,
  // unless it says that this server takes no writes.
  //
  //   sent_ns   not after send(): what the value's remaining time is counted from
  [[nodiscard]] bool receive_find(std::int64_t sent_ns, SharedValue& value);
  [[nodiscard]] bool receive_write(WriteOutcome& outcome);
  [[nodiscard]] bool receive_done(bool& is_done);  // of an erasure or a ping

  // Of the latest failure in this round; empty where there was none.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

 private:
  [[nodiscard]] std::string name_of(const SharedKey& key) const;
  [[nodiscard]] bool receive(RedisReply& reply);

  RedisConnection connection_;
  std::string prefix_;
  std::string complaint_;
};

}  // namespace assay::store
