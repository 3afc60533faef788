#include "store/redis_url.h"

#include <gtest/gtest.h>

namespace assay::store {
namespace {

RedisSettings read(std::string_view url) {
  std::string complaint = "untouched";
  const std::optional<RedisSettings> settings = parse_redis_url(url, complaint);
  EXPECT_TRUE(settings.has_value()) << complaint;
  EXPECT_EQ(complaint, "");
  return settings.value_or(RedisSettings{});
}

std::string complaint_about(std::string_view url) {
  std::string complaint;
  EXPECT_FALSE(parse_redis_url(url, complaint).has_value()) << url;
  return complaint;
}

TEST(RedisUrl, HasDefaultsForAllButTheHost) {
  const RedisSettings settings = read("redis://10.0.0.5");
  EXPECT_EQ(settings.servers, (std::vector<RedisServer>{{"10.0.0.5", 6379}}));
  EXPECT_EQ(settings.user, "");
  EXPECT_EQ(settings.password, "");
  EXPECT_EQ(settings.database, 0U);
  EXPECT_EQ(settings.prefix, "assay");
}

TEST(RedisUrl, ReadsEveryPart) {
  const RedisSettings settings = read("redis://node:p%40ss:x@a.example:7000,[::1]:7001,b/3/fleet%2Fone");
  EXPECT_EQ(settings.servers, (std::vector<RedisServer>{{"a.example", 7000}, {"::1", 7001}, {"b", 6379}}));
  EXPECT_EQ(settings.user, "node");
  EXPECT_EQ(settings.password, "p@ss:x");
  EXPECT_EQ(settings.database, 3U);
  EXPECT_EQ(settings.prefix, "fleet/one");
}

TEST(RedisUrl, TakesASegmentThatIsNoNumberAsThePrefix) {
  EXPECT_EQ(read("redis://h/assay-1").prefix, "assay-1");
  EXPECT_EQ(read("redis://h/7").database, 7U);
  EXPECT_EQ(read("redis://h/7/8").prefix, "8");
  EXPECT_EQ(read("redis://h/").prefix, "assay");
}

TEST(RedisUrl, RefusesWhatItCannotRead) {
  for (const std::string_view url : {"",
                                     "h:6379",
                                     "http://h",
                                     "redis://",
                                     "redis:///1",
                                     "redis://h:0",
                                     "redis://h:65536",
                                     "redis://h:x",
                                     "redis://h:",
                                     "redis://[::1",
                                     "redis://[::1]x",
                                     "redis://[]",
                                     "redis://h,,g",
                                     "redis://h/1/p/q",
                                     "redis://h/10000",
                                     "redis://h?tls=1",
                                     "redis://u:%zz@h",
                                     "redis://u:%4@h",
                                     "redis://h/%",
                                     "redis://h /1"}) {
    EXPECT_NE(complaint_about(url), "") << url;
  }
  EXPECT_NE(complaint_about("redis://h/" + std::string(kRedisPrefixBytesMax + 1, 'p')), "");
}

TEST(RedisUrl, RefusesTlsAndSaysSo) { EXPECT_NE(complaint_about("rediss://h").find("TLS"), std::string::npos); }

TEST(RedisUrl, RepeatsNoPasswordInAComplaint) {
  EXPECT_EQ(complaint_about("redis://user:hunter2%@h").find("hunter2"), std::string::npos);
  EXPECT_EQ(complaint_about("redis://user:hunter2@h:x").find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace assay::store
