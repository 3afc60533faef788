#include "store/log_row.h"

#include <algorithm>

#include "base/check.h"
#include "store/big_endian.h"

namespace assay::store {
namespace {

constexpr std::size_t kKindAt = 4;
constexpr std::size_t kOperationAt = 5;
constexpr std::size_t kOriginAt = 6;
constexpr std::size_t kZeroAt = 7;
constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kIdAt = 16;
constexpr std::size_t kIssuerAt = 48;
constexpr std::size_t kIssuedBeforeAt = 56;
constexpr std::size_t kForgetAt = 64;
constexpr std::size_t kStampAt = 72;
constexpr std::size_t kStampOrderAt = 80;
constexpr std::size_t kChecksumAt = 88;
static_assert(kIdAt + sizeof(DurableId) == kIssuerAt);
static_assert(kChecksumAt + sizeof(std::uint64_t) == kRowBytes);

// "Asta", six numbers, the position and a checksum.
constexpr std::uint64_t kStateMark = 0x4173'7461'0000'0001;
constexpr std::size_t kStateNumbers = 7;  // with the mark
constexpr std::size_t kStateFixedBytes = (kStateNumbers + 1) * sizeof(std::uint64_t);

bool is_kind(std::uint8_t kind) noexcept { return kind >= 1 && kind <= kRevocationKindCount; }

bool is_operation(std::uint8_t operation) noexcept {
  return operation == static_cast<std::uint8_t>(RevocationOperation::kRevoke) ||
         operation == static_cast<std::uint8_t>(RevocationOperation::kLift);
}

bool is_origin(std::uint8_t origin) noexcept {
  return origin == static_cast<std::uint8_t>(RecordOrigin::kHere) ||
         origin == static_cast<std::uint8_t>(RecordOrigin::kFleet);
}

// The last step of MurmurHash3: checksums of similar rows must not add up alike.
std::uint64_t mixed(std::uint64_t word) noexcept {
  word ^= word >> 33;
  word *= 0xff51afd7ed558ccd;
  word ^= word >> 33;
  word *= 0xc4ceb9fe1a85ec53;
  return word ^ word >> 33;
}

}  // namespace

std::uint64_t checksum64(std::span<const std::uint8_t> bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

RowBytes encode_row(const LoggedRecord& entry) noexcept {
  RowBytes row{};
  std::copy(kRowMark.begin(), kRowMark.end(), row.begin());
  row[kKindAt] = static_cast<std::uint8_t>(entry.record.kind);
  row[kOperationAt] = static_cast<std::uint8_t>(entry.record.operation);
  row[kOriginAt] = static_cast<std::uint8_t>(entry.origin);
  put_u64(&row[kSequenceAt], entry.record.sequence);
  std::copy(entry.record.id.begin(), entry.record.id.end(), row.begin() + kIdAt);
  put_u64(&row[kIssuerAt], entry.record.issuer_id);
  put_u64(&row[kIssuedBeforeAt], static_cast<std::uint64_t>(entry.record.issued_before_us));
  put_u64(&row[kForgetAt], static_cast<std::uint64_t>(entry.record.forget_at_us));
  put_u64(&row[kStampAt], entry.stamp.time_ms);
  put_u64(&row[kStampOrderAt], entry.stamp.order);
  put_u64(&row[kChecksumAt], checksum64(std::span(row).first<kChecksumAt>()));
  return row;
}

std::optional<LoggedRecord> decode_row(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() != kRowBytes) return std::nullopt;
  if (get_u64(&bytes[kChecksumAt]) != checksum64(bytes.first<kChecksumAt>())) return std::nullopt;
  const bool is_row = std::equal(kRowMark.begin(), kRowMark.end(), bytes.begin()) && is_kind(bytes[kKindAt]) &&
                      is_operation(bytes[kOperationAt]) && is_origin(bytes[kOriginAt]) && bytes[kZeroAt] == 0;
  if (!is_row) return std::nullopt;
  LoggedRecord entry;
  entry.record.kind = static_cast<RevocationKind>(bytes[kKindAt]);
  entry.record.operation = static_cast<RevocationOperation>(bytes[kOperationAt]);
  entry.origin = static_cast<RecordOrigin>(bytes[kOriginAt]);
  entry.record.sequence = get_u64(&bytes[kSequenceAt]);
  std::copy_n(bytes.begin() + kIdAt, entry.record.id.size(), entry.record.id.begin());
  entry.record.issuer_id = get_u64(&bytes[kIssuerAt]);
  entry.record.issued_before_us = static_cast<std::int64_t>(get_u64(&bytes[kIssuedBeforeAt]));
  entry.record.forget_at_us = static_cast<std::int64_t>(get_u64(&bytes[kForgetAt]));
  entry.stamp = {get_u64(&bytes[kStampAt]), get_u64(&bytes[kStampOrderAt])};
  return entry;
}

std::uint64_t row_digest(const RowBytes& row) noexcept { return mixed(get_u64(&row[kChecksumAt])); }

std::string encode_checked(std::string_view text) {
  std::string bytes(text);
  append_u64(bytes, checksum64(bytes_of(bytes)));
  return bytes;
}

std::optional<std::string> decode_checked(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(std::uint64_t)) return std::nullopt;
  const std::span<const std::uint8_t> text = bytes.first(bytes.size() - sizeof(std::uint64_t));
  if (get_u64(bytes.data() + text.size()) != checksum64(text)) return std::nullopt;
  return std::string(text.begin(), text.end());
}

std::string encode_state(const LogState& state) {
  ASSAY_CHECK(state.fleet_position.size() <= kFleetPositionBytesMax);
  std::string bytes;
  bytes.reserve(kStateFixedBytes + state.fleet_position.size());
  for (const std::uint64_t word : {kStateMark, state.store_id, state.commit_number, state.last_sequence,
                                   state.row_count, state.row_digest, state.pushed_through}) {
    append_u64(bytes, word);
  }
  bytes += state.fleet_position;
  append_u64(bytes, checksum64(bytes_of(bytes)));
  return bytes;
}

std::optional<LogState> decode_state(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kStateFixedBytes || bytes.size() > kStateFixedBytes + kFleetPositionBytesMax) return std::nullopt;
  const std::span<const std::uint8_t> summed = bytes.first(bytes.size() - sizeof(std::uint64_t));
  if (get_u64(bytes.data() + summed.size()) != checksum64(summed)) return std::nullopt;
  std::array<std::uint64_t, kStateNumbers> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = get_u64(&bytes[i * sizeof(std::uint64_t)]);
  if (words[0] != kStateMark) return std::nullopt;
  const std::span<const std::uint8_t> position = summed.subspan(kStateNumbers * sizeof(std::uint64_t));
  return LogState{.store_id = words[1],
                  .commit_number = words[2],
                  .last_sequence = words[3],
                  .row_count = words[4],
                  .row_digest = words[5],
                  .pushed_through = words[6],
                  .fleet_position = std::string(position.begin(), position.end())};
}

}  // namespace assay::store
