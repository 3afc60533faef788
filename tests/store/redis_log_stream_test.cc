#include "store/redis_log_stream.h"

#include <poll.h>

#include <gtest/gtest.h>

#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

class RedisStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
  }

  RedisStream open(std::uint64_t store_id, std::string_view id_key_fingerprint = {}) const {
    std::string complaint;
    std::optional<RedisStream> stream =
        RedisStream::open(redis_->settings(), node_name(store_id), id_key_fingerprint, complaint);
    EXPECT_TRUE(stream.has_value()) << complaint;
    return std::move(*stream);
  }

  static StreamStep read(RedisStream& stream, const FleetStamp& after, StreamPage& page) {
    EXPECT_EQ(stream.begin_read(after, RedisStream::Wait::kNo), StreamStep::kDone);
    StreamStep step = StreamStep::kNothingYet;
    EXPECT_TRUE(becomes_true([&] {
      step = stream.end_read(page);
      return step != StreamStep::kNothingYet;
    }));
    return step;
  }

  static LoggedRecord own(std::uint64_t sequence) {
    LoggedRecord record{record_of(sequence), RecordOrigin::kHere};
    record.record.sequence = sequence;
    return record;
  }

  std::unique_ptr<RedisServerProcess> redis_;
};

TEST_F(RedisStreamTest, NodesOfOneFleetMakeIdsUnderOneKey) {
  EXPECT_EQ(open(1, "this key").agree_on_id_key(), StreamStep::kDone) << "the first says which it is";
  EXPECT_EQ(open(2, "this key").agree_on_id_key(), StreamStep::kDone);
  EXPECT_EQ(open(3).agree_on_id_key(), StreamStep::kDone) << "who says none is not asked";
  RedisStream other = open(4, "that key");
  EXPECT_EQ(other.agree_on_id_key(), StreamStep::kFailed);
  EXPECT_NE(other.complaint().find("another id key"), std::string::npos) << other.complaint();
  EXPECT_EQ(redis_->ask({"GET", "assay:id_key"}).text, "74686973206b6579");
}

TEST_F(RedisStreamTest, ANewStreamBeginsWithAMarkAboveTheFloor) {
  RedisStream stream = open(1);
  bool is_trimmed = true;
  const FleetStamp future{9'000'000'000'000, 5};
  ASSERT_EQ(stream.join(future, is_trimmed), StreamStep::kDone);
  EXPECT_FALSE(is_trimmed);
  StreamPage page;
  ASSERT_EQ(read(stream, {}, page), StreamStep::kDone);
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].kind, FleetEntry::Kind::kMark);
  EXPECT_GT(page.read, future);
  // Its own clock is behind; what is written now is later all the same.
  ASSERT_EQ(stream.push(std::array{own(1)}, page.read), StreamStep::kDone);
  const FleetStamp mark = page.read;
  ASSERT_EQ(read(stream, mark, page), StreamStep::kDone);
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_GT(page.entries[0].record.stamp, mark);
}

TEST_F(RedisStreamTest, JoiningAnOldStreamRaisesItsIdsWhereTheyAreBehind) {
  RedisStream stream = open(1);
  bool is_trimmed = false;
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  EXPECT_EQ(redis_->ask({"XLEN", "assay:revocations"}).number, 1);
  ASSERT_EQ(stream.join({9'000'000'000'000, 0}, is_trimmed), StreamStep::kDone);
  EXPECT_EQ(redis_->ask({"XLEN", "assay:revocations"}).number, 2);
  EXPECT_FALSE(is_trimmed);
  redis_->ask({"XTRIM", "assay:revocations", "MAXLEN", "1"});
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  EXPECT_TRUE(is_trimmed);
}

TEST_F(RedisStreamTest, APushThatIsRepeatedIsWrittenOnce) {
  RedisStream stream = open(1);
  bool is_trimmed = false;
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  FleetStamp first;
  ASSERT_EQ(stream.find_first(first), StreamStep::kDone);
  ASSERT_EQ(stream.push(std::array{own(3), own(4)}, first), StreamStep::kDone);
  ASSERT_EQ(stream.push(std::array{own(3), own(4), own(6)}, first), StreamStep::kDone);
  StreamPage page;
  ASSERT_EQ(read(stream, first, page), StreamStep::kDone);
  ASSERT_EQ(page.entries.size(), 3U);
  EXPECT_EQ(page.entries[2].record.record.sequence, 6U);
  RedisStream other = open(2);
  ASSERT_EQ(other.push(std::array{own(1)}, first), StreamStep::kDone);
  EXPECT_EQ(redis_->ask({"XLEN", "assay:revocations"}).number, 5);
}

TEST_F(RedisStreamTest, APlaceThatIsGoneIsAGapForReadingAndForPushing) {
  RedisStream stream = open(1);
  bool is_trimmed = false;
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  FleetStamp first;
  ASSERT_EQ(stream.find_first(first), StreamStep::kDone);
  StreamPage page;
  EXPECT_EQ(read(stream, first, page), StreamStep::kDone);
  EXPECT_EQ(page.read, first);
  redis_->ask({"FLUSHALL"});
  EXPECT_EQ(read(stream, first, page), StreamStep::kGap);
  EXPECT_EQ(stream.push(std::array{own(1)}, first), StreamStep::kGap);
  EXPECT_EQ(redis_->ask({"DBSIZE"}).number, 0);
}

TEST_F(RedisStreamTest, AReadThatWaitsIsWokenByNews) {
  RedisStream stream = open(1);
  RedisStream other = open(2);
  bool is_trimmed = false;
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  FleetStamp first;
  ASSERT_EQ(stream.find_first(first), StreamStep::kDone);
  ASSERT_EQ(stream.begin_read(first, RedisStream::Wait::kForNews), StreamStep::kDone);
  StreamPage page;
  EXPECT_EQ(stream.end_read(page), StreamStep::kNothingYet);
  ASSERT_EQ(other.offer(std::array{fleet_record(record_of(1), 77)}), StreamStep::kDone);
  ASSERT_TRUE(becomes_true([&] { return stream.end_read(page) == StreamStep::kDone; }));
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].record.stamp, (FleetStamp{77, 0}));
}

TEST_F(RedisStreamTest, OneNodeOffersAtATime) {
  RedisStream stream = open(1);
  RedisStream other = open(2);
  EXPECT_EQ(stream.take_offer_turn(), StreamStep::kDone);
  EXPECT_EQ(stream.take_offer_turn(), StreamStep::kDone);
  EXPECT_EQ(other.take_offer_turn(), StreamStep::kNothingYet);
  EXPECT_EQ(other.end_offer_turn(), StreamStep::kDone);
  EXPECT_EQ(other.take_offer_turn(), StreamStep::kNothingYet);
  EXPECT_EQ(stream.end_offer_turn(), StreamStep::kDone);
  EXPECT_EQ(other.take_offer_turn(), StreamStep::kDone);
}

TEST_F(RedisStreamTest, TheStreamKeepsAboutItsLength) {
  RedisStream stream = open(1);
  bool is_trimmed = false;
  ASSERT_EQ(stream.join({}, is_trimmed), StreamStep::kDone);
  stream.set_length_max(100);
  const std::vector<LoggedRecord> records(500, fleet_record(record_of(1), 77));
  for (int i = 0; i < 4; ++i) ASSERT_EQ(stream.offer(records), StreamStep::kDone);
  EXPECT_LE(redis_->ask({"XLEN", "assay:revocations"}).number, 500);
}

TEST_F(RedisStreamTest, AKeyOfAnotherTypeIsAFailureThatSaysWhy) {
  redis_->ask({"SET", "assay:revocations", "x"});
  RedisStream stream = open(1);
  bool is_trimmed = false;
  EXPECT_EQ(stream.join({}, is_trimmed), StreamStep::kFailed);
  EXPECT_NE(stream.complaint().find("WRONGTYPE"), std::string::npos) << stream.complaint();
}

}  // namespace
}  // namespace assay::store
