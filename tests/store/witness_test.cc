#include "store/witness.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

class WitnessTest : public testing::Test {
 protected:
  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
};

TEST_F(WitnessTest, SaysNothingAtFirstAndThenTheLatest) {
  Witness witness(path_);
  ASSERT_EQ(witness.hold(), Witness::Hold::kHeld);
  EXPECT_EQ(witness.read(), std::nullopt);
  for (std::uint64_t i = 1; i < 10; ++i) {
    EXPECT_TRUE(witness.write({7, i, 10 * i}));
    EXPECT_EQ(witness.read(), (Testimony{7, i, 10 * i}));
  }
  EXPECT_TRUE(witness.clear());
  EXPECT_EQ(witness.read(), std::nullopt);
}

TEST_F(WitnessTest, OutlivesItsHolder) {
  {
    Witness witness(path_);
    ASSERT_EQ(witness.hold(), Witness::Hold::kHeld);
    EXPECT_TRUE(witness.write({7, 2, 3}));
  }
  Witness witness(path_);
  ASSERT_EQ(witness.hold(), Witness::Hold::kHeld);
  EXPECT_EQ(witness.read(), (Testimony{7, 2, 3}));
  struct stat status {};
  ASSERT_EQ(::stat(witness.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(WitnessTest, IsHeldByOneAtATime) {
  Witness second(path_);
  {
    Witness first(path_);
    ASSERT_EQ(first.hold(), Witness::Hold::kHeld);
    EXPECT_EQ(second.hold(), Witness::Hold::kTaken);
  }
  EXPECT_EQ(second.hold(), Witness::Hold::kHeld);
}

TEST_F(WitnessTest, ATornOrFlippedSlotLeavesTheOther) {
  std::string bytes;
  {
    Witness witness(path_);
    ASSERT_EQ(witness.hold(), Witness::Hold::kHeld);
    EXPECT_TRUE(witness.write({7, 4, 40}));
    EXPECT_TRUE(witness.write({7, 5, 50}));
    bytes = read_whole(witness.path());
  }
  for (std::size_t at = 512; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write_whole(path_ + "-witness", damaged);
    Witness witness(path_);
    ASSERT_EQ(witness.hold(), Witness::Hold::kHeld);
    EXPECT_EQ(witness.read(), (Testimony{7, 4, 40})) << at;
  }
}

TEST_F(WitnessTest, AFolderThatIsNotThereFails) {
  Witness witness((folder_.folder() / "none" / "log").string());
  EXPECT_EQ(witness.hold(), Witness::Hold::kFailed);
}

}  // namespace
}  // namespace assay::store
