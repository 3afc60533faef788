// Reads HTTP/1.1 responses: where each ends and its status. The rest is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::load {

// One per connection. Responses follow one another without gap; a body's length must be stated by Content-Length, or
// the status must have none (204, 304). RFC 9112 sec 6.3.
class ResponseReader {
 public:
  enum class State : std::uint8_t {
    kPartial,   // more bytes are needed
    kComplete,  // status() and closes() tell about the response
    kBad,       // fault() says why; the connection is of no use any more
  };
  struct Progress {
    State state = State::kPartial;
    std::size_t bytes = 0;  // consumed; what is left is given again, with what follows it
  };

  // Reads on. Interim responses (1xx) are skipped. Cost: linear in the head, no allocation.
  [[nodiscard]] Progress read(std::string_view bytes) noexcept;

  [[nodiscard]] int status() const noexcept { return status_; }
  // The server ends the connection behind this response.
  [[nodiscard]] bool closes() const noexcept { return closes_; }
  // A clause for people; lives as long as the program.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }

  // Forgets a response that was begun.
  void reset() noexcept { *this = ResponseReader(); }

 private:
  [[nodiscard]] bool read_head(std::string_view head) noexcept;
  [[nodiscard]] bool read_status_line(std::string_view line) noexcept;
  [[nodiscard]] bool read_field(std::string_view line) noexcept;
  [[nodiscard]] bool refuse(std::string_view fault) noexcept;

  int status_ = 0;
  bool in_body_ = false;
  bool closes_ = false;
  bool has_length_ = false;
  std::uint64_t body_left_ = 0;
  std::string_view fault_;
};

}  // namespace assay::load
