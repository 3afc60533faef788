#include "server/admin_revocations.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

AdminPage page_of(RevocationOutcome outcome, std::size_t recorded_count = 0) {
  return result_page({.outcome = outcome, .recorded_count = recorded_count, .complaint = "so it is"});
}

TEST(AdminRevocations, OutcomesBecomeAnswers) {
  EXPECT_EQ(page_of(RevocationOutcome::kDone, 3).status, 200);
  EXPECT_EQ(page_of(RevocationOutcome::kDone, 3).body, "{\"recorded\":3,\"propagated\":true}\n");
  EXPECT_EQ(page_of(RevocationOutcome::kDoneHere, 3).status, 202);
  EXPECT_EQ(page_of(RevocationOutcome::kDoneHere, 3).body, "{\"recorded\":3,\"propagated\":false}\n");
  EXPECT_EQ(page_of(RevocationOutcome::kNothing).status, 200);
  EXPECT_EQ(page_of(RevocationOutcome::kNothing).body, "{\"recorded\":0,\"propagated\":true}\n");
  EXPECT_EQ(page_of(RevocationOutcome::kBadTarget).status, 400);
  EXPECT_EQ(page_of(RevocationOutcome::kOtherClient).status, 400);
  EXPECT_THAT(page_of(RevocationOutcome::kOtherClient).body, HasSubstr("invalid_grant"));
  EXPECT_EQ(page_of(RevocationOutcome::kNoLog).status, 404);
  EXPECT_EQ(page_of(RevocationOutcome::kNoSpace).status, 507);
  for (const RevocationOutcome later : {RevocationOutcome::kUnverified, RevocationOutcome::kFailed}) {
    EXPECT_EQ(page_of(later).status, 503);
    EXPECT_TRUE(page_of(later).try_later);
    EXPECT_THAT(page_of(later).body, HasSubstr("so it is"));
  }
}

// A running sidecar whose engine has a log in memory.
class RevocationsPageTest : public SidecarTest {
 protected:
  void SetUp() override {
    log_ = &log_in_memory_;
    start(ListenerSettings{});
  }
  ~RevocationsPageTest() override {
    sidecar_.reset();
    engine_.reset();  // before the log
  }
  void revoke(const RevocationTarget& target) const {
    engine_->control().revoke({&target, 1}, Now::read(), [](const RevocationResult&) {});
  }
  [[nodiscard]] AdminPage page(std::string_view query = {}) const {
    return revocations_page(engine_->control(), query);
  }

  test::FakeRevocationLog log_in_memory_;
};

// Every id of a page, in its order.
std::vector<std::string> ids_of(const std::string& body) {
  constexpr std::string_view kMember = "\"id\":\"";
  std::vector<std::string> ids;
  for (std::size_t at = body.find(kMember); at != std::string::npos; at = body.find(kMember, at + 1)) {
    ids.push_back(body.substr(at + kMember.size(), 32));
  }
  return ids;
}

TEST_F(RevocationsPageTest, CountsByKindAndShowsTheLog) {
  revoke({.kind = RevocationKind::kSubject, .issuer_name = "main", .value = "alice"});
  revoke({.kind = RevocationKind::kSubject, .issuer_name = "main", .value = "bob"});
  const std::string body = page().body;
  EXPECT_THAT(body, HasSubstr("{\"counts\":{\"token\":0,\"jti\":0,\"subject\":2,"));
  EXPECT_THAT(body, HasSubstr("\"earliest_forget\":null,\"log\":{\"accepts\":true,"));
  EXPECT_THAT(body, HasSubstr("\"fleet\":\"none\",\"unpropagated\":0,\"fleet_seen\":null,"));
  EXPECT_THAT(body, testing::Not(HasSubstr("\"revocations\"")));
  EXPECT_THAT(body, testing::Not(HasSubstr("alice")));
}

// The same, with a log that has lost its fleet.
class CutOffRevocationsPageTest : public RevocationsPageTest {
 protected:
  void SetUp() override {
    log_in_memory_.health_now = {.accepts_appends = false,
                                 .last_sequence = 7,
                                 .fleet = RevocationLogHealth::Fleet::kCutOff,
                                 .unpropagated_count = 3,
                                 .fleet_seen_us = 1'710'223'631'000'000,
                                 .fleet_position = "17-0",
                                 .complaint = "no route to \"10.0.0.5\""};
    RevocationsPageTest::SetUp();
  }
};

TEST_F(CutOffRevocationsPageTest, ShowsTheFleet) {
  const std::string body = page().body;
  EXPECT_THAT(body, HasSubstr("\"log\":{\"accepts\":false,\"sequence\":7,"));
  EXPECT_THAT(body, HasSubstr("\"fleet\":\"cut_off\",\"unpropagated\":3,\"fleet_seen\":1710223631,"
                              "\"fleet_position\":\"17-0\",\"complaint\":\"no route to \\\"10.0.0.5\\\"\"}"));
}

TEST_F(RevocationsPageTest, ListsAllOfThemPageByPage) {
  constexpr int kCount = 25;
  for (int i = 0; i < kCount; ++i) {
    const std::string subject = "user-" + std::to_string(i);
    revoke({.kind = RevocationKind::kSubject, .issuer_name = "main", .value = subject});
  }
  std::set<std::string> seen;
  std::string after;
  for (std::vector<std::string> ids = ids_of(page("count=10").body); !ids.empty();
       ids = ids_of(page("count=10&after=" + after).body)) {
    EXPECT_LE(ids.size(), 10U);
    seen.insert(ids.begin(), ids.end());
    after = ids.back();
  }
  EXPECT_EQ(seen.size(), std::size_t{kCount});
}

TEST_F(RevocationsPageTest, TimesOfAnEntryAreExact) {
  revoke({.kind = RevocationKind::kSubjectIssuedBefore,
          .issuer_name = "main",
          .value = "alice",
          .issued_before_us = 1'710'223'631'000'478});
  EXPECT_THAT(page("count=1").body,
              HasSubstr("\"kind\":\"subject_issued_before\",\"issued_before\":1710223631.000478,\"forget_at\":null}"));
}

TEST_F(RevocationsPageTest, RefusesOtherQueries) {
  for (const std::string_view query : {"after=", "after=xyz", "after=00112233445566778899aabbccddeef", "count=0",
                                       "count=-1", "count=1x", "count=10001", "count=1&count=2", "page=1", "count"}) {
    EXPECT_EQ(page(query).status, 400) << query;
  }
  EXPECT_EQ(page("after=00112233445566778899AAbbccddeeff&count=10000").status, 200);
}

}  // namespace
}  // namespace assay::server
