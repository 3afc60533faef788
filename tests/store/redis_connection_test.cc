#include "store/redis_connection.h"

#include <gtest/gtest.h>

#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

class RedisConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
  }

  std::optional<RedisConnection> open() {
    return RedisConnection::open({"127.0.0.1", redis_->port()}, redis_->settings(), complaint_);
  }

  std::unique_ptr<RedisServerProcess> redis_;
  std::string complaint_;
};

TEST_F(RedisConnectionTest, BytesOfAnyKindGoAndComeBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(redis_->ask({"SET", "key", bytes}).text, "OK");
  EXPECT_EQ(redis_->ask({"GET", "key"}).text, bytes);
  EXPECT_EQ(redis_->ask({"GET", "other"}).kind, RedisReply::Kind::kNil);
  EXPECT_EQ(redis_->ask({"STRLEN", "key"}).number, 256);
}

TEST_F(RedisConnectionTest, RepliesComeInTheOrderOfTheCommands) {
  std::optional<RedisConnection> connection = open();
  ASSERT_TRUE(connection.has_value()) << complaint_;
  RedisReply reply;
  EXPECT_EQ(connection->take(reply), RedisConnection::Arrival::kNothingYet);
  for (const std::string_view word : {"one", "two", "three"}) {
    connection->add(std::array<std::string_view, 2>{"ECHO", word});
  }
  ASSERT_TRUE(connection->flush());
  for (const std::string_view word : {"one", "two", "three"}) {
    ASSERT_TRUE(connection->receive(reply));
    EXPECT_EQ(reply.text, word);
  }
}

TEST_F(RedisConnectionTest, AnErrorIsAReply) {
  EXPECT_TRUE(redis_->ask({"NO-SUCH-COMMAND"}).is_error());
  EXPECT_EQ(redis_->ask({"COMMAND", "COUNT"}).kind, RedisReply::Kind::kNumber);
}

TEST_F(RedisConnectionTest, WaitsNoLongerThanAgreed) {
  std::optional<RedisConnection> connection = open();
  ASSERT_TRUE(connection.has_value()) << complaint_;
  redis_->pause();
  RedisReply reply;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(connection->ask(std::array<std::string_view, 1>{"PING"}, reply));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_NE(connection->complaint().find("no answer"), std::string::npos);
  EXPECT_FALSE(open().has_value());
  redis_->go_on();
}

TEST_F(RedisConnectionTest, ALostServerIsAFailure) {
  std::optional<RedisConnection> connection = open();
  ASSERT_TRUE(connection.has_value()) << complaint_;
  redis_->kill();
  RedisReply reply;
  EXPECT_FALSE(connection->ask(std::array<std::string_view, 1>{"PING"}, reply));
  EXPECT_FALSE(connection->ask(std::array<std::string_view, 1>{"PING"}, reply));
  EXPECT_NE(connection->complaint(), "");
  EXPECT_FALSE(open().has_value());
  EXPECT_NE(complaint_.find("127.0.0.1:"), std::string::npos);
}

TEST_F(RedisConnectionTest, ADatabaseThatIsNotThereIsRefused) {
  RedisSettings settings = redis_->settings();
  settings.database = 999;
  EXPECT_FALSE(RedisConnection::open({"127.0.0.1", redis_->port()}, settings, complaint_).has_value());
  EXPECT_NE(complaint_, "");
}

}  // namespace
}  // namespace assay::store
