#include "store/redis_answer_commands.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

class RedisAnswerCommandsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
    key_.fill(0xab);
    std::string complaint;
    std::optional<RedisConnection> connection =
        RedisConnection::open({"127.0.0.1", redis_->port()}, redis_->settings(), complaint);
    ASSERT_TRUE(connection.has_value()) << complaint;
    commands_.emplace(std::move(*connection), "fleet");
  }
  SharedValue find() {
    SharedValue value;
    const std::int64_t sent_ns = base::monotonic_ns();
    commands_->add_find(key_);
    EXPECT_TRUE(commands_->send() && commands_->receive_find(sent_ns, value));
    return value;
  }
  WriteOutcome write(const std::string& seen, const std::string& bytes, std::int64_t life_ms = 60'000,
                     bool is_active = true) {
    WriteOutcome outcome{};
    commands_->add_write(
        {.key = key_, .seen = seen, .bytes = bytes, .until_ns = life_ms * kNsPerMs, .is_active = is_active}, 0);
    EXPECT_TRUE(commands_->send() && commands_->receive_write(outcome));
    return outcome;
  }
  bool erase(const std::string& mark, std::chrono::milliseconds mark_life = std::chrono::seconds(60)) {
    bool is_done = false;
    commands_->add_erasure({.key = key_, .mark = mark, .mark_life = mark_life, .try_for = {}});
    EXPECT_TRUE(commands_->send() && commands_->receive_erasure(is_done));
    return is_done;
  }

  bool ping() {
    commands_->add_ping(base::monotonic_ns());
    return commands_->send() && commands_->receive_ping();
  }

  const std::string name_ = "fleet:answer:" + [] {
    std::string digits;
    for (int i = 0; i < 32; ++i) digits += "ab";
    return digits;
  }();
  SharedKey key_{};
  std::unique_ptr<RedisServerProcess> redis_;
  std::optional<RedisAnswerCommands> commands_;
};

TEST_F(RedisAnswerCommandsTest, KeepABytesForItsTimeUnderItsName) {
  EXPECT_EQ(find().outcome, SharedValue::Outcome::kNotFound);
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(write("", bytes), WriteOutcome::kWritten);
  EXPECT_EQ(redis_->ask({"GET", name_}).text, bytes);
  const std::int64_t before_ns = base::monotonic_ns();
  const SharedValue value = find();
  EXPECT_EQ(value.outcome, SharedValue::Outcome::kFound);
  EXPECT_EQ(value.bytes, bytes);
  EXPECT_GT(value.until_ns, before_ns + 50'000 * kNsPerMs);
  EXPECT_LE(value.until_ns, base::monotonic_ns() + 60'000 * kNsPerMs);
}

TEST_F(RedisAnswerCommandsTest, WriteOnlyOverWhatTheySaw) {
  EXPECT_EQ(write("", "one"), WriteOutcome::kWritten);
  EXPECT_EQ(write("", "two"), WriteOutcome::kSuperseded);
  EXPECT_EQ(write("on", "two"), WriteOutcome::kSuperseded);
  EXPECT_EQ(find().bytes, "one");
  EXPECT_EQ(write("one", "two"), WriteOutcome::kWritten);
  EXPECT_EQ(find().bytes, "two");
}

TEST_F(RedisAnswerCommandsTest, AnErasureLeavesAMarkForItsTime) {
  EXPECT_EQ(write("", "one"), WriteOutcome::kWritten);
  EXPECT_TRUE(erase("mark", std::chrono::milliseconds(300)));
  EXPECT_EQ(find().bytes, "mark");
  EXPECT_EQ(write("one", "old"), WriteOutcome::kSuperseded);
  EXPECT_EQ(write("", "old"), WriteOutcome::kSuperseded);
  EXPECT_TRUE(becomes_true([&] { return find().outcome == SharedValue::Outcome::kNotFound; }));
}

TEST_F(RedisAnswerCommandsTest, AWriteThatComesTooLateIsGoneAtOnce) {
  EXPECT_EQ(write("", "one", -5), WriteOutcome::kWritten);
  EXPECT_TRUE(becomes_true([&] { return find().outcome == SharedValue::Outcome::kNotFound; }));
}

TEST_F(RedisAnswerCommandsTest, AreNotDrownedByWhatSomebodyPutsThere) {
  redis_->ask({"SET", name_, std::string(4 * kSharedValueBytesMax, 'x')});
  const SharedValue value = find();
  EXPECT_EQ(value.bytes.size(), kSharedValueBytesMax + 1) << "so that the engine sees that it is too long";
  EXPECT_LT(value.until_ns, base::monotonic_ns()) << "it never expires";
  EXPECT_EQ(write(value.bytes, "one"), WriteOutcome::kWritten);
  redis_->ask({"PEXPIRE", name_, "9000000000000000"});
  EXPECT_GT(find().until_ns, base::monotonic_ns());
  redis_->ask({"DEL", name_});
  redis_->ask({"RPUSH", name_, "no text"});
  EXPECT_EQ(find().outcome, SharedValue::Outcome::kNotFound);
  EXPECT_EQ(commands_->complaint(), "");
  EXPECT_EQ(write("", "one"), WriteOutcome::kWritten) << "what is none of ours is written over";
  EXPECT_EQ(find().bytes, "one");
  redis_->ask({"DEL", name_});
  redis_->ask({"RPUSH", name_, "no text"});
  EXPECT_TRUE(erase("mark"));
  EXPECT_EQ(find().bytes, "mark");
}

TEST_F(RedisAnswerCommandsTest, HoldBackWhatThereIsNoRoomFor) {
  const auto with_room = [this](int used_per_mille) {
    const std::string info = redis_->ask({"INFO", "memory"}).text;
    const std::uint64_t used = std::stoull(info.substr(info.find("used_memory:") + 12));
    redis_->ask({"CONFIG", "SET", "maxmemory", std::to_string(used * 1000 / static_cast<unsigned>(used_per_mille))});
    EXPECT_TRUE(ping());
  };
  EXPECT_TRUE(commands_->wants_ping(base::monotonic_ns()));
  with_room(600);
  EXPECT_FALSE(commands_->wants_ping(base::monotonic_ns()));
  EXPECT_EQ(commands_->complaint(), "");
  EXPECT_EQ(write("", "no", 60'000, false), WriteOutcome::kWritten);
  with_room(800);
  EXPECT_EQ(write("no", "nein", 60'000, false), WriteOutcome::kHeldBack);
  EXPECT_EQ(write("no", "yes"), WriteOutcome::kWritten);
  EXPECT_EQ(commands_->complaint(), "Redis is running short of memory");
  with_room(950);
  EXPECT_EQ(write("yes", "ja"), WriteOutcome::kHeldBack);
  EXPECT_TRUE(erase("mark")) << "what is forgotten needs no room";
  with_room(600);
  EXPECT_EQ(write("mark", "no", 60'000, false), WriteOutcome::kWritten);
  EXPECT_EQ(commands_->complaint(), "");
}

TEST_F(RedisAnswerCommandsTest, HoldBackWhatCanBeInventedWhereTheRoomIsNotTold) {
  redis_->ask({"ACL", "SETUSER", "default", "-info"});
  EXPECT_TRUE(ping());
  EXPECT_EQ(write("", "no", 60'000, false), WriteOutcome::kHeldBack);
  EXPECT_EQ(write("", "yes"), WriteOutcome::kWritten);
  EXPECT_TRUE(commands_->complaint().starts_with("Redis answers: ")) << commands_->complaint();
}

TEST_F(RedisAnswerCommandsTest, LeaveAServerThatTakesNoWrites) {
  redis_->ask({"REPLICAOF", "127.0.0.1", "1"});
  redis_->ask({"CONFIG", "SET", "replica-read-only", "yes"});
  WriteOutcome outcome{};
  commands_->add_write({.key = key_, .seen = "", .bytes = "one", .until_ns = kNsPerMs}, 0);
  ASSERT_TRUE(commands_->send());
  EXPECT_FALSE(commands_->receive_write(outcome));
  EXPECT_NE(commands_->complaint().find("READONLY"), std::string::npos);
}

TEST_F(RedisAnswerCommandsTest, SayWhenTheServerIsGone) {
  redis_->kill();
  EXPECT_FALSE(ping());
  EXPECT_NE(commands_->complaint().find("127.0.0.1:"), std::string::npos);
}

}  // namespace
}  // namespace assay::store
