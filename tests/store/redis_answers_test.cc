#include "store/redis_answers.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

using Outcome = SharedValue::Outcome;
using std::chrono::milliseconds;

constexpr std::int64_t kNsPerMs = 1'000'000;

SharedKey key_of(std::uint8_t number) {
  SharedKey key{};
  key[0] = number;
  return key;
}

std::int64_t in_ms(std::int64_t ms) { return base::monotonic_ns() + ms * kNsPerMs; }

class RedisAnswersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
    answers_ = open();
  }
  // A node, once it has its connection.
  std::unique_ptr<RedisAnswers> open() {
    auto answers = std::make_unique<RedisAnswers>(redis_->settings());
    EXPECT_TRUE(becomes_true([&] { return answers->health().is_reachable; }));
    return answers;
  }
  static SharedValue find(RedisAnswers& answers, const SharedKey& key, std::int64_t wait_ms = 20'000) {
    std::promise<SharedValue> found;
    answers.find(key, in_ms(wait_ms), [&](SharedValue value) { found.set_value(std::move(value)); });
    return found.get_future().get();
  }
  SharedValue find(std::uint8_t number) { return find(*answers_, key_of(number)); }
  void write(std::uint8_t number, const std::string& bytes, const std::string& seen = "") {
    const auto settled = [this] {
      const SharedAnswersHealth health = answers_->health();
      return health.written + health.superseded + health.held_back + health.failed;
    };
    const std::uint64_t before = settled();
    answers_->write({.key = key_of(number), .seen = seen, .bytes = bytes, .until_ns = in_ms(60'000)});
    EXPECT_TRUE(becomes_true([&] { return settled() > before; }));
  }
  bool erase(std::uint8_t number, milliseconds try_for = std::chrono::minutes(1)) {
    std::promise<bool> erased;
    answers_->erase({.key = key_of(number), .mark = "mark", .mark_life = std::chrono::minutes(1), .try_for = try_for},
                    [&](bool is_erased) { erased.set_value(is_erased); });
    return erased.get_future().get();
  }
  [[nodiscard]] bool becomes_reachable(bool is_reachable) const {
    return becomes_true([&] { return answers_->health().is_reachable == is_reachable; });
  }

  std::unique_ptr<RedisServerProcess> redis_;
  std::unique_ptr<RedisAnswers> answers_;
};

TEST_F(RedisAnswersTest, OneNodeFindsWhatAnotherWrote) {
  const auto other = open();
  EXPECT_EQ(find(*other, key_of(1)).outcome, Outcome::kNotFound);
  write(1, "answer");
  EXPECT_EQ(find(*other, key_of(1)).bytes, "answer");
  EXPECT_EQ(find(*other, key_of(2)).outcome, Outcome::kNotFound);
  write(1, "later", "something else");
  EXPECT_EQ(find(1).bytes, "answer");
  EXPECT_EQ(answers_->health().written, 1U);
  EXPECT_EQ(answers_->health().superseded, 1U);
}

TEST_F(RedisAnswersTest, WhatIsErasedIsGoneForEveryNode) {
  const auto other = open();
  write(1, "answer");
  EXPECT_TRUE(erase(1));
  EXPECT_EQ(find(*other, key_of(1)).bytes, "mark");
  EXPECT_EQ(answers_->health().erasures_waiting, 0U);
}

// The question comes right behind the erasure, which has not been answered yet.
TEST_F(RedisAnswersTest, AQuestionAfterAnErasureFindsNothingFromBefore) {
  for (int round = 0; round < 200; ++round) {
    redis_->ask({"FLUSHALL"});
    write(1, "answer");
    std::promise<bool> erased;
    answers_->erase(
        {.key = key_of(1), .mark = "mark", .mark_life = milliseconds(60'000), .try_for = milliseconds(60'000)},
        [&](bool is_erased) { erased.set_value(is_erased); });
    EXPECT_NE(find(1).bytes, "answer") << round;
    EXPECT_TRUE(erased.get_future().get());
  }
}

TEST_F(RedisAnswersTest, EveryQuestionIsAnsweredOnceAlsoManyAtOnce) {
  write(1, "answer");
  std::atomic<int> found{0};
  std::atomic<int> failed{0};
  constexpr int kQuestions = 20'000;
  for (int i = 0; i < kQuestions; ++i) {
    answers_->find(key_of(1), in_ms(60'000),
                   [&](const SharedValue& value) { ++(value.outcome == Outcome::kFound ? found : failed); });
  }
  EXPECT_TRUE(becomes_true([&] { return found + failed == kQuestions; }));
  EXPECT_GE(found, static_cast<int>(RedisAnswers::kWaitingMax)) << "at least those that have room to wait";
}

TEST_F(RedisAnswersTest, WithoutAServerEverythingFailsAtOnce) {
  redis_->kill();
  EXPECT_TRUE(becomes_reachable(false));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find(1).outcome, Outcome::kFailed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500)) << "no connection is waited for";
  answers_->write({.key = key_of(1), .seen = {}, .bytes = "answer", .until_ns = in_ms(60'000)});
  EXPECT_EQ(answers_->health().failed, 1U);
  EXPECT_NE(answers_->health().complaint, "");
  redis_->start();
  EXPECT_TRUE(becomes_reachable(true));
  EXPECT_EQ(answers_->health().complaint, "");
  write(1, "answer");
  EXPECT_EQ(find(1).bytes, "answer");
}

TEST_F(RedisAnswersTest, AServerThatHangsFailsWhatWaitsForIt) {
  redis_->pause();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(find(1).outcome, Outcome::kFailed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(becomes_reachable(false));
  EXPECT_NE(answers_->health().complaint.find("no answer in"), std::string::npos) << answers_->health().complaint;
  redis_->go_on();
  EXPECT_TRUE(becomes_reachable(true));
  EXPECT_EQ(find(1).outcome, Outcome::kNotFound);
}

TEST_F(RedisAnswersTest, AQuestionThatNobodyWaitsForIsNotAsked) {
  write(1, "answer");
  EXPECT_EQ(find(*answers_, key_of(1), -1).outcome, Outcome::kFailed);
  EXPECT_EQ(find(1).bytes, "answer") << "the answers after it are not mixed up";
}

// The server holds what it held: it was only out of reach.
TEST_F(RedisAnswersTest, AnErasureWaitsForTheServer) {
  write(1, "answer");
  write(2, "other");
  redis_->pause();
  EXPECT_FALSE(erase(1));
  EXPECT_TRUE(becomes_reachable(false));
  EXPECT_FALSE(erase(1)) << "the later one takes the place of the earlier";
  EXPECT_EQ(answers_->health().erasures_waiting, 1U);
  redis_->go_on();
  EXPECT_TRUE(becomes_true([&] { return answers_->health().erasures_waiting == 0; }));
  EXPECT_EQ(find(1).bytes, "mark");
  EXPECT_EQ(find(2).bytes, "other");
  EXPECT_EQ(answers_->health().erasures_lost, 0U);
}

TEST_F(RedisAnswersTest, AnErasureThatTookTooLongIsLostAndCounted) {
  redis_->kill();
  EXPECT_TRUE(becomes_reachable(false));
  EXPECT_FALSE(erase(1, milliseconds(1)));
  EXPECT_TRUE(becomes_true([&] { return answers_->health().erasures_lost == 1; }));
  EXPECT_EQ(answers_->health().erasures_waiting, 0U);
}

TEST_F(RedisAnswersTest, ErasuresThatWaitAreBounded) {
  redis_->kill();
  EXPECT_TRUE(becomes_reachable(false));
  SharedErasure erasure{
      .key = {}, .mark = "mark", .mark_life = std::chrono::minutes(1), .try_for = std::chrono::minutes(1)};
  std::size_t told = 0;
  for (std::size_t i = 0; i < RedisAnswers::kErasuresMax + 10; ++i) {
    erasure.key[0] = static_cast<std::uint8_t>(i);
    erasure.key[1] = static_cast<std::uint8_t>(i >> 8);
    answers_->erase(erasure, [&](bool is_erased) { told += is_erased ? 0 : 1; });
  }
  EXPECT_EQ(told, RedisAnswers::kErasuresMax + 10);
  EXPECT_EQ(answers_->health().erasures_waiting, RedisAnswers::kErasuresMax);
  EXPECT_EQ(answers_->health().erasures_lost, 10U);
  redis_->start();
  EXPECT_TRUE(becomes_reachable(true));
  EXPECT_TRUE(becomes_true([&] { return answers_->health().erasures_waiting == 0; }));
  EXPECT_EQ(find(200).outcome, Outcome::kFailed) << "what was to be erased and is lost may stand there";
}

TEST_F(RedisAnswersTest, AFullServerForgetsWhatItCannotMark) {
  write(1, "answer");
  redis_->ask({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_TRUE(erase(1));
  redis_->ask({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(find(1).outcome, Outcome::kNotFound);
}

// What whoever invents tokens has written leaves room for revocations, and so does what is written for good ones.
TEST_F(RedisAnswersTest, AFloodOfAnswersLeavesRoomForRevocations) {
  redis_->ask({"CONFIG", "SET", "maxmemory", "4mb"});
  redis_->ask({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  const std::array<LogFolder, 2> folders;
  FleetNode a(folders[0].path(), redis_->settings());
  FleetNode b(folders[1].path(), redis_->settings());
  ASSERT_TRUE(a.follows() && b.follows());
  std::uint32_t number = 0;
  const auto flood = [&](bool is_active) {
    for (int batch = 0; batch < 20; ++batch) {
      for (int i = 0; i < 1000; ++i) {
        SharedWrite write{
            .key = {}, .seen = {}, .bytes = std::string(500, 'x'), .until_ns = in_ms(600'000), .is_active = is_active};
        put_u64(write.key.data(), ++number);
        answers_->write(std::move(write));
      }
      EXPECT_TRUE(becomes_true([&] {
        const SharedAnswersHealth health = answers_->health();
        return health.written + health.held_back + health.failed == number;
      }));
    }
    return answers_->health();
  };
  const SharedAnswersHealth inactive = flood(false);
  EXPECT_GT(inactive.written, 1000U);
  EXPECT_GT(inactive.held_back, 1000U);
  EXPECT_EQ(inactive.failed, 0U);
  EXPECT_EQ(a.revoke(1), AppendOutcome::kDurable);
  EXPECT_TRUE(becomes_true([&] { return b.is_revoked(1); }));
  const SharedAnswersHealth active = flood(true);
  EXPECT_GT(active.written, inactive.written) << "good answers have more room";
  EXPECT_EQ(active.failed, 0U);
  EXPECT_EQ(a.revoke(2), AppendOutcome::kDurable);
  EXPECT_TRUE(becomes_true([&] { return b.is_revoked(2); }));
  EXPECT_EQ(a.log().health().unpropagated_count, 0U);
  redis_->ask({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(becomes_true([&] {
    write(1, "answer");
    return find(1).bytes == "answer";
  })) << "there is room again, and the node notices";
  EXPECT_EQ(answers_->health().complaint, "");
}

TEST_F(RedisAnswersTest, ARefusedErasureIsTriedAgain) {
  redis_->ask({"ACL", "SETUSER", "default", "-set"});
  EXPECT_FALSE(erase(1));
  EXPECT_EQ(answers_->health().erasures_waiting, 1U);
  EXPECT_TRUE(becomes_true([&] { return answers_->health().complaint.starts_with("Redis answers: "); }));
  redis_->ask({"ACL", "SETUSER", "default", "+set"});
  EXPECT_TRUE(becomes_true([&] { return answers_->health().erasures_waiting == 0; }));
  EXPECT_EQ(find(1).bytes, "mark");
  EXPECT_TRUE(becomes_true([&] { return answers_->health().complaint.empty(); }));
}

TEST_F(RedisAnswersTest, GoesToTheNextServerOfTheList) {
  RedisSettings settings = redis_->settings();
  settings.servers.insert(settings.servers.begin(), RedisServer{"127.0.0.1", 1});
  RedisAnswers answers(settings);
  EXPECT_TRUE(becomes_true([&] { return answers.health().is_reachable; }));
  EXPECT_EQ(find(answers, key_of(1)).outcome, Outcome::kNotFound);
}

TEST_F(RedisAnswersTest, PresentsUserPasswordAndDatabase) {
  redis_->ask({"ACL", "SETUSER", "node", "on", ">pass", "~fleet:*", "-@all", "+eval", "+getrange", "+pttl", "+set",
               "+del", "+ping", "+info", "+select"});
  RedisSettings settings = redis_->settings();
  settings.user = "node";
  settings.password = "pass";
  settings.database = 3;
  settings.prefix = "fleet";
  answers_ = std::make_unique<RedisAnswers>(settings);
  EXPECT_TRUE(becomes_reachable(true));
  write(1, "answer");
  EXPECT_EQ(find(1).bytes, "answer");
  EXPECT_TRUE(erase(1)) << "the rights that the header asks for are enough";
  EXPECT_EQ(redis_->ask({"DBSIZE"}).number, 0) << "of database 0";
  settings.password = "wrong";
  RedisAnswers stranger(settings);
  EXPECT_TRUE(becomes_true([&] { return !stranger.health().complaint.empty(); }));
  EXPECT_FALSE(stranger.health().is_reachable);
  EXPECT_EQ(stranger.health().complaint.find("wrong\""), std::string::npos);
}

TEST_F(RedisAnswersTest, EndsWithEverybodyTold) {
  redis_->pause();
  std::atomic<int> told{0};
  for (int i = 0; i < 10; ++i) {
    answers_->find(key_of(1), in_ms(60'000), [&](const SharedValue&) { ++told; });
    answers_->erase({.key = key_of(2), .mark = "mark", .mark_life = milliseconds(1), .try_for = milliseconds(1)},
                    [&](bool) { ++told; });
  }
  const auto begin = std::chrono::steady_clock::now();
  answers_.reset();
  EXPECT_EQ(told, 20);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  redis_->go_on();
}

}  // namespace
}  // namespace assay::store
