// A real redis-server for tests: on a free port of the loopback, in a folder of its own, ended with the fixture.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <random>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "store/redis_connection.h"
#include "store/redis_log.h"
#include "tests/store/log_fixture.h"

namespace assay::store {

inline constexpr std::chrono::milliseconds kLong{20'000};

inline bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds wait_max = kLong) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class RedisServerProcess {
 public:
  static constexpr const char* kProgram = "/usr/bin/redis-server";
  [[nodiscard]] static bool is_installed() { return ::access(kProgram, X_OK) == 0; }

  // `options` are further arguments of redis-server.
  explicit RedisServerProcess(std::vector<std::string> options = {}) : options_(std::move(options)) {
    ::signal(SIGPIPE, SIG_IGN);  // for the connections that tests use by themselves
    port_ = free_port();
    start();
  }
  ~RedisServerProcess() { kill(); }
  RedisServerProcess(const RedisServerProcess&) = delete;
  RedisServerProcess& operator=(const RedisServerProcess&) = delete;

  void start() {
    std::vector<std::string> words{kProgram,
                                   "--port",
                                   std::to_string(port_),
                                   "--bind",
                                   "127.0.0.1",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no",
                                   "--dir",
                                   folder_.folder(),
                                   "--logfile",
                                   (folder_.folder() / "log").string()};
    words.insert(words.end(), options_.begin(), options_.end());
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char*> arguments;
      arguments.reserve(words.size() + 1);
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execv(kProgram, arguments.data());
      ::_exit(127);
    }
    EXPECT_TRUE(becomes_true([this] { return is_listening(); }));
  }

  // Ends it at once, as a crash does; what it held is gone.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void pause() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

  [[nodiscard]] RedisSettings settings() const {
    RedisSettings settings;
    settings.servers = {{"127.0.0.1", port_}};
    settings.reply_timeout = std::chrono::milliseconds(500);
    return settings;
  }

  // One command by itself.
  RedisReply ask(std::vector<std::string> words) const {
    std::string complaint;
    std::optional<RedisConnection> connection = RedisConnection::open({"127.0.0.1", port_}, settings(), complaint);
    EXPECT_TRUE(connection.has_value()) << complaint;
    RedisReply reply;
    const std::vector<std::string_view> command(words.begin(), words.end());
    EXPECT_TRUE(connection && connection->ask(command, reply));
    return reply;
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(port);
    return address;
  }

  // Below those that Linux gives to outgoing connections: a server that starts again finds it free again.
  static std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<std::uint16_t> ports(15'000, 31'999);
    for (;;) {
      const std::uint16_t port = ports(random);
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(port);
      const bool is_free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
      ::close(fd);
      if (is_free) return port;
    }
  }

  [[nodiscard]] bool is_listening() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port_);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }

  LogFolder folder_;
  std::vector<std::string> options_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// A node: a log and what an engine would hold in memory.
class FleetNode {
 public:
  FleetNode(std::string path, RedisSettings settings) : path_(std::move(path)), settings_(std::move(settings)) {
    open();
  }
  FleetNode(const FleetNode&) = delete;
  FleetNode& operator=(const FleetNode&) = delete;

  void open() {
    log_ = std::make_unique<RedisLog>(path_, settings_);
    const ReplayResult result = log_->replay([this](std::span<const RevocationRecord> records) { learn(records); });
    EXPECT_EQ(result.outcome, ReplayOutcome::kReplayed) << result.complaint;
    log_->follow([this](std::span<const RevocationRecord> records) { learn(records); });
  }
  void close() {
    log_.reset();
    base::MutexLock lock(mutex_);
    latest_.clear();
  }

  AppendResult append(std::vector<RevocationRecord> records) {
    AppendResult result = append_and_wait(*log_, records);
    if (!is_durable(result.outcome)) return result;
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].sequence = result.last_sequence - (records.size() - 1 - i);
    }
    learn(records);
    return result;
  }
  AppendOutcome revoke(std::uint64_t number) { return append({record_of(number)}).outcome; }
  AppendOutcome lift(std::uint64_t number) { return append({record_of(number, RevocationOperation::kLift)}).outcome; }

  [[nodiscard]] bool is_revoked(std::uint64_t number) const {
    base::MutexLock lock(mutex_);
    const auto found = latest_.find(record_of(number).id);
    return found != latest_.end() && found->second.operation == RevocationOperation::kRevoke;
  }
  // Of the one record of record_before() that this node knows; 0 where it knows none or a lift.
  [[nodiscard]] std::int64_t bound() const {
    base::MutexLock lock(mutex_);
    const auto found = latest_.find(record_before(0).id);
    const bool is_revoked = found != latest_.end() && found->second.operation == RevocationOperation::kRevoke;
    return is_revoked ? found->second.issued_before_us : 0;
  }
  [[nodiscard]] std::size_t revoked_count() const {
    base::MutexLock lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, record] : latest_) count += record.operation == RevocationOperation::kRevoke ? 1 : 0;
    return count;
  }

  [[nodiscard]] bool becomes(RevocationLogHealth::Fleet fleet) const {
    return becomes_true([&] { return log_->health().fleet == fleet; });
  }
  [[nodiscard]] bool follows() const { return becomes(RevocationLogHealth::Fleet::kFollowing); }
  [[nodiscard]] bool is_cut_off() const { return becomes(RevocationLogHealth::Fleet::kCutOff); }

  [[nodiscard]] RedisLog& log() { return *log_; }

 private:
  void learn(std::span<const RevocationRecord> records) {
    base::MutexLock lock(mutex_);
    for (const RevocationRecord& record : records) {
      RevocationRecord& kept = latest_[record.id];
      if (record.sequence >= kept.sequence) kept = record;
    }
  }

  std::string path_;
  RedisSettings settings_;
  mutable base::Mutex mutex_;
  std::map<DurableId, RevocationRecord> latest_;
  std::unique_ptr<RedisLog> log_;
};

}  // namespace assay::store
