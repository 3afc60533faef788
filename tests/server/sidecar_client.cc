#include "tests/server/sidecar_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

int connect_tcp(const Address& address) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(address.port);
  EXPECT_EQ(inet_pton(AF_INET, address.host.c_str(), &target.sin_addr), 1);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target), 0)
      << std::system_category().message(errno);
  return fd;
}

int connect_unix(const Address& address) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  EXPECT_LT(address.path.size(), sizeof target.sun_path);
  address.path.copy(target.sun_path, sizeof target.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target), 0)
      << std::system_category().message(errno);
  return fd;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

ClientResponse parse_head(std::string_view head) {
  ClientResponse response;
  EXPECT_TRUE(head.starts_with("HTTP/1.1 ")) << head;
  response.status = std::atoi(std::string(head.substr(9, 3)).c_str());
  std::size_t start = head.find("\r\n") + 2;
  while (start < head.size()) {
    const std::size_t end = head.find("\r\n", start);
    const std::string_view line = head.substr(start, end - start);
    start = end + 2;
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string_view::npos) << line;
    response.fields.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
  }
  return response;
}

}  // namespace

std::vector<std::string> ClientResponse::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [field, value] : fields) {
    if (field == name) found.push_back(value);
  }
  return found;
}

std::string ClientResponse::value(std::string_view name) const {
  const std::vector<std::string> found = values(name);
  if (found.empty()) return "<none>";
  return found.size() == 1 ? found.front() : "<several>";
}

SidecarClient::SidecarClient(const Address& address)
    : fd_(address.kind == Address::Kind::kTcp ? connect_tcp(address) : connect_unix(address)) {
  constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};
  EXPECT_EQ(setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience), 0);
}

SidecarClient::~SidecarClient() { close(fd_); }

void SidecarClient::send(std::string_view bytes) {
  EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

ClientResponse SidecarClient::receive() {
  ClientResponse response = receive_head();
  if (response.status == 0) return response;
  const std::size_t body_bytes = std::stoul(response.value("content-length"));
  while (buffer_.size() < body_bytes) {
    if (!receive_more()) return {};
  }
  response.body = buffer_.substr(0, body_bytes);
  buffer_.erase(0, body_bytes);
  return response;
}

ClientResponse SidecarClient::receive_head() {
  const std::size_t head_bytes = receive_head_bytes();
  if (head_bytes == 0) return {};
  ClientResponse response = parse_head(std::string_view{buffer_}.substr(0, head_bytes));
  buffer_.erase(0, head_bytes);
  return response;
}

std::size_t SidecarClient::receive_head_bytes() {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  while (true) {
    const std::size_t end = buffer_.find(kHeadEnd);
    if (end != std::string::npos) return end + kHeadEnd.size();
    if (!receive_more()) return 0;
  }
}

bool SidecarClient::receive_more() {
  std::array<char, 4096> bytes;
  const ssize_t count = recv(fd_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

ClientResponse exchange_once(const Address& address, std::string_view bytes) {
  SidecarClient client(address);
  return client.exchange(bytes);
}

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: sidecar\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: sidecar\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace assay::server
