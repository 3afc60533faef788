#include "jose/claims.h"

#include <algorithm>
#include <array>
#include <cstdint>
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
  kStatus,
  kSlotCount
};

constexpr std::array<std::string_view, kSlotCount> kSlotNames{
    "iss", "sub", "jti", "client_id", "azp", "aud", "exp", "nbf", "iat", "scope", "scp", "scopes", "status",
};

static_assert(are_sought_apart(kSlotNames));
constexpr SoughtNames kSoughtSlots = seek_names(kSlotNames);

// How many texts a list has: a string is a list of one. kNoList for what is neither a string nor an array of strings.
constexpr std::size_t kNoList = static_cast<std::size_t>(-1);
std::size_t text_count(const JsonDocument& payload, std::size_t slot) noexcept {
  const JsonKind kind = payload.found.claim(slot).kind;
  if (kind == JsonKind::kString) return 1;
  if (kind != JsonKind::kArray) return kNoList;
  std::size_t count = 0;
  for (const JsonValue element : payload.value_of(slot)) {
    if (element.kind() != JsonKind::kString) return kNoList;
    ++count;
  }
  return count;
}

bool is_audience(const JsonDocument& payload, std::size_t slot) noexcept {
  const std::size_t count = text_count(payload, slot);
  return count > 0 && count <= kAudiencesMax;
}

bool is_scope(const JsonDocument& payload, std::size_t slot) noexcept {
  return text_count(payload, slot) <= kGrantedScopesMax;
}

// Both are scopes: strings, or arrays of strings.
bool same_scope(const JsonDocument& payload, std::size_t a, std::size_t b) noexcept {
  const Claim& claim_a = payload.found.claim(a);
  const Claim& claim_b = payload.found.claim(b);
  if (claim_a.kind != claim_b.kind) return false;
  if (claim_a.kind == JsonKind::kString) return claim_a.text == claim_b.text;
  const JsonValue list = payload.value_of(b);
  JsonValue::Iterator at = list.begin();
  for (const JsonValue element : payload.value_of(a)) {
    if (!(at != list.end()) || (*at).text() != element.text()) return false;
    ++at;
  }
  return !(at != list.end());
}

// Reads the claim of a slot into `text` if it is a string; false if it is something else. An absent one leaves `text`
// empty.
bool read_text(const JsonDocument& payload, Slot slot, std::string_view& text) noexcept {
  if (!payload.found.has(slot)) return true;
  const Claim& claim = payload.found.claim(slot);
  text = claim.text;
  return claim.kind == JsonKind::kString;
}

// As read_text, for a NumericDate.
bool read_date(const JsonDocument& payload, Slot slot, Rounding rounding, std::optional<NumericDate>& date) noexcept {
  if (!payload.found.has(slot)) return true;
  const Claim& claim = payload.found.claim(slot);
  if (claim.kind != JsonKind::kNumber) return false;
  if (read_numeric_date(claim.text, rounding, date.emplace())) return true;
  date.reset();
  return false;
}

// The one scope claim that counts: kSlotCount if there is none.
std::size_t find_scope(const JsonDocument& payload) noexcept {
  for (std::size_t i = kScope; i <= kScopes; ++i) {
    if (payload.found.has(i)) return i;
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

StatusReference read_status(const JsonDocument& payload) noexcept {
  StatusReference reference{.kind = StatusReference::Kind::kMalformed, .index = 0, .uri = {}};
  if (payload.found.claim(kStatus).kind != JsonKind::kObject) return reference;
  const JsonValue::Found list = payload.value_of(kStatus).find("status_list");
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
std::size_t read_registered(const JsonDocument& payload, Claims& claims) noexcept {
  std::string_view client_id, azp;
  if (!read_text(payload, kIss, claims.iss)) return kIss;
  if (!read_text(payload, kSub, claims.sub)) return kSub;
  if (!read_text(payload, kJti, claims.jti)) return kJti;
  if (!read_text(payload, kClientId, client_id)) return kClientId;
  if (!read_text(payload, kAzp, azp)) return kAzp;
  const FoundMembers& found = payload.found;
  claims.has_iss = found.has(kIss);
  claims.client = found.has(kClientId) ? client_id : azp;

  claims.has_aud = found.has(kAud);
  if (claims.has_aud && !is_audience(payload, kAud)) return kAud;
  if (!read_date(payload, kExp, Rounding::kDown, claims.exp)) return kExp;
  if (!read_date(payload, kNbf, Rounding::kUp, claims.nbf)) return kNbf;
  if (!read_date(payload, kIat, Rounding::kUp, claims.iat)) return kIat;

  const std::size_t first = find_scope(payload);
  for (std::size_t i = first; i <= kScopes; ++i) {
    if (!found.has(i)) continue;
    if (!is_scope(payload, i)) return i;
    if (i != first && !same_scope(payload, first, i)) return i;
  }
  return kSlotCount;
}

// The strings of a text list: of one text where its member is listed, of an array in `arena`; false if that is full.
bool list_texts(const JsonDocument& payload, std::size_t slot, base::Arena& arena,
                std::span<const std::string_view>& texts) noexcept {
  const Claim& claim = payload.found.claim(slot);
  if (claim.kind == JsonKind::kString) {
    texts = {&claim.text, 1};
    return true;
  }
  const std::size_t count = text_count(payload, slot);
  const std::span<std::string_view> room = arena.take<std::string_view>(count);
  if (room.size() != count) return false;
  std::size_t i = 0;
  for (const JsonValue element : payload.value_of(slot)) std::construct_at(&room[i++], element.text());
  texts = room;
  return true;
}

}  // namespace

Expected<JsonDocument> read_payload(JsonReader& reader, std::string_view text, base::Arena& arena) noexcept {
  return reader.read_document(text, arena, kSoughtSlots);
}

ErrorCode read_claims(const JsonDocument& payload, base::Arena& arena, Claims& claims) noexcept {
  claims.members = payload.members;
  if (read_registered(payload, claims) != kSlotCount) return ErrorCode::kBadClaim;
  if (claims.has_aud && !list_texts(payload, kAud, arena, claims.audiences)) return ErrorCode::kOverloaded;
  if (const std::size_t scope = find_scope(payload); scope != kSlotCount) {
    claims.scope_is_list = payload.found.claim(scope).kind == JsonKind::kArray;
    if (!list_texts(payload, scope, arena, claims.scope_texts)) return ErrorCode::kOverloaded;
  }
  if (payload.found.has(kStatus)) claims.status = read_status(payload);
  return ErrorCode::kNone;
}

Expected<Claims> parse_claims(const JsonDocument& payload, base::Arena& arena) noexcept {
  Expected<Claims> claims(tl::in_place);
  if (const ErrorCode code = read_claims(payload, arena, *claims); code != ErrorCode::kNone) return fail(code);
  return claims;
}

std::string_view find_bad_claim(const JsonDocument& payload) noexcept {
  Claims claims;
  const std::size_t bad = read_registered(payload, claims);
  return bad == kSlotCount ? std::string_view{} : kSlotNames[bad];
}

}  // namespace assay::jose
