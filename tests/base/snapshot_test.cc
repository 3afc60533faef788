#include "base/snapshot.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/concurrency/object_lines.h"

namespace assay::base {
namespace {

// A value that notes its end.
class Noted {
 public:
  Noted(int number, std::vector<int>& freed) : number_(number), freed_(&freed) {}
  ~Noted() { freed_->push_back(number_); }
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
  std::vector<int>* freed_;
};

class SnapshotTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<const Noted> make(int number) { return std::make_unique<const Noted>(number, freed_); }

  std::vector<int> freed_;
  Snapshot<Noted> snapshot_{make(1)};
};

using SnapshotDeathTest = SnapshotTest;

TEST_F(SnapshotTest, ShowsTheFirstValueAndThenTheLatest) {
  EXPECT_EQ(snapshot_.observe(0)->number(), 1);
  snapshot_.publish(make(2));
  EXPECT_EQ(snapshot_.observe(0)->number(), 2);
  EXPECT_EQ((*snapshot_.observe(kControlReader)).number(), 2);
  EXPECT_EQ(snapshot_.latest().number(), 2);
}

TEST_F(SnapshotTest, FreesAnUnpinnedValueAtOnce) {
  snapshot_.publish(make(2));
  EXPECT_EQ(freed_, std::vector<int>{1});
  EXPECT_EQ(snapshot_.reclaim(), 0U);
}

TEST_F(SnapshotTest, KeepsAPinnedValueUntilThePinEnds) {
  auto pin = snapshot_.observe(3);
  snapshot_.publish(make(2));
  snapshot_.publish(make(3));
  EXPECT_EQ(freed_, std::vector<int>{2});
  EXPECT_EQ(snapshot_.reclaim(), 1U);
  EXPECT_EQ(pin->number(), 1);
  pin = {};
  EXPECT_EQ(snapshot_.reclaim(), 0U);
  EXPECT_EQ(freed_, (std::vector<int>{2, 1}));
}

TEST_F(SnapshotTest, FreesAValueOnlyWhenItsLastReaderIsDone) {
  auto first = snapshot_.observe(0);
  auto second = snapshot_.observe(1);
  snapshot_.publish(make(2));
  first = {};
  EXPECT_EQ(snapshot_.reclaim(), 1U);
  EXPECT_TRUE(freed_.empty());
  second = {};
  snapshot_.publish(make(3));
  EXPECT_EQ((std::set<int>(freed_.begin(), freed_.end())), (std::set<int>{1, 2}));
}

TEST_F(SnapshotTest, LetsEveryReaderKeepAValueOfItsOwn) {
  std::vector<Snapshot<Noted>::Pin> pins;
  for (ReaderIndex reader = 0; reader < kReadersMax; ++reader) {
    pins.push_back(snapshot_.observe(reader));
    snapshot_.publish(make(static_cast<int>(reader) + 2));
  }
  EXPECT_TRUE(freed_.empty());
  EXPECT_EQ(snapshot_.reclaim(), kReadersMax);
  for (ReaderIndex reader = 0; reader < kReadersMax; ++reader) {
    EXPECT_EQ(pins[reader]->number(), static_cast<int>(reader) + 1);
  }
  pins.clear();
  EXPECT_EQ(snapshot_.reclaim(), 0U);
  EXPECT_EQ(freed_.size(), kReadersMax);
}

TEST_F(SnapshotTest, KeepsTheValueWhenThePinIsMoved) {
  auto pin = snapshot_.observe(0);
  auto moved = std::move(pin);
  EXPECT_EQ(pin.get(), nullptr);  // NOLINT(bugprone-use-after-move): a moved-from pin is empty by contract
  pin = {};
  snapshot_.publish(make(2));
  EXPECT_TRUE(freed_.empty());
  EXPECT_EQ(moved->number(), 1);

  Snapshot<Noted>::Pin assigned;
  assigned = std::move(moved);
  snapshot_.reclaim();
  EXPECT_TRUE(freed_.empty());
  EXPECT_EQ(assigned->number(), 1);
}

TEST_F(SnapshotTest, LetsGoOfTheOldValueWhenAPinIsAssigned) {
  Snapshot<Noted> other(make(10));
  auto pin = snapshot_.observe(0);
  pin = other.observe(0);
  snapshot_.publish(make(2));
  EXPECT_EQ(freed_, std::vector<int>{1});
  other.publish(make(11));
  EXPECT_EQ(pin->number(), 10);
  pin = {};
}

TEST_F(SnapshotTest, KeepsTheValueWhenAPinIsAssignedToItself) {
  auto pin = snapshot_.observe(0);
  auto& same = pin;
  pin = std::move(same);
  snapshot_.publish(make(2));
  EXPECT_TRUE(freed_.empty());
  EXPECT_EQ(pin->number(), 1);
}

TEST(Snapshot, FreesEverythingAtItsEnd) {
  std::vector<int> freed;
  {
    Snapshot<Noted> snapshot(std::make_unique<const Noted>(1, freed));
    auto pin = snapshot.observe(0);
    snapshot.publish(std::make_unique<const Noted>(2, freed));
    pin = {};
    EXPECT_TRUE(freed.empty());
  }
  EXPECT_EQ((std::set<int>(freed.begin(), freed.end())), (std::set<int>{1, 2}));
  EXPECT_EQ(freed.size(), 2U);
}

// Readers write no shared line: while pinned, one line of the snapshot differs, another one for each reader, none that
// a publish writes; afterwards all bytes are as before.
TEST_F(SnapshotTest, HasEveryReaderWriteALineOfItsOwn) {
  ObjectLines<Snapshot<Noted>> lines(snapshot_);
  snapshot_.publish(make(2));
  std::set<std::size_t> taken = lines.changed();
  ASSERT_FALSE(taken.empty());
  lines.remember();
  for (ReaderIndex reader = 0; reader < kReadersMax; ++reader) {
    auto pin = snapshot_.observe(reader);
    const std::set<std::size_t> changed = lines.changed();
    ASSERT_EQ(changed.size(), 1U) << "reader " << reader;
    EXPECT_TRUE(taken.insert(*changed.begin()).second) << "reader " << reader << " shares line " << *changed.begin();
    pin = {};
    EXPECT_TRUE(lines.changed().empty());
  }
}

TEST_F(SnapshotDeathTest, StopsTheProgramOnNull) {
  EXPECT_DEATH(Snapshot<Noted>(nullptr), "CHECK");
  EXPECT_DEATH(snapshot_.publish(nullptr), "CHECK");
}

TEST_F(SnapshotDeathTest, StopsTheProgramWhenAPinOutlivesIt) {
  EXPECT_DEATH(
      {
        auto gone = std::make_unique<Snapshot<Noted>>(make(1));
        auto pin = gone->observe(0);
        gone.reset();
      },
      "CHECK");
}

#ifndef NDEBUG
TEST_F(SnapshotDeathTest, StopsADebugBuildOnASecondPinOfOneReader) {
  const auto pin = snapshot_.observe(0);
  EXPECT_DEATH(static_cast<void>(snapshot_.observe(0)), "CHECK");
}

TEST_F(SnapshotDeathTest, StopsADebugBuildOnAnUnknownReader) {
  EXPECT_DEATH(static_cast<void>(snapshot_.observe(kReadersMax)), "CHECK");
}
#endif

}  // namespace
}  // namespace assay::base
