#include "base/http_field.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t retry(std::vector<HttpHeader> headers) { return read_retry_after_ns(headers); }

TEST(HttpField, TrimsBlanksAndNothingElse) {
  EXPECT_EQ(trim_blanks(" \t a b\t "), "a b");
  EXPECT_EQ(trim_blanks(" \t "), "");
  EXPECT_EQ(trim_blanks(""), "");
  EXPECT_EQ(trim_blanks("\r\n"), "\r\n");
}

TEST(HttpField, FindsTheFirstOfAName) {
  const std::vector<HttpHeader> headers{{"age", " 1 "}, {"etag", ""}, {"age", "2"}};
  EXPECT_EQ(find_field(headers, "age"), "1");
  EXPECT_EQ(find_field(headers, "etag"), "");
  EXPECT_EQ(find_field(headers, "ag"), std::nullopt);
}

TEST(HttpField, ReadsSecondsOfDigitsAlone) {
  EXPECT_EQ(parse_delta_seconds("0"), 0);
  EXPECT_EQ(parse_delta_seconds("00120"), 120);
  EXPECT_EQ(parse_delta_seconds("2147483648"), kDeltaSecondsMax);
  EXPECT_EQ(parse_delta_seconds("2147483649"), kDeltaSecondsMax);
  EXPECT_EQ(parse_delta_seconds("99999999999999999999"), kDeltaSecondsMax);
  for (const char* text : {"", "-1", "+1", "1.5", "soon", " 1", "1 ", "0x1"}) {
    EXPECT_EQ(parse_delta_seconds(text), std::nullopt) << text;
  }
}

// RFC 9110 sec 5.6.7.
TEST(HttpField, ReadsDatesOfOneForm) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777);
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const char* text :
       {"", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, +6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, IsReadInSeconds) {
  EXPECT_EQ(retry({}), 0);
  EXPECT_EQ(retry({{"retry-after", "120"}}), 120 * kSecond);
  EXPECT_EQ(retry({{"retry-after", " 120 "}}), 120 * kSecond);
  EXPECT_EQ(retry({{"retry-after", "99999999999999999999"}}), kDeltaSecondsMax * kSecond);
  for (const char* text : {"", "-1", "1.5", "soon"}) EXPECT_EQ(retry({{"retry-after", text}}), 0) << text;
}

// RFC 9110 sec 10.2.3.
TEST(RetryAfter, IsADateMeasuredFromTheAnswersOwn) {
  const HttpHeader date{"date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  EXPECT_EQ(retry({date, {"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}), 60 * kSecond);
  EXPECT_EQ(retry({date, {"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}), 0);
  EXPECT_EQ(retry({date, {"retry-after", "Sat, 05 Nov 1994 08:49:37 GMT"}}), 0) << "a date that has passed";
  EXPECT_EQ(retry({date, {"retry-after", "Sun, 06 Nov 9994 08:49:37 GMT"}}), kDeltaSecondsMax * kSecond);
  EXPECT_EQ(retry({{"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}), 0) << "no Date to measure from";
  EXPECT_EQ(retry({{"date", "today"}, {"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}), 0);
}

}  // namespace
}  // namespace assay::base
