// One connection of the generator: its socket, the requests that wait for answers, the bytes that came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/settings.h"
#include "load/response_reader.h"

namespace assay::load {

// The answer to the oldest request of a connection.
struct Answer {
  std::int64_t start_ns = 0;  // of the request, as begin() was told
  int status = 0;
};

class LoadConnection {
 public:
  enum class Sent : std::uint8_t {
    kAll,
    kPartly,  // send_rest() once the socket takes more
    kBroken,
  };
  enum class Received : std::uint8_t {
    kDrained,  // no byte is left for now
    kMore,     // there may be more: receive again
    kEnd,      // the server has closed, or the connection broke
  };
  enum class Found : std::uint8_t { kAnswer, kNone, kBad };

  // `depth_max`: most requests that wait for answers at once, 1 ..
  explicit LoadConnection(std::uint32_t depth_max);
  ~LoadConnection();
  LoadConnection(LoadConnection&& other) noexcept;
  LoadConnection& operator=(LoadConnection&&) = delete;
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  // Connects, and waits until that is done; closes an older connection first and forgets all about it.
  // Errors: a sentence that names the address and what the system says.
  [[nodiscard]] tl::expected<void, std::string> open(const Address& address);

  [[nodiscard]] int fd() const noexcept { return fd_; }
  // Requests that may be begun now.
  [[nodiscard]] std::uint32_t room() const noexcept { return unsent_.empty() ? depth_max_ - waiting_ : 0; }
  // Requests that were begun and not answered.
  [[nodiscard]] std::uint32_t waiting() const noexcept { return waiting_; }

  // Notes that a request begins; its bytes follow in the next send(). Precondition: room() > 0.
  void begin(std::int64_t start_ns) noexcept;
  // `bytes` must live until they are all sent. One system call.
  [[nodiscard]] Sent send(std::string_view bytes) noexcept;
  [[nodiscard]] Sent send_rest() noexcept;

  // Takes bytes in. Precondition: next_answer() came back with kNone. One system call.
  [[nodiscard]] Received receive() noexcept;
  // Takes one answer out of what came. Behind an answer that ends the connection: kNone.
  [[nodiscard]] Found next_answer(Answer& answer) noexcept;

  // The server ends the connection behind the answer that was taken last: it is to be opened again.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  // After kBad: a clause for people.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }

 private:
  void close() noexcept;

  const std::uint32_t depth_max_;
  int fd_ = -1;
  bool ended_ = false;
  std::string_view unsent_;
  std::vector<std::int64_t> starts_;  // a ring of depth_max_
  std::uint32_t oldest_ = 0;
  std::uint32_t waiting_ = 0;
  std::vector<char> bytes_;
  std::size_t begin_ = 0;  // of what is unread in bytes_
  std::size_t end_ = 0;
  ResponseReader reader_;
  std::string_view fault_;
};

}  // namespace assay::load
