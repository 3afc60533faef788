#include "load/load_connection.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "config/value_text.h"

namespace assay::load {
namespace {

// Most bytes of responses that are unread at once; a longer response head is a fault.
constexpr std::size_t kReceiveBytes = 32 * 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

SocketAddress socket_address(const Address& address) {
  SocketAddress made;
  if (address.kind == Address::Kind::kUnix) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.path.copy(name.sun_path, sizeof name.sun_path - 1);
    made.bytes = sizeof name;
    std::memcpy(&made.storage, &name, sizeof name);
  } else if (address.host.find(':') == std::string::npos) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    static_cast<void>(::inet_pton(AF_INET, address.host.c_str(), &name.sin_addr));
    made.bytes = sizeof name;
    std::memcpy(&made.storage, &name, sizeof name);
  } else {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(address.port);
    static_cast<void>(::inet_pton(AF_INET6, address.host.c_str(), &name.sin6_addr));
    made.bytes = sizeof name;
    std::memcpy(&made.storage, &name, sizeof name);
  }
  return made;
}

}  // namespace

LoadConnection::LoadConnection(std::uint32_t depth_max)
    : depth_max_(depth_max), starts_(depth_max), bytes_(kReceiveBytes) {}

LoadConnection::~LoadConnection() { close(); }

LoadConnection::LoadConnection(LoadConnection&& other) noexcept
    : depth_max_(other.depth_max_),
      fd_(std::exchange(other.fd_, -1)),
      ended_(other.ended_),
      unsent_(other.unsent_),
      starts_(std::move(other.starts_)),
      oldest_(other.oldest_),
      waiting_(other.waiting_),
      bytes_(std::move(other.bytes_)),
      begin_(other.begin_),
      end_(other.end_),
      reader_(other.reader_),
      fault_(other.fault_) {}

void LoadConnection::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

tl::expected<void, std::string> LoadConnection::open(const Address& address) {
  close();
  ended_ = false;
  unsent_ = {};
  waiting_ = oldest_ = 0;
  begin_ = end_ = 0;
  reader_.reset();
  const SocketAddress peer = socket_address(address);
  fd_ = ::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&peer.storage), peer.bytes) == 0) {
    const int on = 1;
    if (address.kind == Address::Kind::kTcp) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return {};
  }
  const std::string reason = std::generic_category().message(errno);
  return tl::unexpected("cannot connect to " + config::format_address(address) + ": " + reason);
}

void LoadConnection::begin(std::int64_t start_ns) noexcept {
  starts_[(oldest_ + waiting_) % depth_max_] = start_ns;
  ++waiting_;
}

LoadConnection::Sent LoadConnection::send(std::string_view bytes) noexcept {
  unsent_ = bytes;
  return send_rest();
}

LoadConnection::Sent LoadConnection::send_rest() noexcept {
  const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? Sent::kPartly : Sent::kBroken;
  unsent_.remove_prefix(static_cast<std::size_t>(sent));
  return unsent_.empty() ? Sent::kAll : Sent::kPartly;
}

LoadConnection::Received LoadConnection::receive() noexcept {
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t room = bytes_.size() - end_;
  const ssize_t received = ::recv(fd_, bytes_.data() + end_, room, MSG_DONTWAIT);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return Received::kDrained;
  if (received <= 0) return Received::kEnd;
  end_ += static_cast<std::size_t>(received);
  return static_cast<std::size_t>(received) == room ? Received::kMore : Received::kDrained;
}

LoadConnection::Found LoadConnection::next_answer(Answer& answer) noexcept {
  if (ended_ || begin_ == end_) return Found::kNone;
  if (waiting_ == 0) {
    fault_ = "the server sends more responses than it got requests";
    return Found::kBad;
  }
  const ResponseReader::Progress progress = reader_.read({bytes_.data() + begin_, end_ - begin_});
  begin_ += progress.bytes;
  switch (progress.state) {
    case ResponseReader::State::kBad: fault_ = reader_.fault(); return Found::kBad;
    case ResponseReader::State::kPartial:
      if (end_ - begin_ < bytes_.size()) return Found::kNone;
      fault_ = "a response head is longer than 32 KiB";
      return Found::kBad;
    case ResponseReader::State::kComplete: break;
  }
  answer = {.start_ns = starts_[oldest_], .status = reader_.status()};
  oldest_ = (oldest_ + 1) % depth_max_;
  --waiting_;
  ended_ = reader_.closes();
  return Found::kAnswer;
}

}  // namespace assay::load
