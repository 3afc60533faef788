#include "server/identity_headers.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/hex.h"
#include "server/http1_syntax.h"

namespace assay::server {
namespace {

// The fixed fields, in the order of the response.
enum Fixed : std::size_t { kSubject, kClient, kIssuer, kScope, kExpires, kFixedCount };

constexpr std::array<std::string_view, kFixedCount> kFixedNames{"X-Assay-Subject", "X-Assay-Client", "X-Assay-Issuer",
                                                                "X-Assay-Scope", "X-Assay-Expires"};

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// Room for any int64 in decimal.
using DecimalText = std::array<char, 20>;

std::string_view write_seconds(const std::optional<NumericDate>& date, DecimalText& text) noexcept {
  if (!date) return {};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), date->us / kMicrosPerSecond);
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

std::string_view text_of(const Claim* claim) noexcept {
  if (claim == nullptr || claim->kind == JsonKind::kNull) return {};
  return claim->text;
}

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

// Whether one of eight bytes may need encoding: outside 0x21-0x7E, or "%".
bool holds_encoded(const char* bytes) noexcept { return may_be_special(bytes, '%') || may_be_special(bytes, ' '); }

}  // namespace

std::size_t percent_encode(std::string_view text, std::span<char> room) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    // Most values need no encoding: eight bytes at once.
    if (text.size() >= kWordBytes && room.size() - count >= kWordBytes && !holds_encoded(text.data())) {
      std::memcpy(&room[count], text.data(), kWordBytes);
      count += kWordBytes;
      text.remove_prefix(kWordBytes);
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    const bool plain = c > 0x20 && c < 0x7f && c != '%';
    const std::size_t needed = plain ? 1 : 3;
    if (room.size() - count < needed) return room.size() + 1;
    if (plain) {
      room[count] = c;
    } else {
      const std::array<char, 2> digits = base::upper_hex(static_cast<std::uint8_t>(c));
      room[count] = '%';
      room[count + 1] = digits[0];
      room[count + 2] = digits[1];
    }
    count += needed;
  }
  return count;
}

IdentityWriter::IdentityWriter(const ListenerSettings& settings) {
  for (const std::string_view name : field_names(settings)) fields_.push_back({.name = name, .value = {}});
  for (const ClaimHeader& header : settings.claim_headers) claims_.emplace_back(header.claim);
  room_ = std::make_unique_for_overwrite<char[]>(fields_.size() * kIdentityHeaderBytesMax);
}

std::vector<std::string_view> IdentityWriter::field_names(const ListenerSettings& settings) {
  std::vector<std::string_view> names(kFixedNames.begin(), kFixedNames.end());
  for (const ClaimHeader& header : settings.claim_headers) names.emplace_back(header.header);
  return names;
}

tl::expected<HttpResponse, Refusal> IdentityWriter::write(const VerifiedToken& token) noexcept {
  DecimalText seconds;
  const auto refuse = [this](std::size_t index) {
    return tl::unexpected<Refusal>(Refusal{.code = ErrorCode::kBadClaim, .detail = fields_[index].name});
  };
  if (!put_text(kSubject, token.subject())) return refuse(kSubject);
  if (!put_text(kClient, token.client())) return refuse(kClient);
  if (!put_text(kIssuer, token.issuer())) return refuse(kIssuer);
  if (!put_scope(kScope, token.scope())) return refuse(kScope);
  if (!put_text(kExpires, write_seconds(token.expires_at(), seconds))) return refuse(kExpires);
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    if (!put_text(kFixedCount + i, text_of(token.find_claim(claims_[i])))) return refuse(kFixedCount + i);
  }
  return HttpResponse{.status = 200, .fields = fields_, .body = {}};
}

std::span<char> IdentityWriter::room_of(std::size_t index) noexcept {
  return {room_.get() + index * kIdentityHeaderBytesMax, kIdentityHeaderBytesMax};
}

bool IdentityWriter::put_text(std::size_t index, std::string_view text) noexcept {
  const std::span<char> room = room_of(index);
  const std::size_t count = percent_encode(text, room);
  if (count > room.size()) return false;
  fields_[index].value = {room.data(), count};
  return true;
}

bool IdentityWriter::put_scope(std::size_t index, std::span<const std::string_view> scope) noexcept {
  const std::span<char> room = room_of(index);
  std::size_t count = 0;
  for (const std::string_view value : scope) {
    if (count > 0) {
      if (count == room.size()) return false;
      room[count++] = ' ';
    }
    const std::span<char> rest = room.subspan(count);
    const std::size_t written = percent_encode(value, rest);
    if (written > rest.size()) return false;
    count += written;
  }
  fields_[index].value = {room.data(), count};
  return true;
}

}  // namespace assay::server
