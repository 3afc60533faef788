// A server whose every byte a test decides: one thread per connection on 127.0.0.1, on a port of its own.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "assay/fetcher.h"

namespace assay::outbound::test {

// One accepted connection. A failed send or a closed peer makes `alive` false; the script should then return.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  // Sends all of it, or finds the peer gone.
  void send(std::string_view bytes);
  // Reads one request: the head, and the body that its Content-Length states. Empty at the end of the connection.
  [[nodiscard]] std::string read_request();
  // Makes the close a reset.
  void reset();
  // Waits until the peer has closed.
  void wait_for_close();
  [[nodiscard]] bool alive() const { return alive_; }

 private:
  int fd_;
  bool alive_ = true;
  std::string unread_;
};

// `script` answers one request; it runs again for the next request of the connection while that lives.
using Script = std::function<void(Connection&, const std::string& request)>;

class ScriptedServer {
 public:
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string url(std::string_view path = "/") const;
  [[nodiscard]] int connection_count() const { return connection_count_; }

 private:
  void accept_loop();
  void serve(int fd);

  Script script_;
  int listen_fd_ = -1;
  int port_ = 0;
  std::atomic<int> connection_count_ = 0;
  std::mutex mutex_;
  std::vector<int> open_fds_;
  std::vector<std::thread> threads_;
  std::thread accept_thread_;
};

// A socket bound to 127.0.0.1 and its port.
struct BoundSocket {
  int fd = -1;
  int port = 0;
};
[[nodiscard]] BoundSocket listen_on_loopback();

// A GET that may use plain HTTP, with bounds that tests can afford.
[[nodiscard]] FetchRequest plain_get(std::string url);

// Fetches and waits for the one answer.
[[nodiscard]] FetchResult fetch_and_wait(Fetcher& fetcher, FetchRequest request);

// A whole response with Content-Length.
[[nodiscard]] std::string response(std::string_view status_line_rest, std::string_view body,
                                   std::string_view extra_headers = "");

}  // namespace assay::outbound::test
