#include "verify/header_memo.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

// What its callers give are temporaries: they live for the call alone, as texts of a pipeline's arena for the batch.
void offer_copy(HeaderMemo& memo, const std::string& segment, const std::string& kid) {
  const std::string typ = "at+jwt";
  memo.offer(segment, {.unverified_alg = Alg::kES256, .has_kid = true, .unverified_kid = kid, .typ = typ});
}

TEST(HeaderMemo, KeepsWhatIsOfferedTwice) {
  HeaderMemo memo;
  offer_copy(memo, "segment", "kid");
  EXPECT_EQ(memo.find("segment"), nullptr);
  offer_copy(memo, "segment", "kid");
  const jose::JoseHeader* const found = memo.find("segment");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->unverified_alg, Alg::kES256);
  EXPECT_TRUE(found->has_kid);
  EXPECT_EQ(found->unverified_kid, "kid");
  EXPECT_EQ(found->typ, "at+jwt");
}

TEST(HeaderMemo, FindsTheWholeSegmentOrNothing) {
  HeaderMemo memo;
  for (int i = 0; i < 2; ++i) offer_copy(memo, "segment", "kid");
  for (const char* other : {"", "s", "segmen", "segment ", "Segment", "segmenu"}) {
    EXPECT_EQ(memo.find(other), nullptr) << other;
  }
}

TEST(HeaderMemo, HeadersSeenOncePushOutNone) {
  HeaderMemo memo;
  for (int i = 0; i < 2; ++i) offer_copy(memo, "good", "kid");
  for (int i = 0; i < 100'000; ++i) {
    memo.begin_batch();
    offer_copy(memo, "flood" + std::to_string(i), "x");
  }
  EXPECT_NE(memo.find("good"), nullptr);
}

TEST(HeaderMemo, HeadersInUseOutliveOnesSeenTwice) {
  HeaderMemo memo;
  for (int i = 0; i < 2; ++i) offer_copy(memo, "good", "kid");
  for (int i = 0; i < 10'000; ++i) {
    memo.begin_batch();
    ASSERT_NE(memo.find("good"), nullptr) << i;
    for (int twice = 0; twice < 2; ++twice) offer_copy(memo, "flood" + std::to_string(i), "x");
  }
}

TEST(HeaderMemo, WhatABatchFoundStaysForTheBatch) {
  HeaderMemo memo;
  for (int i = 0; i < 2; ++i) offer_copy(memo, "held", "kid");
  memo.begin_batch();
  const jose::JoseHeader* const held = memo.find("held");
  ASSERT_NE(held, nullptr);
  for (int i = 0; i < 10'000; ++i) offer_copy(memo, "x" + std::to_string(i / 2), "other");
  EXPECT_EQ(held->unverified_kid, "kid");
  EXPECT_EQ(memo.find("held"), held);
}

TEST(HeaderMemo, LongSegmentsAreNotKept) {
  HeaderMemo memo;
  const std::string longest(HeaderMemo::kSegmentBytesMax, 'a');
  for (int i = 0; i < 2; ++i) {
    offer_copy(memo, longest, std::string(HeaderMemo::kSegmentBytesMax * 3 / 4 - 6, 'k'));
    offer_copy(memo, longest + "a", "k");
    offer_copy(memo, "", "k");
  }
  EXPECT_NE(memo.find(longest), nullptr);
  EXPECT_EQ(memo.find(longest + "a"), nullptr);
  EXPECT_EQ(memo.find(""), nullptr);
}

}  // namespace
}  // namespace assay::verify
