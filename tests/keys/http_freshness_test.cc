#include "keys/http_freshness.h"

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::optional<std::int64_t> fresh(std::vector<HttpHeader> headers) { return read_http_freshness(headers).fresh_for_ns; }

TEST(HttpFreshness, IsAbsentWhereNothingSaysIt) {
  EXPECT_EQ(fresh({}), std::nullopt);
  EXPECT_EQ(fresh({{"cache-control", "public, must-revalidate"}}), std::nullopt);
  EXPECT_EQ(fresh({{"cache-control", "max-age=soon"}}), std::nullopt);
  EXPECT_EQ(fresh({{"cache-control", "s-maxage=5, x-max-age=6"}}), std::nullopt);
}

TEST(HttpFreshness, IsMaxAgeLessAge) {
  EXPECT_EQ(fresh({{"cache-control", "public, Max-Age=300"}}), 300 * kSecond);
  EXPECT_EQ(fresh({{"cache-control", "max-age=\"300\""}, {"age", "100"}}), 200 * kSecond);
  EXPECT_EQ(fresh({{"cache-control", "max-age=10"}, {"age", "100"}}), 0);
  EXPECT_EQ(fresh({{"cache-control", "max-age=10, max-age=5"}}), 5 * kSecond);
  EXPECT_EQ(fresh({{"cache-control", "max-age=99999999999999999999"}}), (std::int64_t{1} << 31) * kSecond);
}

TEST(HttpFreshness, IsNothingForWhatMustNotBeKept) {
  EXPECT_EQ(fresh({{"cache-control", "no-store"}, {"cache-control", "max-age=300"}}), 0);
  EXPECT_EQ(fresh({{"cache-control", "max-age=300, no-cache"}}), 0);
}

TEST(HttpFreshness, IsExpiresLessDateWithoutAClock) {
  const HttpHeader date{"date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  EXPECT_EQ(fresh({date, {"expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}), 60 * kSecond);
  EXPECT_EQ(fresh({date, {"expires", "Sun, 06 Nov 1994 08:00:00 GMT"}}), 0);
  EXPECT_EQ(fresh({date, {"expires", "0"}}), 0);
  EXPECT_EQ(fresh({{"expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}), std::nullopt);
  EXPECT_EQ(fresh({date, {"expires", "Sun, 06 Nov 1994 08:50:37 GMT"}, {"cache-control", "max-age=5"}}), 5 * kSecond);
}

TEST(HttpFreshness, SaysHowLongRetryAfterAsksToWait) {
  EXPECT_EQ(read_http_freshness({}).retry_after_ns, 0);
  EXPECT_EQ(read_http_freshness(std::vector<HttpHeader>{{"retry-after", "120"}}).retry_after_ns, 120 * kSecond);
}

TEST(HttpFreshness, KeepsValidatorsThatCanBeSentBack) {
  const auto read = [](std::string etag, std::string modified) {
    return read_http_freshness(std::vector<HttpHeader>{{"etag", etag}, {"last-modified", modified}});
  };
  EXPECT_EQ(read("W/\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT").etag, "W/\"a\"");
  EXPECT_EQ(read("", "Sun, 06 Nov 1994 08:49:37 GMT").last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(read("\"a\r\nX: y\"", "yesterday").etag, "");
  EXPECT_EQ(read("", "yesterday").last_modified, "");
  EXPECT_EQ(read(std::string(257, 'a'), "").etag, "");
}

}  // namespace
}  // namespace assay::keys
