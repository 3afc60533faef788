#include "store/log_row.h"

#include <string>

#include <gtest/gtest.h>

#include "store/big_endian.h"
#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

LoggedRecord entry_of(std::uint64_t number, RecordOrigin origin) {
  LoggedRecord entry{record_of(number), origin};
  entry.record.sequence = number + 100;
  entry.stamp = {number << 40, ~number};
  return entry;
}

TEST(LogRow, GivesBackEveryKindOperationAndOrigin) {
  for (std::uint64_t number = 0; number < 2 * kRevocationKindCount; ++number) {
    for (const RecordOrigin origin : {RecordOrigin::kHere, RecordOrigin::kFleet}) {
      LoggedRecord entry = entry_of(number, origin);
      if (number % 2 != 0) entry.record.operation = RevocationOperation::kLift;
      entry.record.forget_at_us = -static_cast<std::int64_t>(number);
      EXPECT_EQ(decode_row(encode_row(entry)), entry);
    }
  }
}

TEST(LogRow, SeesEveryChangedByte) {
  const RowBytes row = encode_row(entry_of(3, RecordOrigin::kHere));
  for (std::size_t at = 0; at < row.size(); ++at) {
    for (int bits = 1; bits < 256; ++bits) {
      RowBytes changed = row;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ bits);
      ASSERT_FALSE(decode_row(changed)) << at << " ^ " << bits;
    }
  }
}

TEST(LogRow, RefusesAnotherSize) {
  const RowBytes row = encode_row(entry_of(3, RecordOrigin::kHere));
  for (std::size_t size = 0; size < row.size(); ++size) {
    const std::vector<std::uint8_t> cut(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode_row(cut));
  }
}

TEST(LogRow, RefusesARightChecksumOverWhatNobodyWrites) {
  for (const std::size_t at : {0U, 4U, 5U, 6U, 7U}) {
    RowBytes row = encode_row(entry_of(3, RecordOrigin::kHere));
    row[at] = 0x77;
    put_u64(&row[88], checksum64(std::span(row).first<88>()));
    EXPECT_FALSE(decode_row(row)) << at;
  }
}

TEST(LogRow, TheChecksumIsFnv1a) {
  EXPECT_EQ(checksum64(bytes_of("")), 0xcbf29ce484222325U);
  EXPECT_EQ(checksum64(bytes_of("a")), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(checksum64(bytes_of("foobar")), 0x85944171f73967e8U);
}

LogState state_of(std::string position) {
  return {.store_id = 1,
          .commit_number = 2,
          .last_sequence = 3,
          .row_count = 4,
          .row_digest = 5,
          .pushed_through = 6,
          .fleet_position = std::move(position)};
}

TEST(LogState, GivesBackWhatWasWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{40}, kFleetPositionBytesMax}) {
    const LogState state = state_of(std::string(size, 'p'));
    EXPECT_EQ(decode_state(bytes_of(encode_state(state))), state);
  }
}

TEST(LogState, SeesEveryChangedByteAndEveryOtherSize) {
  const std::string bytes = encode_state(state_of("1700000000000-3"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_FALSE(decode_state(bytes_of(changed))) << at;
    EXPECT_FALSE(decode_state(bytes_of(std::string_view(bytes).substr(0, at)))) << at;
  }
  EXPECT_FALSE(decode_state(bytes_of(bytes + "x")));
}

}  // namespace
}  // namespace assay::store
