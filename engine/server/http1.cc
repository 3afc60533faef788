#include "server/http1.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/hex.h"
#include "base/http_field.h"
#include "server/http1_syntax.h"

namespace assay::server {
namespace {

constexpr int kBadRequest = 400;
constexpr int kContentTooLarge = 413;
constexpr int kExpectationFailed = 417;
constexpr int kHeadTooLarge = 431;
constexpr int kNotImplemented = 501;
constexpr int kVersionNotSupported = 505;

// Methods that the server passes on; CONNECT is refused with another status, before this list is asked.
constexpr std::string_view kMethods[] = {
    "GET",      "POST",   "HEAD",      "PUT",        "DELETE", "PATCH",  "OPTIONS",     "TRACE",
    "COPY",     "LOCK",   "MKCOL",     "MOVE",       "SEARCH", "UNLOCK", "PROPFIND",    "PROPPATCH",
    "BIND",     "REBIND", "UNBIND",    "ACL",        "REPORT", "MERGE",  "MKACTIVITY",  "CHECKOUT",
    "M-SEARCH", "NOTIFY", "SUBSCRIBE", "MKCALENDAR", "LINK",   "UNLINK", "UNSUBSCRIBE", "PURGE",
};

// Most hexadecimal digits of a chunk size: what 64 bits hold.
constexpr int kChunkDigitsMax = 16;

// Fields whose values may not hold bytes >= 0x80: credentials, and what frames or routes a message.
bool is_ascii_field(std::string_view name) noexcept {
  constexpr std::string_view kAsciiFields[] = {"authorization", "cookie",  "proxy-authorization", "host",
                                               "connection",    "expect",  "content-length",      "upgrade",
                                               "keep-alive",    "trailer", "transfer-encoding",   "te"};
  return std::any_of(std::begin(kAsciiFields), std::end(kAsciiFields),
                     [name](std::string_view field) { return equals_ignoring_case(name, field); });
}

}  // namespace

void Http1Reader::begin() noexcept {
  phase_ = Phase::kHead;
  refusal_status_ = 0;
  message_ = Message{};
  fields_.clear();
}

bool Http1Reader::refuse(int status) noexcept {
  refusal_status_ = status;
  return false;
}

Http1Reader::Progress Http1Reader::read(std::span<char> message, const Http1Limits& limits) {
  ASSAY_DCHECK(phase_ != Phase::kDone && refusal_status_ == 0);
  if (phase_ == Phase::kHead && !read_head({message.data(), message.size()}, limits)) return {State::kBad, 0};
  if (phase_ == Phase::kHead) return {State::kPartial, message.size()};
  if (!read_body(message, limits)) return {State::kBad, 0};
  if (phase_ == Phase::kDone) return {State::kComplete, message_.read_bytes};
  message_.read_bytes = message_.kept_bytes;
  return {State::kPartial, message_.kept_bytes};
}

bool Http1Reader::read_head(std::string_view message, const Http1Limits& limits) {
  const std::string_view window = message.substr(0, limits.head_bytes_max);
  // Not HTTP at all, a TLS client hello for one: said at once and not when the head's time is over.
  if (!window.empty() && !is_byte_of(window.front(), kTokenByte)) return refuse(kBadRequest);
  for (;;) {
    const std::size_t lf = window.find('\n', message_.scanned);
    if (lf == std::string_view::npos) {
      message_.scanned = window.size();
      return message.size() < limits.head_bytes_max || refuse(kHeadTooLarge);
    }
    const std::size_t begin = message_.line_begin;
    if (lf == begin || window[lf - 1] != '\r') return refuse(kBadRequest);
    const std::size_t bytes = lf - 1 - begin;
    message_.line_begin = message_.scanned = lf + 1;
    if (begin == 0) {
      if (!read_request_line(window.substr(0, bytes))) return false;
    } else if (bytes == 0) {
      message_.head_bytes = message_.read_bytes = message_.kept_bytes = lf + 1;
      return finish_head(limits);
    } else {
      if (fields_.size() == limits.fields_max) return refuse(kHeadTooLarge);
      if (!read_field_line(window, begin, bytes)) return false;
    }
  }
}

// RFC 9112 sec 3: method SP request-target SP HTTP-version, exactly one space each.
bool Http1Reader::read_request_line(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos) return refuse(kBadRequest);
  const std::string_view method = line.substr(0, method_end);
  const std::size_t target_begin = method_end + 1;
  const std::size_t target_end = line.find(' ', target_begin);
  if (target_end == std::string_view::npos) return refuse(kBadRequest);
  const std::string_view target = line.substr(target_begin, target_end - target_begin);

  if (!is_made_of(method, kTokenByte)) return refuse(kBadRequest);
  if (!read_version(line.substr(target_end + 1))) return false;
  if (method == "CONNECT") return refuse(kBadRequest);
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) {
    return refuse(kNotImplemented);
  }
  if (!read_target(method, target)) return false;
  message_.method = {0, static_cast<std::uint32_t>(method.size())};
  message_.target = {static_cast<std::uint32_t>(target_begin), static_cast<std::uint32_t>(target.size())};
  return true;
}

bool Http1Reader::read_version(std::string_view text) {
  constexpr std::string_view kPrefix = "HTTP/";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool well_formed = text.size() == kPrefix.size() + 3 && text.substr(0, kPrefix.size()) == kPrefix &&
                           is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!well_formed) return refuse(kBadRequest);
  if (text[5] != '1' || text[7] > '1') return refuse(kVersionNotSupported);
  message_.minor_version = text[7] - '0';
  return true;
}

// RFC 9112 sec 3.2: origin-form and asterisk-form. Absolute-form is for proxies, which this is not.
bool Http1Reader::read_target(std::string_view method, std::string_view target) {
  if (target == "*") return method == "OPTIONS" || refuse(kBadRequest);
  const bool origin_form = !target.empty() && target.front() == '/' && is_made_of(target, kTargetByte);
  return origin_form || refuse(kBadRequest);
}

// RFC 9112 sec 5: field-name ":" OWS field-value OWS. A folded line begins with a blank, which no name does.
bool Http1Reader::read_field_line(std::string_view message, std::size_t offset, std::size_t bytes) {
  const std::string_view line = message.substr(offset, bytes);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return refuse(kBadRequest);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = base::trim_blanks(line.substr(colon + 1));
  if (!is_made_of(name, kTokenByte)) return refuse(kBadRequest);
  if (!is_field_value(value, kTextByte)) {
    if (is_ascii_field(name) || !is_field_value(value, kTextByte | kObsTextByte)) return refuse(kBadRequest);
  }
  if (!note_field(name, value)) return false;
  const auto value_offset = static_cast<std::uint32_t>(
      value.empty() ? offset + bytes : static_cast<std::size_t>(value.data() - message.data()));
  fields_.push_back({{static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size())},
                     {value_offset, static_cast<std::uint32_t>(value.size())}});
  return true;
}

// Looks at the fields that say how the message is framed or that may come once only.
bool Http1Reader::note_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "host")) {
    if (message_.have_host || !is_made_of(value, kHostByte)) return refuse(kBadRequest);
    message_.have_host = true;
  } else if (equals_ignoring_case(name, "authorization")) {
    if (message_.have_authorization) return refuse(kBadRequest);
    message_.have_authorization = true;
  } else if (equals_ignoring_case(name, "content-length")) {
    return note_content_length(value);
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    return note_transfer_encoding(value);
  } else if (equals_ignoring_case(name, "connection")) {
    return note_connection(value);
  } else if (equals_ignoring_case(name, "upgrade")) {
    return refuse(kBadRequest);
  } else if (equals_ignoring_case(name, "expect")) {
    if (!equals_ignoring_case(value, "100-continue")) return refuse(kExpectationFailed);
    message_.expects_continue = true;
  }
  return true;
}

// RFC 9112 sec 6.2: digits alone, and once. A list of equal values is legal there and refused here.
bool Http1Reader::note_content_length(std::string_view value) {
  constexpr std::size_t kDigitsMax = 19;  // 10^19 - 1 fits in 64 bits
  if (message_.have_content_length || value.empty() || value.size() > kDigitsMax) return refuse(kBadRequest);
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return refuse(kBadRequest);
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  message_.have_content_length = true;
  message_.content_length = length;
  return true;
}

bool Http1Reader::note_transfer_encoding(std::string_view value) {
  if (message_.chunked || !equals_ignoring_case(value, "chunked")) return refuse(kBadRequest);
  message_.chunked = true;
  return true;
}

// RFC 9110 sec 7.6.1: a list of options.
bool Http1Reader::note_connection(std::string_view value) {
  for (;;) {
    const std::size_t comma = value.find(',');
    const std::string_view option = base::trim_blanks(value.substr(0, comma));
    if (equals_ignoring_case(option, "upgrade")) return refuse(kBadRequest);
    if (equals_ignoring_case(option, "close")) message_.asked_close = true;
    if (equals_ignoring_case(option, "keep-alive")) message_.asked_keep_alive = true;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

// RFC 9112 sec 6.3: how long the body is, once all fields are known.
bool Http1Reader::finish_head(const Http1Limits& limits) {
  if (message_.minor_version == 1 && !message_.have_host) return refuse(kBadRequest);
  if (message_.chunked && (message_.have_content_length || message_.minor_version == 0)) return refuse(kBadRequest);
  const bool has_body = message_.chunked || message_.content_length > 0;
  // RFC 9110 sec 10.1.1: it means nothing where no body follows, and nothing in HTTP/1.0.
  message_.expects_continue = message_.expects_continue && has_body && message_.minor_version == 1;
  // A body that would be dropped is not asked for: a final status instead of 100 is an answer that no client waits for
  // in vain.
  if (message_.expects_continue && !limits.keep_body) return refuse(kExpectationFailed);
  if (message_.content_length > limits.body_bytes_max) return refuse(kContentTooLarge);
  message_.remaining = message_.content_length;
  phase_ = message_.chunked ? Phase::kChunkSize : (has_body ? Phase::kLengthBody : Phase::kDone);
  return true;
}

bool Http1Reader::read_body(std::span<char> message, const Http1Limits& limits) {
  if (message_.read_bytes < message.size()) note_continue();  // the body comes without being asked for
  while (phase_ != Phase::kDone && message_.read_bytes < message.size()) {
    const char c = message[message_.read_bytes];
    bool good = true;
    switch (phase_) {
      case Phase::kHead:
      case Phase::kDone: base::check_failed("a body phase", __FILE__, __LINE__);
      case Phase::kLengthBody:
      case Phase::kChunkData: take_body(message, limits.keep_body); break;
      case Phase::kChunkSize: good = read_chunk_size_byte(c, limits); break;
      case Phase::kChunkSizeLf:
        good = expect_byte(c, '\n', message_.remaining == 0 ? Phase::kLastCr : Phase::kChunkData);
        break;
      case Phase::kChunkCr: good = expect_byte(c, '\r', Phase::kChunkLf); break;
      case Phase::kChunkLf: good = expect_byte(c, '\n', Phase::kChunkSize); break;
      case Phase::kLastCr:  // anything else here would be a trailer
        good = expect_byte(c, '\r', Phase::kLastLf);
        break;
      case Phase::kLastLf: good = expect_byte(c, '\n', Phase::kDone); break;
    }
    if (!good) return false;
  }
  return true;
}

// Consumes what is there of the current chunk or Content-Length body; keeps it behind the bytes kept before.
void Http1Reader::take_body(std::span<char> message, bool keep) noexcept {
  const auto bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(message_.remaining, message.size() - message_.read_bytes));
  if (keep) {
    char* const kept_end = message.data() + message_.kept_bytes;
    if (message_.kept_bytes != message_.read_bytes) std::memmove(kept_end, &message[message_.read_bytes], bytes);
    message_.kept_bytes += bytes;
  }
  message_.read_bytes += bytes;
  message_.remaining -= bytes;
  if (message_.remaining > 0) return;
  phase_ = phase_ == Phase::kLengthBody ? Phase::kDone : Phase::kChunkCr;
}

// RFC 9112 sec 7.1: 1*HEXDIG CRLF. No extension, no blank.
bool Http1Reader::read_chunk_size_byte(char c, const Http1Limits& limits) {
  if (c == '\r') {
    if (message_.chunk_digits == 0) return refuse(kBadRequest);
    if (message_.remaining > limits.body_bytes_max - message_.body_bytes) return refuse(kContentTooLarge);
    message_.body_bytes += message_.remaining;
    message_.chunk_digits = 0;
    phase_ = Phase::kChunkSizeLf;
    ++message_.read_bytes;
    return true;
  }
  const int digit = base::hex_digit(c);
  if (digit < 0 || ++message_.chunk_digits > kChunkDigitsMax) return refuse(kBadRequest);
  message_.remaining = message_.remaining * 16 + static_cast<std::uint64_t>(digit);
  ++message_.read_bytes;
  return true;
}

bool Http1Reader::expect_byte(char actual, char expected, Phase next) noexcept {
  if (actual != expected) return refuse(kBadRequest);
  ++message_.read_bytes;
  phase_ = next;
  return true;
}

void Http1Reader::fill(std::string_view message, std::vector<HttpField>& fields, HttpRequest& request) const {
  ASSAY_DCHECK(phase_ == Phase::kDone);
  const auto view = [message](Piece piece) { return message.substr(piece.offset, piece.bytes); };
  fields.clear();
  for (const FieldPieces& field : fields_) fields.push_back({view(field.name), view(field.value)});
  request.method = view(message_.method);
  request.target = view(message_.target);
  request.minor_version = message_.minor_version;
  request.fields = fields;
  request.body = message.substr(message_.head_bytes, message_.kept_bytes - message_.head_bytes);
}

AfterAnswer Http1Reader::after_answer() const noexcept {
  const bool stays = !message_.asked_close && (message_.minor_version == 1 || message_.asked_keep_alive);
  return stays ? AfterAnswer::kAsClientAsked : AfterAnswer::kClose;
}

}  // namespace assay::server
