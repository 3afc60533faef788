#include "assay/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>

#include "assay/limits.h"

namespace assay::cli {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
static_assert(kBlockBytes > 2 * kTokenBytesMax);

}  // namespace

LineReader::LineReader(int descriptor) : descriptor_(descriptor), buffer_(kBlockBytes) {}

bool LineReader::would_read() const noexcept {
  return !at_end_ && std::find(buffer_.data() + begin_, buffer_.data() + end_, '\n') == buffer_.data() + end_;
}

bool LineReader::take_line(std::string_view& line) noexcept {
  const char* const start = buffer_.data() + begin_;
  const char* const stop = buffer_.data() + end_;
  const char* const line_end = std::find(start, stop, '\n');
  if (line_end == stop && (!at_end_ || start == stop)) return false;
  line = {start, static_cast<std::size_t>(line_end - start)};
  begin_ += line.size() + (line_end == stop ? 0 : 1);
  return true;
}

tl::expected<void, std::string> LineReader::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  // One unfinished line fills the block: what is kept of it is still longer than any token.
  if (end_ == buffer_.size()) end_ = kTokenBytesMax + 1;
  for (;;) {
    const ssize_t got = read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<std::string>("cannot read tokens: " + std::generic_category().message(errno));
    at_end_ = got == 0;
    end_ += static_cast<std::size_t>(got);
    return {};
  }
}

tl::expected<std::vector<std::string_view>, std::string> LineReader::next_batch() {
  std::vector<std::string_view> lines;
  lines.reserve(kBatchMax);
  for (;;) {
    std::string_view line;
    while (lines.size() < kBatchMax && take_line(line)) lines.push_back(line);
    if (!lines.empty() || at_end_) return lines;
    if (const auto filled = fill(); !filled) return tl::unexpected<std::string>(filled.error());
  }
}

}  // namespace assay::cli
