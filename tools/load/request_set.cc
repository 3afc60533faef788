#include "load/request_set.h"

#include <algorithm>

namespace assay::load {
namespace {

bool is_visible(char c) noexcept { return c > ' ' && c < '\x7f'; }

std::string write_request(std::string_view token, const RequestForm& form) {
  std::string request = "GET " + form.path + " HTTP/1.1\r\nHost: " + form.host + "\r\n";
  request += form.header.empty() ? "Authorization: Bearer " : form.header + ": ";
  request.append(token).append("\r\n\r\n");
  return request;
}

}  // namespace

tl::expected<RequestSet, std::string> RequestSet::make(std::string_view tokens, const RequestForm& form,
                                                       std::uint32_t run_max) {
  RequestSet set;
  set.offsets_.push_back(0);
  while (!tokens.empty()) {
    const std::size_t end = std::min(tokens.find('\n'), tokens.size());
    const std::string_view token = tokens.substr(0, end);
    tokens.remove_prefix(std::min(end + 1, tokens.size()));
    ++set.size_;
    if (token.empty()) return tl::unexpected("line " + std::to_string(set.size_) + " is empty: one token per line");
    if (!std::all_of(token.begin(), token.end(), is_visible)) {
      return tl::unexpected("line " + std::to_string(set.size_) + " holds a blank, a CR or a byte that is not ASCII");
    }
    set.bytes_ += write_request(token, form);
    set.offsets_.push_back(set.bytes_.size());
  }
  if (set.size_ == 0) return tl::unexpected<std::string>("there is no token: one per line is needed");
  for (std::size_t extra = 0; extra + 1 < run_max; ++extra) {
    const std::size_t begin = set.offsets_[extra];
    const std::string again = set.bytes_.substr(begin, set.offsets_[extra + 1] - begin);
    set.bytes_ += again;
    set.offsets_.push_back(set.bytes_.size());
  }
  return set;
}

std::string_view RequestSet::batch(std::uint64_t first, std::uint32_t count) const noexcept {
  const auto index = static_cast<std::size_t>(first % size_);
  const std::size_t begin = offsets_[index];
  const std::string_view bytes = bytes_;
  return bytes.substr(begin, offsets_[index + count] - begin);
}

}  // namespace assay::load
