#include "server/listening_socket.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace assay::server {
namespace {

// Connections that the kernel holds for us before we accept them; it lowers this to net.core.somaxconn.
constexpr int kBacklog = 4096;

std::string fault_text(const Address& address, std::string_view what, int error) {
  std::string text = address_text(address) + ": " + std::string(what) + ": " + std::generic_category().message(error);
  if (error == EADDRINUSE) text += " (another process listens there)";
  if (error == EACCES) text += " (not permitted: a port below 1024, or a directory that is not ours)";
  if (error == EADDRNOTAVAIL) text += " (no interface of this machine has that address)";
  return text;
}

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;

  [[nodiscard]] const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Fills `out`; false where the host is not a numeric address.
bool parse_tcp(const Address& address, TcpAddress& out) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.bytes = sizeof v4;
    return true;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) != 1) return false;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&out.storage, &v6, sizeof v6);
  out.bytes = sizeof v6;
  return true;
}

std::uint16_t bound_port(int fd) {
  TcpAddress bound;
  bound.bytes = sizeof bound.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes) != 0) return 0;
  if (bound.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &bound.storage, sizeof v4);
    return ntohs(v4.sin_port);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &bound.storage, sizeof v6);
  return ntohs(v6.sin6_port);
}

enum class PortUse : std::uint8_t { kExclusive, kShared };

// Opens, binds and, where `use` is shared or there is one worker, is ready to listen. -1 with errno on failure.
int open_bound(const TcpAddress& address, PortUse use) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  // Accepted sockets inherit TCP_NODELAY: a response goes out whole in one call and must not wait for an ACK.
  bool good = ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  if (use == PortUse::kShared) good = good && ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
  if (good && ::bind(fd, address.raw(), address.bytes) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

// Whether somebody answers at a Unix socket's path.
bool is_served(const sockaddr_un& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&path), sizeof path);
  const bool refused = result != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return !refused;
}

}  // namespace

std::string address_text(const Address& address) {
  switch (address.kind) {
    case Address::Kind::kUnix: return "unix:" + address.path;
    case Address::Kind::kTcp: break;
  }
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return "tcp://" + (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : address_(std::move(other.address_)),
      fds_(std::move(other.fds_)),
      file_device_(std::exchange(other.file_device_, 0)),
      file_inode_(std::exchange(other.file_inode_, 0)) {
  other.fds_.clear();
}

ListeningSocket::~ListeningSocket() {
  for (const int fd : fds_) {
    if (fd >= 0) ::close(fd);
  }
  struct stat file {};
  const bool is_ours = file_inode_ != 0 && ::stat(address_.path.c_str(), &file) == 0 && file.st_ino == file_inode_ &&
                       file.st_dev == file_device_;
  if (is_ours) static_cast<void>(::unlink(address_.path.c_str()));
}

int ListeningSocket::take(std::uint32_t worker) noexcept { return std::exchange(fds_[worker], -1); }

tl::expected<ListeningSocket, std::string> ListeningSocket::bind(const Address& address, std::uint32_t workers) {
  ListeningSocket socket(address);
  std::string fault;
  switch (address.kind) {
    case Address::Kind::kTcp: fault = socket.bind_tcp(workers); break;
    case Address::Kind::kUnix: fault = socket.bind_unix(workers); break;
  }
  if (!fault.empty()) return tl::unexpected(fault);
  return socket;
}

std::string ListeningSocket::bind_tcp(std::uint32_t workers) {
  TcpAddress target;
  if (!parse_tcp(address_, target)) return address_text(address_) + ": the host must be a numeric IPv4 or IPv6 address";
  // With SO_REUSEPORT alone, a second server of the same user would silently take half of the connections.
  const int probe = open_bound(target, PortUse::kExclusive);
  if (probe < 0) return fault_text(address_, "cannot bind", errno);
  if (workers == 1) {
    fds_.push_back(probe);
    address_.port = bound_port(probe);
  } else {
    ::close(probe);
    while (fds_.size() < workers) {
      if (!parse_tcp(address_, target)) return address_text(address_) + ": not an address";
      const int fd = open_bound(target, PortUse::kShared);
      if (fd < 0) return fault_text(address_, "cannot bind", errno);
      fds_.push_back(fd);
      address_.port = bound_port(fd);
    }
  }
  for (const int fd : fds_) {
    if (::listen(fd, kBacklog) != 0) return fault_text(address_, "cannot listen", errno);
  }
  return {};
}

std::string ListeningSocket::bind_unix(std::uint32_t workers) {
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  if (address_.path.empty() || address_.path.size() >= sizeof path.sun_path) {
    return address_text(address_) + ": the path must have 1 to " + std::to_string(sizeof path.sun_path - 1) + " bytes";
  }
  std::memcpy(path.sun_path, address_.path.data(), address_.path.size());
  struct stat file {};
  if (::lstat(path.sun_path, &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) return address_text(address_) + ": a file that is no socket is in the way";
    if (is_served(path)) return fault_text(address_, "cannot bind", EADDRINUSE);
    if (::unlink(path.sun_path) != 0) return fault_text(address_, "cannot remove the stale socket", errno);
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fault_text(address_, "cannot open a socket", errno);
  fds_.push_back(fd);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&path), sizeof path) != 0) {
    return fault_text(address_, "cannot bind", errno);
  }
  if (::stat(path.sun_path, &file) == 0) {
    file_device_ = file.st_dev;
    file_inode_ = file.st_ino;
  }
  if (::listen(fd, kBacklog) != 0) return fault_text(address_, "cannot listen", errno);
  while (fds_.size() < workers) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return fault_text(address_, "cannot duplicate the descriptor", errno);
    fds_.push_back(copy);
  }
  return {};
}

}  // namespace assay::server
