#include "store/redis_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/time.h>

namespace assay::store {
namespace {

using std::chrono::milliseconds;

// What a reply may hold in another: a page, its entries, their fields. One more is spare.
constexpr int kDepthMax = 6;

timeval timeval_of(milliseconds duration) noexcept {
  return {static_cast<time_t>(duration.count() / 1000), static_cast<suseconds_t>(duration.count() % 1000 * 1000)};
}

// Whatever is none of these is nothing: a null, or a type of a protocol that was not asked for.
RedisReply reply_of(const redisReply& raw, int depth) {
  using Kind = RedisReply::Kind;
  RedisReply reply;
  if (raw.type == REDIS_REPLY_STRING || raw.type == REDIS_REPLY_STATUS || raw.type == REDIS_REPLY_ERROR) {
    reply.kind = raw.type == REDIS_REPLY_ERROR ? Kind::kError : Kind::kText;
    reply.text.assign(raw.str, raw.len);
  } else if (raw.type == REDIS_REPLY_INTEGER) {
    reply.kind = Kind::kNumber;
    reply.number = raw.integer;
  } else if (raw.type == REDIS_REPLY_ARRAY) {
    reply.kind = Kind::kList;
    for (std::size_t i = 0; i < raw.elements && depth > 0; ++i) {
      reply.items.push_back(reply_of(*raw.element[i], depth - 1));
    }
  }
  return reply;
}

}  // namespace

void block_broken_pipe() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

std::optional<RedisConnection> RedisConnection::open(const RedisServer& server, const RedisSettings& settings,
                                                     std::string& complaint) {
  const std::string name = server.host + ":" + std::to_string(server.port);
  const timeval timeout = timeval_of(settings.reply_timeout);
  Context context(redisConnectWithTimeout(server.host.c_str(), server.port, timeout));
  if (!context || context->err != 0) {
    complaint = name + ": " + (context ? context->errstr : "no memory");
    return std::nullopt;
  }
  // Reading is gated by poll(), so that what this bounds is writing.
  redisSetTimeout(context.get(), timeout);
  RedisConnection connection(std::move(context), name, settings.reply_timeout);
  if (!connection.introduce(settings)) {
    complaint = connection.complaint_;
    return std::nullopt;
  }
  return connection;
}

// The reply to AUTH is Redis's own words, which repeat no password.
bool RedisConnection::introduce(const RedisSettings& settings) {
  if (!settings.password.empty() && !settings.user.empty()) {
    if (!is_taken(std::array<std::string_view, 3>{"AUTH", settings.user, settings.password})) return false;
  } else if (!settings.password.empty()) {
    if (!is_taken(std::array<std::string_view, 2>{"AUTH", settings.password})) return false;
  }
  const std::string database = std::to_string(settings.database);
  return is_taken(std::array<std::string_view, 2>{"SELECT", database});
}

bool RedisConnection::is_taken(RedisCommand command) {
  RedisReply reply;
  if (!ask(command, reply)) return false;
  if (!reply.is_error()) return true;
  fail(reply.text);
  return false;
}

void RedisConnection::add(RedisCommand command) {
  std::vector<const char*> places;
  std::vector<std::size_t> sizes;
  for (const std::string_view part : command) {
    places.push_back(part.data());
    sizes.push_back(part.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(command.size()), places.data(), sizes.data());
}

bool RedisConnection::flush() {
  for (int done = 0; done == 0;) {
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) {
      fail(context_->errstr);
      return false;
    }
  }
  return true;
}

RedisConnection::Arrival RedisConnection::take(RedisReply& reply) {
  void* raw = nullptr;
  if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) {
    fail(context_->errstr);
    return Arrival::kFailed;
  }
  if (raw == nullptr) {
    pollfd readable{fd(), POLLIN, 0};
    if (::poll(&readable, 1, 0) <= 0) return Arrival::kNothingYet;
    const bool read = redisBufferRead(context_.get()) == REDIS_OK;
    if (!read || redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) {
      fail(context_->errstr);
      return Arrival::kFailed;
    }
  }
  if (raw == nullptr) return Arrival::kNothingYet;
  const std::unique_ptr<void, base::FreeWith<freeReplyObject>> owner(raw);
  reply = reply_of(*static_cast<const redisReply*>(raw), kDepthMax);
  return Arrival::kReply;
}

bool RedisConnection::receive(RedisReply& reply) {
  const auto deadline = std::chrono::steady_clock::now() + reply_timeout_;
  for (;;) {
    const Arrival arrival = take(reply);
    if (arrival != Arrival::kNothingYet) return arrival == Arrival::kReply;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{fd(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count()) + 1) == 0) {
      fail("no answer in " + std::to_string(reply_timeout_.count()) + " ms");
      return false;
    }
  }
}

bool RedisConnection::ask(RedisCommand command, RedisReply& reply) {
  add(command);
  return flush() && receive(reply);
}

void RedisConnection::fail(std::string_view what) { complaint_ = name_ + ": " + std::string(what); }

}  // namespace assay::store
