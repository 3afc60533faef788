#include "verify/sealed_answer.h"

#include <array>
#include <vector>

#include "state/token_id.h"

namespace assay::verify {
namespace {

constexpr char kVersion = 1;
enum class Kind : std::uint8_t { kAnswer = 1, kMark = 2 };

constexpr std::size_t kHeadBytes = 2 + sizeof(SealDigest);
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kAnswerHeadBytes = kHeadBytes + 3 * kTimeBytes;
static_assert(kAnswerHeadBytes + FleetSeal::kOverheadBytes + kIntrospectionBytesMax <= kSharedValueBytesMax);

// Longest life that a policy can give: its two durations.
constexpr std::int64_t kSpanMaxUs = 2 * std::chrono::microseconds(kDurationMax).count();

std::string_view text_of(const SealDigest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string head_of(Kind kind, const AnswerPlace& place) {
  std::string head{kVersion, static_cast<char>(kind)};
  return head.append(text_of(place.scope));
}

void append_time(std::string& text, std::int64_t time_us) {
  const auto word = static_cast<std::uint64_t>(time_us);
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(word >> shift & 0xff));
}

std::int64_t read_time(std::string_view text, std::size_t index) noexcept {
  const char* const place = text.data() + kHeadBytes + index * kTimeBytes;
  return static_cast<std::int64_t>(state::read_big_endian(reinterpret_cast<const std::uint8_t*>(place)));
}

// Whether some policy gives such times.
bool are_sound(const SharedAnswer& answer) noexcept {
  return answer.asked_us >= 0 && answer.fresh_until_us >= answer.asked_us &&
         answer.expires_us >= answer.fresh_until_us && answer.expires_us - answer.asked_us <= kSpanMaxUs;
}

}  // namespace

std::optional<SealDigest> AnswerSealer::scope_of(const IssuerPolicy& issuer) const {
  const OpaquePolicy& opaque = *issuer.opaque;
  std::vector<std::string> parts{"scope",
                                 issuer.issuer,
                                 opaque.introspection_url,
                                 opaque.client_id,
                                 std::to_string(static_cast<unsigned>(opaque.authentication)),
                                 opaque.assertion_audience,
                                 opaque.token_url,
                                 opaque.token_scope,
                                 std::to_string(opaque.ttl.count()),
                                 std::to_string(opaque.ttl_min.count()),
                                 std::to_string(opaque.inactive_ttl.count()),
                                 std::to_string(opaque.stale.count()),
                                 issuer.audience_unchecked ? "any audience" : "audiences"};
  parts.insert(parts.end(), issuer.audiences.begin(), issuer.audiences.end());
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  return seal_.digest(views);
}

std::optional<AnswerPlace> AnswerSealer::place_of(const SealDigest& scope, std::string_view token) const {
  const std::optional<SealDigest> key = seal_.digest(std::array<std::string_view, 3>{"token", text_of(scope), token});
  if (!key) return std::nullopt;
  return AnswerPlace{.scope = scope, .key = *key};
}

std::string AnswerSealer::seal(const AnswerPlace& place, const SharedAnswer& answer) const {
  std::string plain = head_of(Kind::kAnswer, place);
  append_time(plain, answer.asked_us);
  append_time(plain, answer.fresh_until_us);
  append_time(plain, answer.expires_us);
  return seal_.seal(text_of(place.key), plain.append(answer.json));
}

std::string AnswerSealer::seal_mark(const AnswerPlace& place) const {
  return seal_.seal(text_of(place.key), head_of(Kind::kMark, place));
}

std::optional<AnswerSealer::Opened> AnswerSealer::open(const AnswerPlace& place, std::string_view sealed) const {
  if (sealed.size() > kSharedValueBytesMax) return std::nullopt;
  const std::optional<std::string> plain = seal_.open(text_of(place.key), sealed);
  if (!plain) return std::nullopt;
  if (*plain == head_of(Kind::kMark, place)) return Opened{};
  if (!plain->starts_with(head_of(Kind::kAnswer, place)) || plain->size() < kAnswerHeadBytes) return std::nullopt;
  SharedAnswer answer{.asked_us = read_time(*plain, 0),
                      .fresh_until_us = read_time(*plain, 1),
                      .expires_us = read_time(*plain, 2),
                      .json = plain->substr(kAnswerHeadBytes)};
  if (!are_sound(answer)) return std::nullopt;
  return Opened{.answer = std::move(answer)};
}

}  // namespace assay::verify
