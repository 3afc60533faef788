// The parts of assay-load that do no input or output.
#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/latency_histogram.h"
#include "load/request_set.h"
#include "load/response_reader.h"

namespace assay::load {
namespace {

using ::testing::HasSubstr;

TEST(LatencyHistogram, IsEmptyAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0U);
  EXPECT_EQ(histogram.mean_ns(), 0.0);
}

TEST(LatencyHistogram, IsExactForShortTimes) {
  LatencyHistogram histogram;
  for (int ns = 1; ns <= 100; ++ns) histogram.record(ns);
  EXPECT_EQ(histogram.quantile_ns(0.5), 50U);
  EXPECT_EQ(histogram.quantile_ns(0.99), 99U);
  EXPECT_EQ(histogram.quantile_ns(1.0), 100U);
  EXPECT_EQ(histogram.mean_ns(), 50.5);
}

TEST(LatencyHistogram, IsNeverTooSmallAndAtMostASixtyFourthTooLarge) {
  for (std::int64_t ns = 1; ns < std::numeric_limits<std::int64_t>::max() / 3; ns = ns * 3 + 1) {
    LatencyHistogram histogram;
    histogram.record(ns);
    histogram.record(std::numeric_limits<std::int64_t>::max());
    const auto exact = static_cast<std::uint64_t>(ns);
    EXPECT_GE(histogram.quantile_ns(0.5), exact);
    EXPECT_LE(histogram.quantile_ns(0.5), exact + exact / 64);
  }
}

TEST(LatencyHistogram, KeepsTheLongestTimeExactly) {
  LatencyHistogram histogram;
  histogram.record(123'456'789);
  EXPECT_EQ(histogram.max_ns(), 123'456'789U);
  EXPECT_EQ(histogram.quantile_ns(0.999), 123'456'789U);
}

TEST(LatencyHistogram, CountsTimesBelowZeroAsZero) {
  LatencyHistogram histogram;
  histogram.record(-5);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max_ns(), 0U);
}

TEST(RequestSet, HoldsOneRequestPerLineAndRepeats) {
  const auto set = RequestSet::make("one\ntwo\nthree", {.path = "/p", .host = "h", .header = {}}, 2).value();
  constexpr std::string_view kOne = "GET /p HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer one\r\n\r\n";
  constexpr std::string_view kThree = "GET /p HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer three\r\n\r\n";
  EXPECT_EQ(set.size(), 3U);
  EXPECT_EQ(set.batch(0, 1), kOne);
  EXPECT_EQ(set.batch(3, 1), kOne);
  EXPECT_EQ(set.batch(2, 2), std::string(kThree) + std::string(kOne));
}

TEST(RequestSet, MayBeShorterThanARun) {
  const auto set = RequestSet::make("a\n", {}, 5).value();
  EXPECT_EQ(set.batch(7, 5).size(), 5 * set.batch(0, 1).size());
}

TEST(RequestSet, PutsTheTokenIntoAnotherHeaderAlone) {
  const auto set = RequestSet::make("abc\n", {.path = "/", .host = "h", .header = "X-Access-Token"}, 1).value();
  EXPECT_THAT(std::string(set.batch(0, 1)), HasSubstr("\r\nX-Access-Token: abc\r\n"));
}

TEST(RequestSet, RefusesWhatIsNoTokenByItsLine) {
  EXPECT_THAT(RequestSet::make("", {}, 1).error(), HasSubstr("no token"));
  EXPECT_THAT(RequestSet::make("a\n\nb\n", {}, 1).error(), HasSubstr("line 2 is empty"));
  EXPECT_THAT(RequestSet::make("a\nb\r\n", {}, 1).error(), HasSubstr("line 2"));
  EXPECT_THAT(RequestSet::make("a b\n", {}, 1).error(), HasSubstr("line 1"));
  EXPECT_THAT(RequestSet::make("secret\x01\n", {}, 1).error(), Not(HasSubstr("secret")));
}

TEST(ResponseReader, FindsTheEndOfEachOfSeveralResponses) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
      "HTTP/1.1 401 Unauthorized\r\ncontent-length:5\r\nConnection: close\r\n\r\nabcde";
  ResponseReader reader;
  const auto first = reader.read(text);
  EXPECT_EQ(first.state, ResponseReader::State::kComplete);
  EXPECT_EQ(reader.status(), 200);
  EXPECT_FALSE(reader.closes());
  const auto second = reader.read(std::string_view{text}.substr(first.bytes));
  EXPECT_EQ(second.state, ResponseReader::State::kComplete);
  EXPECT_EQ(reader.status(), 401);
  EXPECT_TRUE(reader.closes());
  EXPECT_EQ(first.bytes + second.bytes, text.size());
}

TEST(ResponseReader, ReadsAResponseInAnyPieces) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nxyz";
  ResponseReader reader;
  std::string unread;
  std::size_t completed = 0;
  for (const char c : text) {
    unread += c;
    const auto progress = reader.read(unread);
    unread.erase(0, progress.bytes);
    ASSERT_NE(progress.state, ResponseReader::State::kBad);
    if (progress.state == ResponseReader::State::kComplete) ++completed;
  }
  EXPECT_EQ(completed, 1U);
  EXPECT_EQ(reader.status(), 503);
  EXPECT_TRUE(unread.empty());
}

TEST(ResponseReader, KnowsStatusesWithoutABody) {
  ResponseReader reader;
  constexpr std::string_view kText = "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n";
  EXPECT_EQ(reader.read(kText).state, ResponseReader::State::kComplete);
}

TEST(ResponseReader, RefusesWhatHasNoKnownEnd) {
  for (const std::string_view text :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "SSH-2.0\r\n\r\n"}) {
    ResponseReader reader;
    EXPECT_EQ(reader.read(text).state, ResponseReader::State::kBad) << text;
    EXPECT_FALSE(reader.fault().empty()) << text;
  }
}

}  // namespace
}  // namespace assay::load
