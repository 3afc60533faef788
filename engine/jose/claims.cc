#include "jose/claims.h"

#include <algorithm>
#include <array>
#include <memory>

#include "assay/limits.h"
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
  kSlotCount
};

constexpr std::array<std::string_view, kSlotCount> kSlotNames{
    "iss", "sub", "jti", "client_id", "azp", "aud", "exp", "nbf", "iat", "scope", "scp", "scopes",
};

// Tells the names of slots from each other, so that a member is compared with one of them at most.
constexpr std::size_t kMarkCount = 32;
constexpr std::size_t mark_of(std::string_view name) {
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return (first + std::size_t{2} * last) % kMarkCount;
}

// The slot of each mark; kSlotCount where no slot has it.
constexpr std::array<std::size_t, kMarkCount> kSlotOfMark = [] {
  std::array<std::size_t, kMarkCount> slots{};
  slots.fill(kSlotCount);
  for (std::size_t i = 0; i < kSlotCount; ++i) slots[mark_of(kSlotNames[i])] = i;
  return slots;
}();
static_assert([] {
  for (std::size_t i = 0; i < kSlotCount; ++i) {
    if (kSlotOfMark[mark_of(kSlotNames[i])] != i) return false;
  }
  return true;
}());

// The registered claims of a payload, whatever their types.
using Slots = std::array<std::optional<JsonValue>, kSlotCount>;

// By reference: by value, the copy on the stack stalls store forwarding, which costs a third of parse_claims.
void fill_slot(const JsonValue& member, Slots& slots) noexcept {
  const std::string_view name = member.name();
  if (name.empty()) return;
  const std::size_t slot = kSlotOfMark[mark_of(name)];
  if (slot != kSlotCount && kSlotNames[slot] == name) slots[slot] = member;
}

std::size_t child_count(JsonValue value) noexcept {
  std::size_t count = 0;
  for ([[maybe_unused]] const JsonValue child : value) ++count;
  return count;
}

bool is_text_list(JsonValue value) noexcept {
  if (value.kind() == JsonKind::kString) return true;
  if (value.kind() != JsonKind::kArray) return false;
  for (const JsonValue element : value) {
    if (element.kind() != JsonKind::kString) return false;
  }
  return true;
}

bool is_audience(JsonValue value) noexcept {
  if (!is_text_list(value)) return false;
  if (value.kind() == JsonKind::kString) return true;
  const std::size_t count = child_count(value);
  return count > 0 && count <= kAudiencesMax;
}

bool is_scope(JsonValue value) noexcept { return is_text_list(value) && child_count(value) <= kGrantedScopesMax; }

// Both are scopes: strings, or arrays of strings.
bool same_scope(JsonValue a, JsonValue b) noexcept {
  if (a.kind() != b.kind()) return false;
  if (a.kind() == JsonKind::kString) return a.text() == b.text();
  JsonValue::Iterator at = b.begin();
  for (const JsonValue element : a) {
    if (!(at != b.end()) || (*at).text() != element.text()) return false;
    ++at;
  }
  return !(at != b.end());
}

// Reads `slot` into `text` if it is a string; false if it is something else. An absent claim leaves `text` empty.
bool read_text(const std::optional<JsonValue>& slot, std::string_view& text) noexcept {
  if (!slot) return true;
  text = slot->text();
  return slot->kind() == JsonKind::kString;
}

// As read_text, for a NumericDate.
bool read_date(const std::optional<JsonValue>& slot, Rounding rounding, std::optional<NumericDate>& date) noexcept {
  if (!slot) return true;
  if (slot->kind() != JsonKind::kNumber) return false;
  const Expected<NumericDate> read = parse_numeric_date(slot->text(), rounding);
  if (!read) return false;
  date = *read;
  return true;
}

// The one scope claim that counts: kSlotCount if there is none.
std::size_t find_scope(const Slots& slots) noexcept {
  for (std::size_t i = kScope; i <= kScopes; ++i) {
    if (slots[i]) return i;
  }
  return kSlotCount;
}

// Checks all registered claims and fills what needs no list; returns the slot at fault, kSlotCount if there is none.
std::size_t read_registered(const Slots& slots, Claims& claims) noexcept {
  std::string_view client_id, azp;
  if (!read_text(slots[kIss], claims.iss)) return kIss;
  if (!read_text(slots[kSub], claims.sub)) return kSub;
  if (!read_text(slots[kJti], claims.jti)) return kJti;
  if (!read_text(slots[kClientId], client_id)) return kClientId;
  if (!read_text(slots[kAzp], azp)) return kAzp;
  claims.has_iss = slots[kIss].has_value();
  claims.client = slots[kClientId] ? client_id : azp;

  if (slots[kAud] && !is_audience(*slots[kAud])) return kAud;
  if (!read_date(slots[kExp], Rounding::kDown, claims.exp)) return kExp;
  if (!read_date(slots[kNbf], Rounding::kUp, claims.nbf)) return kNbf;
  if (!read_date(slots[kIat], Rounding::kUp, claims.iat)) return kIat;

  const std::size_t scope = find_scope(slots);
  for (std::size_t i = scope; i <= kScopes; ++i) {
    if (!slots[i]) continue;
    if (!is_scope(*slots[i]) || !same_scope(*slots[scope], *slots[i])) return i;
  }
  return kSlotCount;
}

// The strings of a text list, in `arena`; false if it is full.
bool list_texts(JsonValue value, base::Arena& arena, std::span<const std::string_view>& texts) noexcept {
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

Expected<Claims> parse_claims(JsonValue root, base::Arena& arena) noexcept {
  const std::size_t member_count = child_count(root);
  const std::span<Claim> members = arena.take<Claim>(member_count);
  if (members.size() != member_count) return fail(ErrorCode::kOverloaded);

  Slots slots;
  std::size_t i = 0;
  for (const JsonValue member : root) {
    std::construct_at(&members[i++], Claim{.name = member.name(), .text = member.text(), .kind = member.kind()});
    fill_slot(member, slots);
  }

  Claims claims;
  claims.members = members;
  if (read_registered(slots, claims) != kSlotCount) return fail(ErrorCode::kBadClaim);

  claims.has_aud = slots[kAud].has_value();
  if (claims.has_aud && !list_texts(*slots[kAud], arena, claims.audiences)) return fail(ErrorCode::kOverloaded);
  if (const std::size_t scope = find_scope(slots); scope != kSlotCount) {
    claims.scope_is_list = slots[scope]->kind() == JsonKind::kArray;
    if (!list_texts(*slots[scope], arena, claims.scope_texts)) return fail(ErrorCode::kOverloaded);
  }
  return claims;
}

std::string_view find_bad_claim(JsonValue root) noexcept {
  Slots slots;
  for (const JsonValue member : root) fill_slot(member, slots);
  Claims claims;
  const std::size_t bad = read_registered(slots, claims);
  return bad == kSlotCount ? std::string_view{} : kSlotNames[bad];
}

}  // namespace assay::jose
