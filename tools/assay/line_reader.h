// Lines of a stream, in bounded memory whatever their length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"

namespace assay::cli {

class LineReader {
 public:
  // Reads from `descriptor`, which stays the caller's.
  explicit LineReader(int descriptor);

  // Whether next_batch would wait for the stream.
  [[nodiscard]] bool would_read() const noexcept;

  // The next lines, 1 .. kBatchMax, as many as have arrived; none at the end. A line ends at LF, which is not part of
  // it (a CR is); the last one may lack its end.
  //
  //   returns   views that live until the next call; of a line that is too long for a token enough to see that it is
  //   errors    a sentence for people
  [[nodiscard]] tl::expected<std::vector<std::string_view>, std::string> next_batch();

 private:
  [[nodiscard]] bool take_line(std::string_view& line) noexcept;
  [[nodiscard]] tl::expected<void, std::string> fill();

  const int descriptor_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is unread in buffer_
  std::size_t end_ = 0;
  bool at_end_ = false;
};

}  // namespace assay::cli
