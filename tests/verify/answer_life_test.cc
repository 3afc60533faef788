#include "verify/answer_life.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kWallUs = 1'710'221'000 * kSecondUs;

OpaquePolicy policy() {
  OpaquePolicy policy;
  policy.ttl = seconds(60);
  policy.ttl_min = seconds(2);
  policy.inactive_ttl = seconds(10);
  policy.stale = seconds(30);
  return policy;
}

AnswerSpan span_of_body(const std::string& body, const OpaquePolicy& chosen = policy()) {
  return span_of(**issuer::IntrospectionAnswer::parse(body), chosen, kWallUs);
}

std::string expiring_in(std::int64_t seconds_left) {
  return R"({"active":true,"exp":)" + std::to_string(kWallUs / kSecondUs + seconds_left) + "}";
}

void expect(const AnswerSpan& span, std::int64_t fresh_s, std::int64_t kept_s) {
  EXPECT_EQ(span.fresh_us, fresh_s * kSecondUs);
  EXPECT_EQ(span.kept_us, kept_s * kSecondUs);
}

TEST(AnswerLife, IsTheCeilingAndThenStale) { expect(span_of_body(R"({"active":true})"), 60, 90); }

TEST(AnswerLife, EndsWithTheToken) {
  expect(span_of_body(expiring_in(70)), 60, 70);
  expect(span_of_body(expiring_in(20)), 20, 20);
}

TEST(AnswerLife, HasAFloorButNotAboveTheCeiling) {
  expect(span_of_body(expiring_in(1)), 2, 2);
  expect(span_of_body(expiring_in(-100)), 2, 2);
  OpaquePolicy none = policy();
  none.ttl = none.stale = seconds(0);
  expect(span_of_body(expiring_in(100), none), 0, 0);
}

TEST(AnswerLife, OfARefusalIsNeverStale) { expect(span_of_body(R"({"active":false})"), 10, 10); }

}  // namespace
}  // namespace assay::verify
