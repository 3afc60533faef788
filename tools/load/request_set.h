// The requests of a run, written once and sent again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"

namespace assay::load {

// What the requests have in common.
struct RequestForm {
  std::string path = "/";
  std::string host = "localhost";
  std::string header;  // that carries the token alone; empty: Authorization, behind "Bearer "
};

// One GET per token, in the order of the tokens, as bytes of one piece of memory: neighbours need no copy to go out
// together.
class RequestSet {
 public:
  //   tokens     one per line, LF between them; the last line end may be missing
  //   run_max    most requests that batch() is asked for, 1 ..
  //   errors     a sentence that names the line: it is empty or holds a byte that no header may; or there is no line.
  //              No token is quoted
  [[nodiscard]] static tl::expected<RequestSet, std::string> make(std::string_view tokens, const RequestForm& form,
                                                                  std::uint32_t run_max);

  // Requests `first` .. `first + count - 1` of the endless repetition of the set. Lives as long as the set.
  [[nodiscard]] std::string_view batch(std::uint64_t first, std::uint32_t count) const noexcept;

  // Distinct requests.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  RequestSet() = default;

  std::string bytes_;                 // the set, then its beginning again, `run_max` - 1 requests long
  std::vector<std::size_t> offsets_;  // where each request of bytes_ begins, and the end of the last
  std::size_t size_ = 0;
};

}  // namespace assay::load
