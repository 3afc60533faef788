#include "tests/outbound/scripted_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace assay::outbound::test {
namespace {

std::size_t body_bytes_of(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

void Connection::send(std::string_view bytes) {
  while (alive_ && !bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    alive_ = sent > 0;
    if (alive_) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Connection::read_request() {
  for (;;) {
    const std::size_t end = unread_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t request_bytes = end + 4 + body_bytes_of(unread_.substr(0, end + 2));
      if (unread_.size() >= request_bytes) {
        std::string request = unread_.substr(0, request_bytes);
        unread_.erase(0, request_bytes);
        return request;
      }
    }
    char block[4096];
    const ssize_t got = ::recv(fd_, block, sizeof block, 0);
    alive_ = got > 0;
    if (!alive_) return {};
    unread_.append(block, static_cast<std::size_t>(got));
  }
}

void Connection::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  alive_ = false;
}

void Connection::wait_for_close() {
  char block[4096];
  while (::recv(fd_, block, sizeof block, 0) > 0) {}
  alive_ = false;
}

BoundSocket listen_on_loopback() {
  BoundSocket bound;
  bound.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSAY_CHECK(::bind(bound.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ASSAY_CHECK(::listen(bound.fd, 256) == 0);
  ASSAY_CHECK(::getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  bound.port = ntohs(address.sin_port);
  return bound;
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  const BoundSocket bound = listen_on_loopback();
  listen_fd_ = bound.fd;
  port_ = bound.port;
  accept_thread_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listen_fd_, SHUT_RDWR);
  accept_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(listen_fd_);
}

std::string ScriptedServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void ScriptedServer::accept_loop() {
  for (;;) {
    const int fd = ::accept(listen_fd_, nullptr, nullptr);
    if (fd < 0) return;
    ++connection_count_;
    const std::lock_guard lock(mutex_);
    open_fds_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void ScriptedServer::serve(int fd) {
  Connection connection(fd);
  while (connection.alive()) {
    const std::string request = connection.read_request();
    if (!request.empty()) script_(connection, request);
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_fds_, fd);
  ::close(fd);
}

FetchRequest plain_get(std::string url) {
  FetchRequest request;
  request.url = std::move(url);
  request.response_bytes_max = 64 * 1024;
  request.timeout = std::chrono::milliseconds(20'000);
  request.allow_plain_http = true;
  return request;
}

FetchResult fetch_and_wait(Fetcher& fetcher, FetchRequest request) {
  // Shared: a second call of `done` must find it alive, and throws.
  const auto promise = std::make_shared<std::promise<FetchResult>>();
  fetcher.fetch(std::move(request), [promise](FetchResult result) { promise->set_value(std::move(result)); });
  return promise->get_future().get();
}

std::string response(std::string_view status_line_rest, std::string_view body, std::string_view extra_headers) {
  std::string text = "HTTP/1.1 ";
  text.append(status_line_rest).append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append(extra_headers).append("\r\n").append(body);
}

}  // namespace assay::outbound::test
