// A blocking client and a scripted handler for tests of the HTTP server.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/http_server.h"

namespace assay::server {

// One connection to the server under test. Every wait ends after kPatienceMs, so that a fault fails a test instead of
// hanging it.
class TestClient {
 public:
  static constexpr int kPatienceMs = 10'000;

  explicit TestClient(const Address& address) {
    if (address.kind == Address::Kind::kUnix) {
      sockaddr_un target{};
      target.sun_family = AF_UNIX;
      address.path.copy(target.sun_path, sizeof target.sun_path - 1);
      connect_to(target);
    } else {
      sockaddr_in target{};
      target.sin_family = AF_INET;
      target.sin_port = htons(address.port);
      ::inet_pton(AF_INET, address.host.c_str(), &target.sin_addr);
      connect_to(target);
    }
  }
  ~TestClient() { leave(); }
  TestClient(TestClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), read_(std::move(other.read_)) {}
  TestClient& operator=(TestClient&&) = delete;

  [[nodiscard]] bool connected() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }

  // Sends what the server takes; false where it stopped taking.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno != EAGAIN || !wait_for(POLLOUT)) return false;
    }
    return true;
  }

  // One whole response: head and body; empty if the connection ended or the patience before it was complete.
  std::string response() {
    for (;;) {
      if (const std::size_t bytes = response_bytes(); bytes > 0) {
        std::string whole = read_.substr(0, bytes);
        read_.erase(0, bytes);
        return whole;
      }
      if (!receive_some()) return {};
    }
  }

  // Everything until the server ends the connection. `ended` tells whether it did.
  std::string rest(bool* ended = nullptr) {
    while (receive_some()) {}
    if (ended != nullptr) *ended = closed_;
    return std::exchange(read_, {});
  }

  // Whether the server ended the connection, waiting for that.
  bool is_closed() {
    bool ended = false;
    static_cast<void>(rest(&ended));
    return ended;
  }

  void end_sending() const { ::shutdown(fd_, SHUT_WR); }

  void leave() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // Leaves so that the server sees a reset.
  void reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    leave();
  }

 private:
  template <typename Target>
  void connect_to(const Target& target) {
    fd_ = ::socket(target_family(target), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) leave();
  }
  static int target_family(const sockaddr_un&) { return AF_UNIX; }
  static int target_family(const sockaddr_in&) { return AF_INET; }

  [[nodiscard]] bool wait_for(short event) const {
    pollfd poller{.fd = fd_, .events = event, .revents = 0};
    return ::poll(&poller, 1, kPatienceMs) == 1;
  }

  bool receive_some() {
    std::array<char, 16 * 1024> buffer;
    if (fd_ < 0 || closed_ || !wait_for(POLLIN)) return false;
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received <= 0) {
      closed_ = true;
      return false;
    }
    read_.append(buffer.data(), static_cast<std::size_t>(received));
    return true;
  }

  // Of the first response in read_, if it is whole. Knows Content-Length alone, as the server sends it.
  [[nodiscard]] std::size_t response_bytes() const {
    const std::size_t head_end = read_.find("\r\n\r\n");
    if (head_end == std::string::npos) return 0;
    const std::string_view head = std::string_view{read_}.substr(0, head_end);
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = head.find(kLength);
    const std::size_t body =
        at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + kLength.size())));
    return read_.size() >= head_end + 4 + body ? head_end + 4 + body : 0;
  }

  int fd_ = -1;
  bool closed_ = false;
  std::string read_;
};

inline int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}

inline std::string body_of(std::string_view response) {
  const std::size_t head_end = response.find("\r\n\r\n");
  return head_end == std::string_view::npos ? std::string() : std::string(response.substr(head_end + 4));
}

// A handler whose behaviour a test gives as a function.
class ScriptedHandler final : public TurnHandler {
 public:
  using OnRequests = std::function<void(std::span<const Exchange>, Responder&)>;
  using OnAbandoned = std::function<void(ExchangeId)>;

  explicit ScriptedHandler(OnRequests on_requests, OnAbandoned on_abandoned = {})
      : on_requests_(std::move(on_requests)), on_abandoned_(std::move(on_abandoned)) {}

  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now /*now*/) override {
    on_requests_(exchanges, responder);
  }
  void on_abandoned(ExchangeId id) override {
    if (on_abandoned_) on_abandoned_(id);
  }

 private:
  OnRequests on_requests_;
  OnAbandoned on_abandoned_;
};

// Answers each request at once with "METHOD TARGET BODY".
inline void echo(std::span<const Exchange> exchanges, Responder& responder) {
  for (const Exchange& exchange : exchanges) {
    const HttpRequest& request = *exchange.request;
    const std::string body =
        std::string(request.method) + " " + std::string(request.target) + " " + std::string(request.body);
    responder.answer(exchange.id, {.status = 200, .body = body});
  }
}

inline TurnHandlerFactory echo_factory() {
  return [](std::uint32_t) { return std::make_unique<ScriptedHandler>(echo); };
}

// Which poller and which kind of socket a test runs on.
struct Ground {
  PollerChoice poller = PollerChoice::kEpoll;
  Address::Kind kind = Address::Kind::kTcp;
};

inline std::string ground_name(const ::testing::TestParamInfo<Ground>& tested) {
  return std::string(tested.param.poller == PollerChoice::kEpoll ? "Epoll" : "IoUring") +
         (tested.param.kind == Address::Kind::kTcp ? "Tcp" : "Unix");
}

inline constexpr Ground kGrounds[] = {{PollerChoice::kIoUring, Address::Kind::kTcp},
                                      {PollerChoice::kIoUring, Address::Kind::kUnix},
                                      {PollerChoice::kEpoll, Address::Kind::kTcp},
                                      {PollerChoice::kEpoll, Address::Kind::kUnix}};

// A free address of that kind, unique in this process.
inline Address free_address(Address::Kind kind) {
  static std::atomic<int> count{0};
  if (kind == Address::Kind::kTcp) return {.kind = kind, .host = "127.0.0.1", .port = 0, .path = {}};
  const char* const folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nothing changes it
  return {.kind = kind,
          .host = {},
          .port = 0,
          .path = std::string(folder == nullptr ? "/tmp" : folder) + "/assay-" + std::to_string(::getpid()) + "-" +
                  std::to_string(count++) + ".sock"};
}

// Starts a server or fails the test.
inline std::unique_ptr<HttpServer> start(HttpServerOptions options) {
  auto server = HttpServer::start(std::move(options));
  if (!server) ADD_FAILURE() << server.error();
  return server ? std::move(*server) : nullptr;
}

// A test that runs on every ground.
class GroundTest : public ::testing::TestWithParam<Ground> {
 protected:
  // The options of a server on this test's ground; a test changes what it is about.
  [[nodiscard]] static HttpServerOptions options(TurnHandlerFactory factory = echo_factory()) {
    HttpServerOptions options;
    options.listeners = {{.address = free_address(GetParam().kind), .body = BodyUse::kKeep}};
    options.poller = GetParam().poller;
    options.make_handler = std::move(factory);
    return options;
  }
};

inline std::string get(std::string_view target, std::string_view fields = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

// Waits until `reached` is true; false if it never became so.
template <typename Condition>
bool eventually(Condition reached) {
  for (int i = 0; i < TestClient::kPatienceMs; ++i) {
    if (reached()) return true;
    ::usleep(1000);
  }
  return false;
}

}  // namespace assay::server
