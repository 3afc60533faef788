#include "verify/kept_answer.h"

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

std::shared_ptr<const issuer::IntrospectionAnswer> answer(std::string_view body) {
  return issuer::IntrospectionAnswer::parse(body).value();
}

TEST(KeptAnswer, IsItsAnswer) {
  const auto active = answer(R"({"active":true,"sub":"bob"})");
  const KeptAnswer kept(active);
  EXPECT_TRUE(kept.active());
  EXPECT_EQ(&kept.answer(), active.get());
  EXPECT_GT(kept.bytes(), active->bytes());
  EXPECT_FALSE(KeptAnswer(answer(R"({"active":false})")).active());
}

TEST(KeptAnswer, KeepsTheFirstIdsThatAreOffered) {
  const KeptAnswer kept(answer(R"({"active":true})"));
  EXPECT_EQ(kept.find_targets(), nullptr);
  state::TokenTargets first(7);
  first.set(RevocationKind::kToken, {.high = 1, .low = 2});
  kept.offer_targets(first);
  kept.offer_targets(state::TokenTargets(8));
  ASSERT_NE(kept.find_targets(), nullptr);
  EXPECT_EQ(kept.find_targets()->issued_at_us(), 7);
  EXPECT_EQ(kept.find_targets()->id(RevocationKind::kToken).low, 2U);
}

}  // namespace
}  // namespace assay::verify
