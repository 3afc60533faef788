#include "server/token_location.h"

#include <algorithm>

#include "assay/limits.h"
#include "base/hex.h"
#include "server/http1_syntax.h"

namespace assay::server {
namespace {

constexpr std::string_view kBearer = "bearer";

using FoundToken = Expected<std::string_view>;  // empty: no token in this place

// The value of the only field of that name, or empty.
FoundToken read_only_field(std::span<const HttpField> fields, std::string_view name) noexcept {
  std::string_view value;
  bool seen = false;
  for (const HttpField& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (seen) return fail(ErrorCode::kMultipleTokens);
    seen = true;
    value = field.value;
  }
  return value;
}

// Whether `text` starts with the word Bearer.
bool starts_with_bearer(std::string_view text) noexcept {
  return equals_ignoring_case(text.substr(0, kBearer.size()), kBearer) &&
         (text.size() == kBearer.size() || !is_byte_of(text[kBearer.size()], kTokenByte));
}

// Whether Bearer credentials follow a comma: a reader that splits lists would find a token that was not judged.
bool lists_bearer_later(std::string_view credentials) noexcept {
  for (std::size_t comma = credentials.find(','); comma != std::string_view::npos;
       comma = credentials.find(',', comma + 1)) {
    const std::size_t start = credentials.find_first_not_of(", \t", comma);
    if (start == std::string_view::npos) return false;
    if (starts_with_bearer(credentials.substr(start))) return true;
  }
  return false;
}

FoundToken refuse_comma_list(std::string_view value) noexcept {
  if (value.find(',') != std::string_view::npos) return fail(ErrorCode::kMultipleTokens);
  return value;
}

FoundToken read_credentials(std::string_view credentials) noexcept {
  if (!starts_with_bearer(credentials)) {
    if (lists_bearer_later(credentials)) return fail(ErrorCode::kMultipleTokens);
    return std::string_view();
  }
  const std::string_view rest = credentials.substr(kBearer.size());
  if (!rest.empty() && rest.front() != ' ') return fail(ErrorCode::kMalformedToken);
  const std::size_t start = rest.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::string_view();
  return refuse_comma_list(rest.substr(start));
}

// Whether the value ends where a reader of quoted strings lets it end, too.
bool has_closed_quotes(std::string_view value) noexcept {
  if (value.empty() || value.front() != '"') return true;
  return value.size() >= 2 && value.find('"', 1) == value.size() - 1;
}

FoundToken read_cookie(std::string_view cookie_string, std::string_view name) noexcept {
  std::string_view found;
  bool seen = false;
  std::string_view rest = cookie_string;
  while (!rest.empty()) {
    const std::size_t pair_end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = rest.substr(0, pair_end);
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return fail(ErrorCode::kMalformedToken);
    if (!is_made_of(pair.substr(0, equals), kTokenByte)) return fail(ErrorCode::kMalformedToken);
    const std::string_view value = pair.substr(equals + 1);
    if (!has_closed_quotes(value)) return fail(ErrorCode::kMalformedToken);
    if (pair.substr(0, equals) == name) {
      if (seen) return fail(ErrorCode::kMultipleTokens);
      seen = true;
      found = value;
    }
    if (pair_end == rest.size()) break;
    rest.remove_prefix(pair_end + 1);
    if (rest.size() < 2 || rest.front() != ' ') return fail(ErrorCode::kMalformedToken);
    rest.remove_prefix(1);
  }
  return found;
}

// Reads one byte of percent-encoded text and drops it from `rest`; -1 for a "%" without two hex digits.
// Precondition: `rest` is not empty. RFC 3986 sec 2.1.
int take_decoded(std::string_view& rest) noexcept {
  if (rest.front() != '%') {
    const int byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return byte;
  }
  if (rest.size() < 3) return -1;
  const int byte = base::hex_byte(rest[1], rest[2]);
  if (byte >= 0) rest.remove_prefix(3);
  return byte;
}

// Whether `encoded` is `name` once its "%XX" are decoded: a parameter may not hide behind an encoding.
bool names_parameter(std::string_view encoded, std::string_view name) noexcept {
  for (const char c : name) {
    if (encoded.empty() || take_decoded(encoded) != static_cast<unsigned char>(c)) return false;
  }
  return encoded.empty();
}

FoundToken decode_value(std::string_view value, base::Arena& scratch) noexcept {
  if (value.find('%') == std::string_view::npos) return value;
  const std::span<char> decoded = scratch.take<char>(std::min(value.size(), kTokenBytesMax));
  if (decoded.empty()) return fail(ErrorCode::kOverloaded);
  std::size_t count = 0;
  while (!value.empty()) {
    const int byte = take_decoded(value);
    if (byte < 0) return fail(ErrorCode::kMalformedToken);
    if (count == decoded.size()) return fail(ErrorCode::kTokenTooLong);
    decoded[count++] = static_cast<char>(byte);
  }
  const std::span<char> kept = scratch.shrink(decoded, count);
  return std::string_view(kept.data(), kept.size());
}

FoundToken read_parameter(std::string_view target, std::string_view name, base::Arena& scratch) noexcept {
  std::string_view value;
  bool seen = false;
  std::size_t start = target.find('?');
  while (start < target.size()) {
    const std::size_t end = std::min(target.find_first_of("&;", start + 1), target.size());
    const std::string_view part = target.substr(start + 1, end - start - 1);
    start = end;
    const std::size_t equals = std::min(part.find('='), part.size());
    if (!names_parameter(part.substr(0, equals), name)) continue;
    if (seen) return fail(ErrorCode::kMultipleTokens);
    seen = true;
    value = part.substr(std::min(equals + 1, part.size()));
  }
  return decode_value(value, scratch);
}

FoundToken read_place(const TokenSource& source, const TokenPlace& place, base::Arena& scratch) noexcept {
  switch (place.kind) {
    case TokenPlace::Kind::kBearer: return read_only_field(source.fields, "authorization").and_then(read_credentials);
    case TokenPlace::Kind::kHeader: return read_only_field(source.fields, place.name).and_then(refuse_comma_list);
    case TokenPlace::Kind::kCookie:
      return read_only_field(source.fields, "cookie").and_then([&place](std::string_view cookie_string) {
        return read_cookie(cookie_string, place.name);
      });
    case TokenPlace::Kind::kQuery: return read_parameter(source.target, place.name, scratch);
  }
  return fail(ErrorCode::kMissingToken);
}

}  // namespace

Expected<std::string_view> find_token(const TokenSource& source, std::span<const TokenPlace> places,
                                      base::Arena& scratch) noexcept {
  std::string_view found;
  for (const TokenPlace& place : places) {
    const FoundToken here = read_place(source, place, scratch);
    if (!here) return here;
    if (here->empty()) continue;
    if (!found.empty()) return fail(ErrorCode::kMultipleTokens);
    found = *here;
  }
  if (found.empty()) return fail(ErrorCode::kMissingToken);
  return found;
}

}  // namespace assay::server
