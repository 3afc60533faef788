#include "store/fleet_entry.h"

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view kNode = "00000000000000ab";

std::string row_text(const LoggedRecord& record) {
  const RowBytes row = encode_row(record);
  return {row.begin(), row.end()};
}

TEST(FleetEntry, StampsAndTheirTextAreOne) {
  for (const FleetStamp stamp : {FleetStamp{}, FleetStamp{1'700'000'000'000, 3}, FleetStamp{~0ULL, ~0ULL}}) {
    EXPECT_EQ(parse_stamp(stamp_text(stamp)), stamp);
  }
  for (const std::string_view text : {"", "-", "1", "1-", "-1", "1-2-3", "1-x", " 1-2", "18446744073709551616-0"}) {
    EXPECT_EQ(parse_stamp(text), std::nullopt) << text;
  }
}

TEST(FleetEntry, PositionsAndTheirTextAreOne) {
  for (const bool owes_offer : {false, true}) {
    const FleetPosition position{{5, 1}, {7, 0}, owes_offer};
    EXPECT_EQ(parse_position(position_text(position)), position);
  }
  for (const std::string_view text : {"", "1-2", "1-2 ", "1-2 3-4 more", "1-2  3-4", "offer", " offer"}) {
    EXPECT_EQ(parse_position(text), std::nullopt) << text;
  }
}

TEST(FleetEntry, ANodesNameIsItsStoresNumber) {
  EXPECT_EQ(node_name(0xab), kNode);
  EXPECT_EQ(node_name(0xfedc'ba98'7654'3210), "fedcba9876543210");
}

TEST(FleetEntry, ARecordTakesItsEntrysIdAsStamp) {
  LoggedRecord own{record_of(3), RecordOrigin::kHere};
  own.record.sequence = 17;
  const std::string row = row_text(own);
  const auto entry = parse_entry("9-1", Fields{{"n", kNode}, {"r", row}});
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->kind, FleetEntry::Kind::kRecord);
  EXPECT_EQ(entry->node, kNode);
  EXPECT_EQ(entry->record.record, own.record);
  EXPECT_EQ(entry->record.stamp, (FleetStamp{9, 1}));
  EXPECT_EQ(entry->record.origin, RecordOrigin::kFleet);
}

TEST(FleetEntry, AnOfferKeepsItsStamp) {
  const std::string row = row_text(fleet_record(record_of(3), 4));
  const auto entry = parse_entry("9-1", Fields{{"n", kNode}, {"r", row}});
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->kind, FleetEntry::Kind::kOffer);
  EXPECT_EQ(entry->record.stamp, (FleetStamp{4, 0}));
}

TEST(FleetEntry, WordsAreKnown) {
  EXPECT_EQ(parse_entry("1-0", Fields{{"n", kNode}, {"k", kAskWord}})->kind, FleetEntry::Kind::kAsk);
  EXPECT_EQ(parse_entry("1-0", Fields{{"n", kNode}, {"k", kOfferedWord}})->kind, FleetEntry::Kind::kOffered);
  EXPECT_EQ(parse_entry("1-0", Fields{{"n", kNode}, {"k", kMarkWord}})->kind, FleetEntry::Kind::kMark);
}

TEST(FleetEntry, RefusesWhatNoNodeWrites) {
  const std::string row = row_text({record_of(3), RecordOrigin::kHere});
  std::string changed = row;
  changed[20] = static_cast<char>(changed[20] ^ 1);
  EXPECT_FALSE(parse_entry("x", Fields{{"n", kNode}, {"r", row}}).has_value());
  for (const Fields& fields :
       {Fields{}, Fields{{"n", kNode}}, Fields{{"r", row}, {"n", kNode}}, Fields{{"n", "short"}, {"r", row}},
        Fields{{"n", kNode}, {"k", "else"}}, Fields{{"n", kNode}, {"q", row}}, Fields{{"n", kNode}, {"r", changed}},
        Fields{{"n", kNode}, {"r", ""}}, Fields{{"n", kNode}, {"r", row}, {"k", kAskWord}}}) {
    EXPECT_FALSE(parse_entry("1-0", fields).has_value());
  }
}

}  // namespace
}  // namespace assay::store
