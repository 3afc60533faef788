// Revocations of a fleet: the local log (store/sqlite_log.h), joined with other nodes through a stream in Redis 6 or
// later, or Valkey.
//
// Every record is durable here before Redis hears of it, and everything Redis brings is durable here before anybody is
// told. Redis is the way and not the place: what it loses, the nodes give it again (store/redis_log_follower.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assay/revocation_log.h"
#include "store/redis_url.h"

namespace assay::store {

// Thread-safe, but for replay() and follow(), which come first and in this order. Callbacks run on the log's threads
// without a lock held: they may call any method, must not block for long and must not destroy the log.
//
//   replay       as SqliteLog's; Redis need not be there
//   append       kDurable: on disk here and in the stream. kDurableHere: on disk here; Redis is away, or did not answer
//                within about twice settings.reply_timeout: it is pushed when Redis is back, even after a restart
//   order        what a node appends while it is cut off is later than everything it finds when it comes back
//   follow       without it, other nodes' records are kept and replayed at the next start
//   disk full    other nodes' records wait in the stream
//   health       kCutOff from the first failure on; fleet_seen_us is the latest answer of Redis, at most about 500 ms
//                old while it answers. fleet_position is the id of the stream's latest entry here
//   Redis        a user that may EVAL, XADD, XREAD, XRANGE, GET, SET, DEL, EXISTS, HGET, HSET and SELECT on PREFIX:*;
//   no
//                eviction of keys (maxmemory-policy noeviction). Persistence is not needed: it spares the nodes the
//                offers after a restart. About 140 bytes of its memory per entry of the stream
//   destructor   within about three reply_timeout; appends that wait for Redis end with kDurableHere
class RedisLog final : public RevocationLog {
 public:
  // Touches neither file nor network yet. Precondition: settings has a server.
  //   id_key_fingerprint   as SqliteLog's
  RedisLog(std::string path, RedisSettings settings, std::string id_key_fingerprint = {});
  ~RedisLog() override;
  RedisLog(const RedisLog&) = delete;
  RedisLog& operator=(const RedisLog&) = delete;

  [[nodiscard]] ReplayResult replay(const ReplaySink& sink) override;
  void append(std::vector<RevocationRecord> records, AppendDone done) override;
  void follow(FollowSink sink) override;
  void forget(std::int64_t now_us) override;
  [[nodiscard]] RevocationLogHealth health() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::store
