// Listening sockets of the server's workers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assay/expected.h"
#include "assay/settings.h"

namespace assay::server {

// One address with a listening descriptor per worker.
//
//   TCP    one socket per worker on the same port (SO_REUSEPORT), so that the kernel spreads connections over them
//   Unix   one socket; the descriptors are duplicates, and it lives until the last of them is closed
class ListeningSocket {
 public:
  // Binds and listens.
  //
  //   workers   1 ..
  //   errors    one sentence for people: the address, what failed, and what to do where that is known. An address that
  //             another process listens on is refused although SO_REUSEPORT would share it
  [[nodiscard]] static tl::expected<ListeningSocket, std::string> bind(const Address& address, std::uint32_t workers);

  // Closes what was not taken; removes the file of a Unix socket if it still is the one that bind() made.
  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ListeningSocket(const ListeningSocket&) = delete;

  // The bound address, with the real port.
  [[nodiscard]] const Address& address() const noexcept { return address_; }
  // Hands the descriptor of one worker over. Once per worker.
  [[nodiscard]] int take(std::uint32_t worker) noexcept;

 private:
  explicit ListeningSocket(Address address) : address_(std::move(address)) {}
  [[nodiscard]] std::string bind_tcp(std::uint32_t workers);
  [[nodiscard]] std::string bind_unix(std::uint32_t workers);

  Address address_;
  std::vector<int> fds_;
  std::uint64_t file_device_ = 0;  // of the Unix socket's file; 0 and 0: there is none
  std::uint64_t file_inode_ = 0;
};

// "tcp://127.0.0.1:8181", "tcp://[::1]:8181" or "unix:/run/assay/check.sock".
[[nodiscard]] std::string address_text(const Address& address);

}  // namespace assay::server
