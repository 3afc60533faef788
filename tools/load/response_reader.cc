#include "load/response_reader.h"

#include <algorithm>
#include <charconv>

#include "base/letter_case.h"

namespace assay::load {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";

bool has_no_body(int status) noexcept { return status == 204 || status == 304; }

}  // namespace

bool ResponseReader::refuse(std::string_view fault) noexcept {
  fault_ = fault;
  return false;
}

ResponseReader::Progress ResponseReader::read(std::string_view bytes) noexcept {
  std::size_t consumed = 0;
  while (!in_body_) {
    const std::string_view rest = bytes.substr(consumed);
    const std::size_t end = rest.find(kHeadEnd);
    if (end == std::string_view::npos) return {State::kPartial, consumed};
    if (!read_head(rest.substr(0, end + kLineEnd.size()))) return {State::kBad, consumed};
    consumed += end + kHeadEnd.size();
    constexpr int kFirstFinal = 200;
    in_body_ = status_ >= kFirstFinal;
  }
  const auto body = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size() - consumed));
  body_left_ -= body;
  consumed += body;
  if (body_left_ > 0) return {State::kPartial, consumed};
  in_body_ = false;
  return {State::kComplete, consumed};
}

// `head`: the status line and the fields, each with its line end.
bool ResponseReader::read_head(std::string_view head) noexcept {
  closes_ = has_length_ = false;
  body_left_ = 0;
  const std::size_t first_end = head.find(kLineEnd);
  if (!read_status_line(head.substr(0, first_end))) return false;
  head.remove_prefix(first_end + kLineEnd.size());
  while (!head.empty()) {
    const std::size_t end = head.find(kLineEnd);
    if (!read_field(head.substr(0, end))) return false;
    head.remove_prefix(end + kLineEnd.size());
  }
  if (has_no_body(status_)) body_left_ = 0;
  const bool is_interim = status_ < 200;
  if (!is_interim && !has_no_body(status_) && !has_length_) return refuse("a response states no Content-Length");
  return true;
}

// RFC 9112 sec 4: HTTP-version SP status-code SP [reason-phrase].
bool ResponseReader::read_status_line(std::string_view line) noexcept {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatusBegin = kVersion.size() + 2;
  constexpr std::size_t kStatusEnd = kStatusBegin + 3;
  if (!line.starts_with(kVersion) || line.size() < kStatusEnd || line[kStatusBegin - 1] != ' ') {
    return refuse("what comes is no HTTP/1 response");
  }
  const char* const end = line.data() + kStatusEnd;
  const std::from_chars_result read = std::from_chars(line.data() + kStatusBegin, end, status_);
  if (read.ptr != end || status_ < 100) return refuse("a response has no status of three digits");
  if (line[kVersion.size()] == '0') closes_ = true;
  return true;
}

bool ResponseReader::read_field(std::string_view line) noexcept {
  const char first = line.empty() ? '\0' : base::to_lower(line.front());
  if (first != 'c' && first != 't') return true;
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (base::equals_ignoring_case(name, "transfer-encoding"))
    return refuse("a response comes in chunks, which this program cannot read");
  if (base::equals_ignoring_case(name, "connection")) closes_ = base::equals_ignoring_case(value, "close");
  if (!base::equals_ignoring_case(name, "content-length")) return true;
  const char* const end = value.data() + value.size();
  const std::from_chars_result read = std::from_chars(value.data(), end, body_left_);
  if (value.empty() || read.ptr != end || read.ec != std::errc{} || has_length_) {
    return refuse("a response states its length in no way that can be read");
  }
  has_length_ = true;
  return true;
}

}  // namespace assay::load
