// The fleet's stream in Redis: what a node reads from it and writes to it. Keys, all under the prefix:
//
//   PREFIX:revocations   the stream (store/fleet_entry.h)
//   PREFIX:founding      the id of the stream's first entry: while it is still the first, nothing was forgotten
//   PREFIX:pushed        a hash: per node, the highest own sequence in the stream
//   PREFIX:offering      the node that offers what it holds; expires by itself
//   PREFIX:id_key        the fingerprint of the id key under which all nodes make ids, in hexadecimal
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/fleet_entry.h"
#include "store/redis_connection.h"
#include "store/redis_url.h"

namespace assay::store {

// What came of a call. After kFailed the stream is of no more use, and complaint() says why.
enum class StreamStep : std::uint8_t {
  kDone,
  kNothingYet,  // the answer is not there yet
  kGap,         // the entry up to which this node has read is gone: flushed, forgotten or failed over
  kFailed,
};

struct StreamPage {
  std::vector<FleetEntry> entries;
  FleetStamp read;                  // the id of the last entry
  std::uint64_t strange_count = 0;  // entries that no node of ours wrote; left out
};

// Two connections, so that writing does not wait behind a blocked read. Used by one thread.
class RedisStream {
 public:
  static constexpr std::size_t kPageEntries = 1000;
  // How long a read waits for news. A flush of an idle stream is found after at most so long.
  static constexpr std::chrono::milliseconds kReadWait{500};

  // Connects to the first of settings.servers that answers. Blocks for a few reply_timeout per server.
  //
  //   id_key_fingerprint   of the key under which this node makes ids; empty: not looked at
  [[nodiscard]] static std::optional<RedisStream> open(const RedisSettings& settings, std::string node,
                                                       std::string_view id_key_fingerprint, std::string& complaint);

  // Whether the fleet's ids are made under this node's id key: ids of another one match nothing. The first node that
  // comes says which it is.
  [[nodiscard]] StreamStep agree_on_id_key();

  // Founds the stream where there is none, and makes every id from now on higher than `floor`. `is_trimmed` says
  // whether the stream has forgotten entries of its beginning.
  [[nodiscard]] StreamStep join(const FleetStamp& floor, bool& is_trimmed);

  enum class Wait : std::uint8_t { kNo, kForNews };
  // Asks for the entries after `after`. One page is on its way at a time.
  [[nodiscard]] StreamStep begin_read(const FleetStamp& after, Wait wait);

  // Takes the page that begin_read() asked for. kGap: the entries on it are not to be used. Whether the entry at
  // `after` still exists is asked behind the reading and in one go with it, so a page that comes without kGap has
  // nothing missing before it.
  [[nodiscard]] StreamStep end_read(StreamPage& page);

  // Becomes readable when end_read() may have more to take.
  [[nodiscard]] int fd() const noexcept { return reader_.fd(); }

  // Writes own records, in the order of their sequences, if the entry `after` exists; a sequence that is in the stream
  // already is left out, so that a push whose answer was lost can be repeated.
  [[nodiscard]] StreamStep push(std::span<const LoggedRecord> records, const FleetStamp& after);

  // Writes records with the stamps that they have.
  [[nodiscard]] StreamStep offer(std::span<const LoggedRecord> records);

  // Writes an entry that is a word: kAskWord, kOfferedWord.
  [[nodiscard]] StreamStep say(std::string_view word);

  // One node offers at a time, so that the others see what they need not repeat. Takes or keeps the turn for
  // kOfferTurn; kNothingYet: another node has it.
  [[nodiscard]] StreamStep take_offer_turn();
  [[nodiscard]] StreamStep end_offer_turn();
  static constexpr std::chrono::milliseconds kOfferTurn{10'000};

  // The id of the first entry that is still there; zero where there is none.
  [[nodiscard]] StreamStep find_first(FleetStamp& first);

  // About how many entries the stream keeps from now on.
  void set_length_max(std::uint64_t count) { length_max_ = std::to_string(count); }

  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

 private:
  RedisStream(RedisConnection reader, RedisConnection writer, const std::string& prefix, std::string node,
              std::string_view id_key_fingerprint);

  [[nodiscard]] StreamStep ask(RedisCommand command, RedisReply& reply);
  [[nodiscard]] StreamStep failed(const RedisConnection& connection);
  [[nodiscard]] StreamStep refused(const RedisReply& reply);

  RedisConnection reader_;
  RedisConnection writer_;
  std::string stream_key_;
  std::string founding_key_;
  std::string pushed_key_;
  std::string offering_key_;
  std::string id_key_key_;
  std::string node_;
  std::string id_key_;  // its fingerprint
  std::string length_max_ = "1000000";
  std::string complaint_;
  FleetStamp after_;                // of the page on its way
  std::optional<RedisReply> news_;  // its entries, while the other half is on its way
};

}  // namespace assay::store
