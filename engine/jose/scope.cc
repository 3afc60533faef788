#include "jose/scope.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "assay/limits.h"

namespace assay::jose {

namespace {

// NQCHAR of RFC 6749 sec 3.3: printable ASCII without blank, '"' and '\'.
constexpr bool is_scope_character(char c) noexcept { return c > ' ' && c <= '~' && c != '"' && c != '\\'; }

// Every character of every scope comes by: one look-up each.
constexpr std::array<bool, 256> kScopeCharacters = [] {
  std::array<bool, 256> fits{};
  for (std::size_t i = 0; i < fits.size(); ++i) fits[i] = is_scope_character(static_cast<char>(i));
  return fits;
}();

// One scope-token without any character of `reserved`, which are few.
bool is_scope_token(std::string_view token, std::string_view reserved) noexcept {
  for (const char c : token) {
    if (!kScopeCharacters[static_cast<unsigned char>(c)]) return false;
    for (const char other : reserved) {
      if (c == other) return false;
    }
  }
  return !token.empty();
}

constexpr std::string_view kReservedInBracketed = ",[]";

// Takes the next piece up to `separator` off `rest`. Precondition: !done.
struct Splitter {
  std::string_view rest;
  char separator;
  bool done = false;

  std::string_view next() noexcept {
    const std::size_t end = rest.find(separator);
    const std::string_view piece = rest.substr(0, end);
    done = end == std::string_view::npos;
    rest.remove_prefix(done ? rest.size() : end + 1);
    return piece;
  }
};

// Collects the values of one scope claim. Each read_ function says whether its text fits the grammar and has room.
class GrantReader {
 public:
  GrantReader(std::span<ScopeValue> room, base::Arena& arena) noexcept : room_(room), arena_(arena) {}

  [[nodiscard]] std::span<const ScopeValue> values() const noexcept { return room_.first(count_); }

  bool read_value(std::string_view value, std::string_view reserved) noexcept {
    return is_scope_token(value, reserved) && add({.level = {}, .permission = value, .text = value});
  }

  bool read_separated(std::string_view text, char separator) noexcept {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == separator) {
        if (!add_separated(text.substr(begin, i - begin))) return false;
        begin = i + 1;
      } else if (!kScopeCharacters[static_cast<unsigned char>(text[i])]) {
        return false;
      }
    }
    return add_separated(text.substr(begin));
  }

  // item = level "[" [permission *("," permission) [","]] "]" / general; text = item *("," item)
  bool read_bracketed(std::string_view text) noexcept {
    while (true) {
      const std::size_t stop = text.find_first_of(kReservedInBracketed);
      const std::string_view word = text.substr(0, stop);
      if (stop == std::string_view::npos || text[stop] == ',') {
        if (!read_value(word, {})) return false;
        text.remove_prefix(word.size());
      } else {
        const std::size_t close = text.find(']', stop);
        if (text[stop] != '[' || close == std::string_view::npos) return false;
        if (!read_level(word, text.substr(stop + 1, close - stop - 1))) return false;
        text.remove_prefix(close + 1);
      }
      if (text.empty()) return true;
      if (text.front() != ',') return false;
      text.remove_prefix(1);
    }
  }

 private:
  // The characters between two separators were looked at.
  bool add_separated(std::string_view value) noexcept {
    return !value.empty() && add({.level = {}, .permission = value, .text = value});
  }

  bool read_level(std::string_view level, std::string_view permissions) noexcept {
    if (level_seen_ || level.size() > kScopeLevelBytesMax || !is_scope_token(level, kReservedInBracketed)) return false;
    level_seen_ = true;
    if (permissions.ends_with(',')) {
      permissions.remove_suffix(1);
      if (permissions.empty()) return false;
    }
    Splitter pieces{permissions, ',', permissions.empty()};
    while (!pieces.done) {
      const std::string_view permission = pieces.next();
      if (!is_scope_token(permission, kReservedInBracketed) || !add_pair(level, permission)) return false;
    }
    return add_pair(level, {});
  }

  bool add_pair(std::string_view level, std::string_view permission) noexcept {
    const std::span<char> text = arena_.take<char>(level.size() + permission.size() + 2);
    if (text.empty()) return false;
    auto end = std::copy(level.begin(), level.end(), text.begin());
    *end++ = '[';
    end = std::copy(permission.begin(), permission.end(), end);
    *end = ']';
    return add({.level = level, .permission = permission, .text = {text.data(), text.size()}});
  }

  bool add(const ScopeValue& value) noexcept {
    if (count_ == room_.size()) return false;
    room_[count_++] = value;
    return true;
  }

  std::span<ScopeValue> room_;
  base::Arena& arena_;
  std::size_t count_ = 0;
  bool level_seen_ = false;
};

// Whether `granted` widens to the permission `required` of the same level: its last ':'-segment is exactly "*". At any
// other place, and in `required`, '*' is an ordinary character.
bool widens_by_last_segment(std::string_view granted, std::string_view required) noexcept {
  if (!granted.ends_with(":*")) return false;
  const std::string_view prefix = granted.substr(0, granted.size() - 1);
  return required.size() > prefix.size() && required.starts_with(prefix);
}

// A value and its separator take two characters; the level of a bracketed scope makes one value more.
constexpr std::size_t values_max_of(std::string_view text) noexcept { return 2 + text.size() / 2; }

}  // namespace

std::optional<std::span<const ScopeValue>> parse_granted_scope(std::span<const std::string_view> texts, bool is_list,
                                                               ScopeGrammar grammar, base::Arena& arena) noexcept {
  const char separator = grammar == ScopeGrammar::kSpace ? ' ' : ',';
  std::size_t values_max = 0;
  for (const std::string_view text : texts) {
    if (text.empty() && !is_list) continue;
    values_max += values_max_of(text);
  }
  if (values_max == 0) return std::span<const ScopeValue>{};
  const std::span<ScopeValue> room = arena.take<ScopeValue>(std::min(values_max, kGrantedScopesMax));
  if (room.empty()) return std::nullopt;

  GrantReader reader(room, arena);
  for (const std::string_view text : texts) {
    if (text.empty() && !is_list) continue;
    bool fits = false;
    switch (grammar) {
      case ScopeGrammar::kSpace:
      case ScopeGrammar::kComma:
        fits =
            is_list ? reader.read_value(text, std::string_view(&separator, 1)) : reader.read_separated(text, separator);
        break;
      case ScopeGrammar::kBracketed: fits = reader.read_bracketed(text); break;
    }
    if (!fits) return std::nullopt;
  }
  // The texts of bracketed values lie behind the room.
  if (grammar != ScopeGrammar::kBracketed) arena.shrink(room, reader.values().size());
  return reader.values();
}

std::optional<RequiredScope> RequiredScope::parse(std::string_view text, ScopeGrammar grammar) {
  // The values, and the texts of one bracketed pair and its bare level. More may run out of room, and is refused all
  // the same.
  base::Arena arena(values_max_of(text) * sizeof(ScopeValue) + 2 * text.size() + 8);
  const std::string_view texts[] = {text};
  const auto values = parse_granted_scope(texts, false, grammar, arena);
  if (!values || values->empty() || values->size() > 2) return std::nullopt;
  const ScopeValue& first = values->front();
  if (values->size() == 2) {
    // `level[permission]` reads as its pair and the bare pair of the level; the pair is what is required.
    const bool is_one_pair = !first.level.empty() && !first.permission.empty() && values->back().permission.empty();
    if (!is_one_pair) return std::nullopt;
  }
  return RequiredScope(std::string(first.text), std::string(first.level), std::string(first.permission));
}

RequiredScope::RequiredScope(std::string text, std::string level, std::string permission)
    : text_(std::move(text)), level_(std::move(level)), permission_(std::move(permission)) {}

bool RequiredScope::met_by(std::span<const ScopeValue> granted, ScopeWildcard wildcard) const noexcept {
  const ScopeValue required{.level = level_, .permission = permission_, .text = text_};
  return std::any_of(granted.begin(), granted.end(), [&required, wildcard](const ScopeValue& value) {
    if (value == required) return true;
    const bool last_segment =
        value.level == required.level && widens_by_last_segment(value.permission, required.permission);
    switch (wildcard) {
      case ScopeWildcard::kOff: return false;
      case ScopeWildcard::kLastSegment: return last_segment;
      case ScopeWildcard::kAll: return last_segment || (value.level.empty() && value.permission == "*");
    }
    return false;
  });
}

}  // namespace assay::jose
