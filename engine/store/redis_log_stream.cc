#include "store/redis_log_stream.h"

#include <array>

#include "base/hex.h"

namespace assay::store {
namespace {

// A new stream begins with a mark; an old one gets a mark where its ids are behind. An XADD below the last id is an
// error, which is then the answer wanted.
constexpr std::string_view kJoin = R"(
local founding = redis.call('GET', KEYS[2])
local exists = redis.call('EXISTS', KEYS[1]) == 1
local mark = redis.pcall('XADD', KEYS[1], ARGV[2], 'n', ARGV[1], 'k', 'mark')
if founding and exists then return founding end
if type(mark) ~= 'string' then mark = redis.call('XADD', KEYS[1], '*', 'n', ARGV[1], 'k', 'mark') end
redis.call('SET', KEYS[2], mark)
return mark)";

// ARGV: node, the entry that must exist, length, then sequence and row in turns.
constexpr std::string_view kPush = R"(
if #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return -1 end
local last = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
for i = 4, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'n', ARGV[1], 'r', ARGV[i + 1])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[i])
  end
end
return 1)";

constexpr std::string_view kTakeTurn = R"(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1)";

constexpr std::string_view kEndTurn = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0)";

std::string_view view_of(const RowBytes& row) { return {reinterpret_cast<const char*>(row.data()), row.size()}; }

bool is_list_of(const RedisReply& reply, std::size_t count) {
  return reply.kind == RedisReply::Kind::kList && reply.items.size() == count;
}

// [id, [field, value, ...]]
std::optional<FleetEntry> entry_of(const RedisReply& reply) {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  const std::vector<RedisReply>& texts = reply.items[1].items;
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) fields.emplace_back(texts[i].text, texts[i + 1].text);
  return parse_entry(reply.items[0].text, fields);
}

// The entries of one stream; false where Redis says something else.
bool read_entries(const RedisReply& list, StreamPage& page) {
  for (const RedisReply& item : list.items) {
    if (!is_list_of(item, 2)) return false;
    const std::optional<FleetStamp> id = parse_stamp(item.items[0].text);
    if (!id) return false;
    page.read = *id;
    if (std::optional<FleetEntry> entry = entry_of(item); entry) {
      page.entries.push_back(std::move(*entry));
    } else {
      ++page.strange_count;
    }
  }
  return true;
}

}  // namespace

std::optional<RedisStream> RedisStream::open(const RedisSettings& settings, std::string node,
                                             std::string_view id_key_fingerprint, std::string& complaint) {
  return open_first<RedisStream>(
      settings, complaint, [&](const RedisServer& server, std::string& why) -> std::optional<RedisStream> {
        std::optional<RedisConnection> reader = RedisConnection::open(server, settings, why);
        if (!reader) return std::nullopt;
        std::optional<RedisConnection> writer = RedisConnection::open(server, settings, why);
        if (!writer) return std::nullopt;
        return RedisStream(std::move(*reader), std::move(*writer), settings.prefix, node, id_key_fingerprint);
      });
}

RedisStream::RedisStream(RedisConnection reader, RedisConnection writer, const std::string& prefix, std::string node,
                         std::string_view id_key_fingerprint)
    : reader_(std::move(reader)),
      writer_(std::move(writer)),
      stream_key_(prefix + ":revocations"),
      founding_key_(prefix + ":founding"),
      pushed_key_(prefix + ":pushed"),
      offering_key_(prefix + ":offering"),
      id_key_key_(prefix + ":id_key"),
      node_(std::move(node)),
      id_key_(base::hex_text(id_key_fingerprint)) {}

StreamStep RedisStream::failed(const RedisConnection& connection) {
  complaint_ = connection.complaint();
  return StreamStep::kFailed;
}

StreamStep RedisStream::refused(const RedisReply& reply) {
  complaint_ = "Redis answers: " + (reply.is_error() ? reply.text : std::string("something else than was asked"));
  return StreamStep::kFailed;
}

StreamStep RedisStream::ask(RedisCommand command, RedisReply& reply) {
  if (!writer_.ask(command, reply)) return failed(writer_);
  return reply.is_error() ? refused(reply) : StreamStep::kDone;
}

StreamStep RedisStream::agree_on_id_key() {
  if (id_key_.empty()) return StreamStep::kDone;
  RedisReply reply;
  const std::array<std::string_view, 4> claim{"SET", id_key_key_, id_key_, "NX"};
  if (ask(claim, reply) != StreamStep::kDone) return StreamStep::kFailed;
  const std::array<std::string_view, 2> read{"GET", id_key_key_};
  if (ask(read, reply) != StreamStep::kDone) return StreamStep::kFailed;
  if (reply.text == id_key_) return StreamStep::kDone;
  complaint_ = "the fleet has another id key: [state] id_key_file must hold the same on all nodes ('" + id_key_key_ +
               "' in Redis is the fingerprint of the fleet's)";
  return StreamStep::kFailed;
}

StreamStep RedisStream::join(const FleetStamp& floor, bool& is_trimmed) {
  const std::string mark = stamp_text({floor.time_ms + 1, 0});
  RedisReply reply;
  const std::array<std::string_view, 7> command{"EVAL", kJoin, "2", stream_key_, founding_key_, node_, mark};
  if (ask(command, reply) != StreamStep::kDone) return StreamStep::kFailed;
  const std::optional<FleetStamp> founding = parse_stamp(reply.text);
  if (!founding) return refused(reply);
  FleetStamp first;
  if (find_first(first) != StreamStep::kDone) return StreamStep::kFailed;
  is_trimmed = first != *founding;
  return StreamStep::kDone;
}

StreamStep RedisStream::find_first(FleetStamp& first) {
  RedisReply reply;
  const std::array<std::string_view, 6> command{"XRANGE", stream_key_, "-", "+", "COUNT", "1"};
  if (ask(command, reply) != StreamStep::kDone) return StreamStep::kFailed;
  StreamPage page;
  if (!read_entries(reply, page)) return refused(reply);
  first = page.read;
  return StreamStep::kDone;
}

StreamStep RedisStream::begin_read(const FleetStamp& after, Wait wait) {
  after_ = after;
  news_.reset();
  const std::string id = stamp_text(after);
  const std::string count = std::to_string(kPageEntries);
  const std::string milliseconds = std::to_string(kReadWait.count());
  std::vector<std::string_view> command{"XREAD", "COUNT", count};
  if (wait == Wait::kForNews) command.insert(command.end(), {"BLOCK", milliseconds});
  command.insert(command.end(), {"STREAMS", stream_key_, id});
  reader_.add(command);
  reader_.add(std::array<std::string_view, 4>{"XRANGE", stream_key_, id, id});
  return reader_.flush() ? StreamStep::kDone : failed(reader_);
}

StreamStep RedisStream::end_read(StreamPage& page) {
  RedisReply reply;
  for (int half = news_ ? 1 : 0; half < 2; ++half) {
    const RedisConnection::Arrival arrival = reader_.take(reply);
    if (arrival == RedisConnection::Arrival::kNothingYet) return StreamStep::kNothingYet;
    if (arrival == RedisConnection::Arrival::kFailed) return failed(reader_);
    if (reply.is_error()) return refused(reply);
    if (half == 0) news_ = std::exchange(reply, {});
  }
  // `reply` is the entry at after_ alone, or nothing.
  const RedisReply news = std::move(*news_);
  news_.reset();
  if (reply.items.empty() && !after_.is_zero()) return StreamStep::kGap;
  page = {};
  page.read = after_;
  if (news.kind == RedisReply::Kind::kNil) return StreamStep::kDone;
  if (!is_list_of(news, 1) || !is_list_of(news.items[0], 2)) return refused(news);
  return read_entries(news.items[0].items[1], page) ? StreamStep::kDone : refused(news);
}

StreamStep RedisStream::push(std::span<const LoggedRecord> records, const FleetStamp& after) {
  const std::string after_text = stamp_text(after);
  std::vector<std::string> sequences;
  std::vector<RowBytes> rows;
  for (const LoggedRecord& record : records) {
    sequences.push_back(std::to_string(record.record.sequence));
    rows.push_back(encode_row(record));
  }
  std::vector<std::string_view> command{"EVAL", kPush, "2", stream_key_, pushed_key_, node_, after_text, length_max_};
  for (std::size_t i = 0; i < rows.size(); ++i) command.insert(command.end(), {sequences[i], view_of(rows[i])});
  RedisReply reply;
  if (ask(command, reply) != StreamStep::kDone) return StreamStep::kFailed;
  if (reply.kind != RedisReply::Kind::kNumber) return refused(reply);
  return reply.number == 1 ? StreamStep::kDone : StreamStep::kGap;
}

StreamStep RedisStream::offer(std::span<const LoggedRecord> records) {
  for (const LoggedRecord& record : records) {
    const RowBytes row = encode_row(record);
    writer_.add(std::array<std::string_view, 10>{"XADD", stream_key_, "MAXLEN", "~", length_max_, "*", "n", node_, "r",
                                                 view_of(row)});
  }
  if (!writer_.flush()) return failed(writer_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    RedisReply reply;
    if (!writer_.receive(reply)) return failed(writer_);
    if (reply.is_error()) return refused(reply);
  }
  return StreamStep::kDone;
}

StreamStep RedisStream::say(std::string_view word) {
  RedisReply reply;
  return ask(
      std::array<std::string_view, 10>{"XADD", stream_key_, "MAXLEN", "~", length_max_, "*", "n", node_, "k", word},
      reply);
}

StreamStep RedisStream::take_offer_turn() {
  const std::string milliseconds = std::to_string(kOfferTurn.count());
  RedisReply reply;
  const std::array<std::string_view, 6> command{"EVAL", kTakeTurn, "1", offering_key_, node_, milliseconds};
  if (ask(command, reply) != StreamStep::kDone) return StreamStep::kFailed;
  return reply.number == 1 ? StreamStep::kDone : StreamStep::kNothingYet;
}

StreamStep RedisStream::end_offer_turn() {
  RedisReply reply;
  return ask(std::array<std::string_view, 5>{"EVAL", kEndTurn, "1", offering_key_, node_}, reply);
}

}  // namespace assay::store
