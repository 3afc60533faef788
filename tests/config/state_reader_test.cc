#include "config/state_reader.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::HasSubstr;
using testing::Not;

const std::string kOne(test::kIssuer);
const std::string kLog = "[state]\nrevocations = \"sqlite:/var/lib/assay/revocations.db\"\n";
const std::string kFleet = kLog + "fleet = \"redis://assay@10.0.0.5:6379,10.0.0.6/1\"\n";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

TEST(StateReader, ReadsALogOfThisNodeAlone) {
  const Configuration configuration = accepted(kLog + kOne);
  ASSERT_TRUE(configuration.state.has_value());
  EXPECT_EQ(configuration.state->log_path, "/var/lib/assay/revocations.db");
  EXPECT_EQ(configuration.state->fleet.text, "");
  EXPECT_EQ(configuration.state->id_key, "");
  EXPECT_EQ(describe(accepted(describe(configuration))), describe(configuration));
  EXPECT_EQ(accepted("[state]\nrevocations = \"sqlite:state/revocations.db\"\n" + kOne).state->log_path,
            "state/revocations.db");
  EXPECT_FALSE(accepted(kOne).state.has_value());
}

TEST(StateReader, ReadsAFleetAndKeepsItsSecretsToItself) {
  test::MemoryFiles files;
  files.files["id.key"] = std::string(32, 'k') + "\n";
  files.files["redis.secret"] = "redis-pass\n";
  const auto read = test::read(kFleet +
                                   "fleet_password_file = \"redis.secret\"\nfleet_timeout = \"250ms\"\n"
                                   "fleet_stream_length = 5000\nid_key_file = \"id.key\"\n"
                                   "max_feed_lag = \"5s\"\npast_max_feed_lag = \"refuse\"\n"
                                   "share_answers = true\nshare_wait = \"7ms\"\n" +
                                   kOne,
                               files);
  ASSERT_TRUE(read.has_value()) << read.error()[0].message;
  const StateSettings& state = *read->state;
  EXPECT_EQ(state.fleet.text, "redis://assay@10.0.0.5:6379,10.0.0.6/1");
  EXPECT_EQ(state.fleet.line, 3U);
  EXPECT_EQ(state.fleet.column, 9U);
  EXPECT_EQ(state.fleet_password, "redis-pass");
  EXPECT_EQ(state.fleet_timeout.count(), 250);
  EXPECT_EQ(state.fleet_stream_length, 5000U);
  EXPECT_EQ(state.id_key, std::string(32, 'k'));
  EXPECT_EQ(state.feed_rule.lag_max.count(), 5000);
  EXPECT_EQ(state.feed_rule.past_max, FeedRule::PastMax::kRefuse);
  EXPECT_TRUE(state.shares_answers);
  EXPECT_EQ(state.share_wait.count(), 7);
  const std::string description = describe(*read);
  EXPECT_THAT(description, HasSubstr("share_wait = \"7ms\""));
  EXPECT_THAT(description, HasSubstr("fleet_password_file = \"redis.secret\""));
  EXPECT_THAT(description, Not(HasSubstr("redis-pass")));
  EXPECT_THAT(description, Not(HasSubstr("kkkk")));
  EXPECT_EQ(describe(*test::read(description, files)), description);
}

TEST(StateReader, PlacesComplaints) {
  const std::string id_key = "id_key_env = \"SECRET\"\n";
  expect_fault("@[state]\n" + kOne, "state.revocations", "is required", "sqlite:/var/lib");
  for (const char* path : {"/var/lib/x.db", "sqlite:", "sqlite:/var/lib/", "redis://h"}) {
    expect_fault("[state]\nrevocations = @\"" + std::string(path) + "\"\n" + kOne, "state.revocations",
                 "is not accepted", "sqlite:/var/lib");
  }
  expect_fault(kLog + "@fleet_timeout = \"1s\"\n" + kOne, "state.fleet_timeout", "there is no fleet", "remove");
  expect_fault(kLog + "@fleet_password_env = \"SECRET\"\n" + kOne, "state.fleet_password_env", "there is no fleet",
               "remove");
  expect_fault(kLog + "@past_max_feed_lag = \"refuse\"\n" + kOne, "state.past_max_feed_lag", "there is no fleet",
               "remove");
  expect_fault(kLog + "@share_answers = true\n" + kOne, "state.share_answers", "there is no fleet", "remove");
  expect_fault(kLog + "@share_wait = \"20ms\"\n" + kOne, "state.share_wait", "there is no fleet", "remove");
  expect_fault("@" + kFleet + kOne, "state.id_key_file", "one is needed", "id_key_file or id_key_env");
  expect_fault(kLog + "@" + id_key + kOne, "state.id_key_env", "a secret of 13 bytes", "32 to 1024");
}

TEST(StateReader, SharesNoAnswersUnlessItIsTold) {
  test::MemoryFiles files;
  files.variables["ID_KEY"] = std::string(32, 'k');
  const std::string fleet = kFleet + "id_key_env = \"ID_KEY\"\n";
  const auto silent = test::read(fleet + kOne, files);
  ASSERT_TRUE(silent.has_value()) << silent.error()[0].message;
  EXPECT_FALSE(silent->state->shares_answers);
  EXPECT_EQ(silent->state->share_wait, EngineOptions{}.share_wait);
  EXPECT_EQ(describe(*test::read(describe(*silent), files)), describe(*silent));
  for (const char* off : {"share_wait = \"20ms\"\n", "share_answers = false\nshare_wait = \"20ms\"\n"}) {
    const auto read = test::read(joined({fleet, off, kOne}), files);
    ASSERT_FALSE(read.has_value()) << off;
    EXPECT_THAT(read.error()[0].message, HasSubstr("state.share_wait: has no effect: no answers are shared"));
  }
  for (const char* wait : {"0s", "500us", "1001ms"}) {
    EXPECT_FALSE(test::read(joined({fleet, "share_answers = true\nshare_wait = \"", wait, "\"\n", kOne}), files))
        << wait;
  }
  EXPECT_FALSE(test::read(fleet + "share_answers = \"yes\"\n" + kOne, files));
}

TEST(StateReader, AMistypedKeyOrValueIsTheOneComplaint) {
  test::MemoryFiles files;
  files.variables["ID_KEY"] = std::string(32, 'k');
  const std::string rest = "id_key_env = \"ID_KEY\"\n" + kOne;
  const std::vector<std::pair<std::string, std::string>> cases{
      {kFleet + "share_answers = \"yes\"\nshare_wait = \"20ms\"\n" + rest, "state.share_answers: is a string"},
      {kFleet + "share_answer = true\nshare_wait = \"20ms\"\n" + rest, "did you mean share_answers?"},
      {kLog + "fleets = \"redis://h\"\nfleet_timeout = \"1s\"\nshare_answers = true\n" + rest, "did you mean fleet?"}};
  for (const auto& [text, said] : cases) {
    const auto read = test::read(text, files);
    ASSERT_FALSE(read.has_value()) << text;
    ASSERT_EQ(read.error().size(), 1U) << read.error()[1].message;
    EXPECT_THAT(read.error()[0].message, HasSubstr(said));
  }
  const auto wait = test::read(kFleet + "share_answer = true\nshare_wait = \"0s\"\n" + rest, files);
  ASSERT_FALSE(wait.has_value());
  EXPECT_EQ(wait.error().size(), 2U) << "what is wrong by itself is said";
}

TEST(StateReader, WantsTheFleetsPasswordInAFile) {
  test::MemoryFiles files;
  files.variables["ID_KEY"] = std::string(32, 'k');
  for (const char* user : {"assay:hidden", ":hidden", "a%3Ab:hidden@x"}) {
    const auto read =
        test::read(joined({kLog, "id_key_env = \"ID_KEY\"\nfleet = \"redis://", user, "@h/1\"\n", kOne}), files);
    ASSERT_FALSE(read.has_value()) << user;
    EXPECT_THAT(read.error()[0].message, HasSubstr("state.fleet: holds a password"));
    EXPECT_THAT(read.error()[0].message, Not(HasSubstr("hidden")));
  }
  for (const char* url : {"redis://[::1]:6379/1", "redis://assay@[::1]:6379/1", "redis://h:1,i:2/a@b:c"}) {
    const auto read = test::read(joined({kLog, "id_key_env = \"ID_KEY\"\nfleet = \"", url, "\"\n", kOne}), files);
    EXPECT_TRUE(read.has_value()) << url;
  }
}

}  // namespace
}  // namespace assay::config
