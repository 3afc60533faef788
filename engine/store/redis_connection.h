// hiredis as a fleet's node uses it: one connection of one thread, commands out, replies in, and every wait bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "base/free_with.h"
#include "store/redis_url.h"

namespace assay::store {

struct RedisReply {
  enum class Kind : std::uint8_t { kNil, kText, kNumber, kList, kError };
  Kind kind = Kind::kNil;
  std::string text;         // kText, kError
  std::int64_t number = 0;  // kNumber
  std::vector<RedisReply> items;

  [[nodiscard]] bool is_error() const noexcept { return kind == Kind::kError; }
};

// A command and its arguments: bytes of any kind, borrowed for the call that takes them.
using RedisCommand = std::span<const std::string_view>;

// Blocks SIGPIPE in the calling thread: hiredis writes without MSG_NOSIGNAL, so a server that is gone would end the
// process.
void block_broken_pipe();

// Once a call has failed, complaint() says why and the connection is of no more use. The thread that uses it has called
// block_broken_pipe().
class RedisConnection {
 public:
  // Connects to `server`, presents user and password and selects the database. Blocks for at most about three times
  // settings.reply_timeout, and as long as the system's resolver takes for a name.
  //
  //   returns  nothing where that fails; then `complaint` says why, and holds no credentials
  [[nodiscard]] static std::optional<RedisConnection> open(const RedisServer& server, const RedisSettings& settings,
                                                           std::string& complaint);

  // Puts a command behind those that wait for flush().
  void add(RedisCommand command);

  // Sends what was added. Blocks for at most about reply_timeout per call to the system.
  [[nodiscard]] bool flush();

  enum class Arrival : std::uint8_t { kReply, kNothingYet, kFailed };
  // Takes the next reply, in the order of the commands, from what has arrived; does not wait.
  [[nodiscard]] Arrival take(RedisReply& reply);

  // The next reply; waits for it until reply_timeout has passed.
  [[nodiscard]] bool receive(RedisReply& reply);

  // Sends a command and receives its reply. A reply that is an error is no failure.
  [[nodiscard]] bool ask(RedisCommand command, RedisReply& reply);

  // Becomes readable when more has arrived.
  [[nodiscard]] int fd() const noexcept { return context_->fd; }

  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

 private:
  using Context = std::unique_ptr<redisContext, base::FreeWith<redisFree>>;

  RedisConnection(Context context, std::string name, std::chrono::milliseconds reply_timeout)
      : context_(std::move(context)), name_(std::move(name)), reply_timeout_(reply_timeout) {}

  [[nodiscard]] bool introduce(const RedisSettings& settings);
  [[nodiscard]] bool is_taken(RedisCommand command);
  void fail(std::string_view what);

  Context context_;
  std::string name_;  // host and port
  std::chrono::milliseconds reply_timeout_;
  std::string complaint_;
};

// What `open` makes of the first of settings.servers that it can do with.
//
//   open     as RedisConnection::open, with its second argument already in place
//   returns  nothing where it fails with each; then `complaint` says why, server by server
template <typename Opened>
[[nodiscard]] std::optional<Opened> open_first(
    const RedisSettings& settings, std::string& complaint,
    const std::function<std::optional<Opened>(const RedisServer&, std::string&)>& open) {
  std::string all;
  for (const RedisServer& server : settings.servers) {
    std::string why;
    if (std::optional<Opened> opened = open(server, why)) return opened;
    all += (all.empty() ? "" : "; ") + why;
  }
  complaint = all;
  return std::nullopt;
}

}  // namespace assay::store
