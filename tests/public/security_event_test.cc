#include "assay/security_event.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(EventOutcomeFacts, EachRefusalHasAnErrorOfItsRfc) {  // RFC 8935 sec 2.4
  for (std::size_t i = 0; i < kEventOutcomeCount; ++i) {
    const auto outcome = static_cast<EventOutcome>(i);
    const EventOutcomeFacts facts = facts_of(outcome);
    EXPECT_FALSE(facts.name.empty()) << i;
    EXPECT_EQ(facts.text.empty(), is_acknowledged(outcome)) << facts.name;
    EXPECT_EQ(facts.error.empty(), outcome < EventOutcome::kMalformed) << facts.name;
  }
}

}  // namespace
}  // namespace assay
