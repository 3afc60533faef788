#include "assay/verdict.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Verdict, AFreshOneRefuses) {
  const Verdict verdict;
  EXPECT_FALSE(verdict.accepted());
  EXPECT_FALSE(verdict.pending());
  EXPECT_EQ(verdict.code(), ErrorCode::kOverloaded);
  EXPECT_EQ(verdict.verdict_class(), VerdictClass::kCannotDecide);
  EXPECT_EQ(verdict.error().offset, 0U);
  EXPECT_EQ(verdict.detail(), "");
  EXPECT_FALSE(verdict.ticket().valid());
}

TEST(Ticket, AFreshOneIsNoTicket) {
  EXPECT_FALSE(Ticket{}.valid());
  EXPECT_TRUE((Ticket{.slot_plus_one = 1}.valid()));
}

TEST(Ticket, GenerationsOfOneSlotDiffer) {
  EXPECT_EQ((Ticket{.slot_plus_one = 1, .generation = 2}), (Ticket{.slot_plus_one = 1, .generation = 2}));
  EXPECT_NE((Ticket{.slot_plus_one = 1, .generation = 2}), (Ticket{.slot_plus_one = 1, .generation = 3}));
}

}  // namespace
}  // namespace assay
