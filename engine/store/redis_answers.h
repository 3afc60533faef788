// Introspection answers that a fleet shares in Redis 6 or later, or Valkey. One key for each, which expires by itself:
//
//   PREFIX:answer:KEY   KEY in 64 hexadecimal digits; a sealed answer, or the mark of an erasure
#pragma once

#include <memory>

#include "assay/shared_answers.h"
#include "store/redis_url.h"

namespace assay::store {

// Thread-safe. Callbacks run without a lock held; they may call any method, must not block for long and must not
// destroy this.
//
//   find       while Redis cannot be reached, or kWaitingMax questions and writes wait, it fails at once
//   write      likewise; while Redis runs short of memory it is held back (store/redis_room.h)
//   erase      waits for Redis's return, at most kErasuresMax of them
//   server     the first of settings.servers that answers. A connection is tried again and again by itself, and asked
//              twice a second whether it is whole: a find() never waits for a connection
//   Redis      a user that may EVAL, GETRANGE, PTTL, SET, DEL, PING, INFO and SELECT on PREFIX:*
//   destructor within about three reply_timeout for each server
class RedisAnswers final : public SharedAnswers {
 public:
  // Touches no network yet, but starts the thread that does. Precondition: settings has a server.
  explicit RedisAnswers(RedisSettings settings);
  ~RedisAnswers() override;
  RedisAnswers(const RedisAnswers&) = delete;
  RedisAnswers& operator=(const RedisAnswers&) = delete;

  void find(const SharedKey& key, std::int64_t give_up_ns, FindDone done) override;
  void write(SharedWrite write) override;
  void erase(SharedErasure erasure, EraseDone done) override;
  [[nodiscard]] SharedAnswersHealth health() const override;

  static constexpr std::size_t kWaitingMax = 4096;
  static constexpr std::size_t kErasuresMax = 4096;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::store
