#include "jose/claims.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "assay/limits.h"
#include "base/attributes.h"
#include "base/same_text.h"
#include "jose/numeric_date.h"

namespace assay::jose {

namespace {

enum Slot : std::size_t {
  kIss,
  kSub,
  kJti,
  kClientId,
  kAzp,
  kAud,
  kExp,
  kNbf,
  kIat,
  kScope,
  kScp,
  kScopes,
  kStatus,
  kSlotCount
};

constexpr std::array<std::string_view, kSlotCount> kSlotNames{
    "iss", "sub", "jti", "client_id", "azp", "aud", "exp", "nbf", "iat", "scope", "scp", "scopes", "status",
};

// The registered claims of a payload, whatever their types: where they stand in the document, 0 where they do not.
using Slots = std::array<std::uint32_t, kSlotCount>;

// The first and the last four bytes of a name of four bytes or more; of a shorter one all it has.
constexpr std::uint64_t ends_of(std::string_view name) {
  const auto byte = [name](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(name[i])}; };
  const std::size_t size = name.size();
  if (size < 4) return name_word(name);
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24 | byte(size - 4) << 32 | byte(size - 3) << 40 |
         byte(size - 2) << 48 | byte(size - 1) << 56;
}
constexpr std::size_t kNameBytesMin = 3;
constexpr std::size_t kNameBytesInEnds = 8;  // up to here the ends are the whole name
static_assert(std::all_of(kSlotNames.begin(), kSlotNames.end(),
                          [](std::string_view name) { return name.size() >= kNameBytesMin; }));

// The slot of each mark, so that a member is compared with one of them at most, and what its name has.
struct MarkedSlot {
  std::uint64_t ends = 0;
  std::uint32_t size = 0xffff'ffff;  // no name's: no slot has the mark
  std::uint32_t slot = kSlotCount;
};
constexpr std::array<MarkedSlot, kNameMarkCount> kSlotOfMark = [] {
  std::array<MarkedSlot, kNameMarkCount> slots{};
  for (std::uint32_t i = 0; i < kSlotCount; ++i) {
    const std::string_view name = kSlotNames[i];
    slots[name_mark(name)] = {.ends = ends_of(name), .size = static_cast<std::uint32_t>(name.size()), .slot = i};
  }
  return slots;
}();
static_assert([] {
  for (std::size_t i = 0; i < kSlotCount; ++i) {
    if (kSlotOfMark[name_mark(kSlotNames[i])].slot != i) return false;
  }
  return true;
}());

// The slot of a claim's name; kSlotCount if it has none. Every member of every token comes by: no call, two words
// compared.
ASSAY_ALWAYS_INLINE std::size_t find_slot(const JsonValue& member) noexcept {
  const MarkedSlot& marked = kSlotOfMark[member.mark()];
  const std::string_view name = member.name();
  if (marked.size != name.size() || marked.ends != ends_of(name)) return kSlotCount;
  const bool is_whole = name.size() <= kNameBytesInEnds || base::same_text(kSlotNames[marked.slot], name);
  return is_whole ? marked.slot : std::size_t{kSlotCount};
}

std::size_t child_count(const JsonValue& value) noexcept {
  std::size_t count = 0;
  for ([[maybe_unused]] const JsonValue child : value) ++count;
  return count;
}

bool is_text_list(const JsonValue& value) noexcept {
  if (value.kind() == JsonKind::kString) return true;
  if (value.kind() != JsonKind::kArray) return false;
  for (const JsonValue element : value) {
    if (element.kind() != JsonKind::kString) return false;
  }
  return true;
}

bool is_audience(const JsonValue& value) noexcept {
  if (!is_text_list(value)) return false;
  if (value.kind() == JsonKind::kString) return true;
  const std::size_t count = child_count(value);
  return count > 0 && count <= kAudiencesMax;
}

bool is_scope(const JsonValue& value) noexcept {
  if (value.kind() == JsonKind::kString) return true;
  return is_text_list(value) && child_count(value) <= kGrantedScopesMax;
}

// Both are scopes: strings, or arrays of strings.
bool same_scope(const JsonValue& a, const JsonValue& b) noexcept {
  if (a.kind() != b.kind()) return false;
  if (a.kind() == JsonKind::kString) return a.text() == b.text();
  JsonValue::Iterator at = b.begin();
  for (const JsonValue element : a) {
    if (!(at != b.end()) || (*at).text() != element.text()) return false;
    ++at;
  }
  return !(at != b.end());
}

// Reads the member at `index` into `text` if it is a string; false if it is something else. An absent claim (0) leaves
// `text` empty.
bool read_text(const JsonValue& root, std::uint32_t index, std::string_view& text) noexcept {
  if (index == 0) return true;
  const JsonValue value = root.at(index);
  text = value.text();
  return value.kind() == JsonKind::kString;
}

// As read_text, for a NumericDate.
bool read_date(const JsonValue& root, std::uint32_t index, Rounding rounding,
               std::optional<NumericDate>& date) noexcept {
  if (index == 0) return true;
  const JsonValue value = root.at(index);
  if (value.kind() != JsonKind::kNumber) return false;
  if (read_numeric_date(value.text(), rounding, date.emplace())) return true;
  date.reset();
  return false;
}

// The one scope claim that counts: kSlotCount if there is none.
std::size_t find_scope(const Slots& slots) noexcept {
  for (std::size_t i = kScope; i <= kScopes; ++i) {
    if (slots[i] != 0) return i;
  }
  return kSlotCount;
}

// The text of an integer that is not negative, up to kStatusIndexMax; false for anything else. RFC 8259 sec 6 leaves no
// leading zeros.
bool read_index(std::string_view number, std::uint32_t& index) noexcept {
  std::uint64_t value = 0;
  for (const char c : number) {
    if (c < '0' || c > '9') return false;
    value = std::min<std::uint64_t>(value * 10 + static_cast<unsigned>(c - '0'), kStatusIndexMax);
  }
  index = static_cast<std::uint32_t>(value);
  return true;
}

StatusReference read_status(const JsonValue& status) noexcept {
  StatusReference reference{.kind = StatusReference::Kind::kMalformed, .index = 0, .uri = {}};
  if (status.kind() != JsonKind::kObject) return reference;
  const JsonValue::Found list = status.find("status_list");
  if (!list) return {};
  const JsonValue::Found uri = list.value.find("uri");
  const JsonValue::Found index = list.value.find("idx");
  const bool is_sound = list.value.kind() == JsonKind::kObject && uri && uri.value.kind() == JsonKind::kString &&
                        index && index.value.kind() == JsonKind::kNumber &&
                        read_index(index.value.text(), reference.index);
  if (!is_sound) return reference;
  reference.kind = StatusReference::Kind::kList;
  reference.uri = uri.value.text();
  return reference;
}

// Checks all registered claims and fills what needs no list; returns the slot at fault, kSlotCount if there is none.
std::size_t read_registered(const JsonValue& root, const Slots& slots, Claims& claims) noexcept {
  std::string_view client_id, azp;
  if (!read_text(root, slots[kIss], claims.iss)) return kIss;
  if (!read_text(root, slots[kSub], claims.sub)) return kSub;
  if (!read_text(root, slots[kJti], claims.jti)) return kJti;
  if (!read_text(root, slots[kClientId], client_id)) return kClientId;
  if (!read_text(root, slots[kAzp], azp)) return kAzp;
  claims.has_iss = slots[kIss] != 0;
  claims.client = slots[kClientId] != 0 ? client_id : azp;

  if (slots[kAud] != 0 && !is_audience(root.at(slots[kAud]))) return kAud;
  if (!read_date(root, slots[kExp], Rounding::kDown, claims.exp)) return kExp;
  if (!read_date(root, slots[kNbf], Rounding::kUp, claims.nbf)) return kNbf;
  if (!read_date(root, slots[kIat], Rounding::kUp, claims.iat)) return kIat;

  const std::size_t first = find_scope(slots);
  for (std::size_t i = first; i <= kScopes; ++i) {
    if (slots[i] == 0) continue;
    if (!is_scope(root.at(slots[i]))) return i;
    if (i != first && !same_scope(root.at(slots[first]), root.at(slots[i]))) return i;
  }
  return kSlotCount;
}

// The strings of a text list, in `arena`; false if it is full.
bool list_texts(const JsonValue& value, base::Arena& arena, std::span<const std::string_view>& texts) noexcept {
  const std::size_t count = value.kind() == JsonKind::kString ? 1 : child_count(value);
  const std::span<std::string_view> room = arena.take<std::string_view>(count);
  if (room.size() != count) return false;
  if (value.kind() == JsonKind::kString) {
    std::construct_at(&room[0], value.text());
  } else {
    std::size_t i = 0;
    for (const JsonValue element : value) std::construct_at(&room[i++], element.text());
  }
  texts = room;
  return true;
}

}  // namespace

ErrorCode read_claims(const JsonValue& root, base::Arena& arena, Claims& claims) noexcept {
  const std::span<Claim> room = arena.take_rest<Claim>();
  Slots slots{};
  std::size_t count = 0;
  for (const JsonValue member : root) {
    if (count == room.size()) return ErrorCode::kOverloaded;
    std::construct_at(&room[count++], Claim{.name = member.name(), .text = member.text(), .kind = member.kind()});
    if (const std::size_t slot = find_slot(member); slot != kSlotCount) slots[slot] = member.index();
  }
  claims.members = arena.shrink(room, count);
  if (read_registered(root, slots, claims) != kSlotCount) return ErrorCode::kBadClaim;

  claims.has_aud = slots[kAud] != 0;
  if (claims.has_aud && !list_texts(root.at(slots[kAud]), arena, claims.audiences)) {
    return ErrorCode::kOverloaded;
  }
  if (const std::size_t scope = find_scope(slots); scope != kSlotCount) {
    const JsonValue value = root.at(slots[scope]);
    claims.scope_is_list = value.kind() == JsonKind::kArray;
    if (!list_texts(value, arena, claims.scope_texts)) return ErrorCode::kOverloaded;
  }
  if (slots[kStatus] != 0) claims.status = read_status(root.at(slots[kStatus]));
  return ErrorCode::kNone;
}

Expected<Claims> parse_claims(JsonValue root, base::Arena& arena) noexcept {
  Expected<Claims> claims(tl::in_place);
  if (const ErrorCode code = read_claims(root, arena, *claims); code != ErrorCode::kNone) return fail(code);
  return claims;
}

std::string_view find_bad_claim(JsonValue root) noexcept {
  Slots slots{};
  for (const JsonValue member : root) {
    if (const std::size_t slot = find_slot(member); slot != kSlotCount) slots[slot] = member.index();
  }
  Claims claims;
  const std::size_t bad = read_registered(root, slots, claims);
  return bad == kSlotCount ? std::string_view{} : kSlotNames[bad];
}

}  // namespace assay::jose
