// The strict reader against llhttp: what it accepts, llhttp accepts and reads alike.
#include "tests/server/http1_oracle.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

constexpr std::string_view kSeeds[] = {
    "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX: y\r\nX:\tz \r\nEmpty:\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
    "M-SEARCH /x HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nAuthorization: Bearer a.b.c\r\n\r\n",
    "HEAD /!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~ HTTP/1.1\r\nHost: a\r\nX-Obs: \x80\xFF\r\n\r\n",
};

// Counts what was accepted, so that a test that accepts nothing shows.
struct Tally {
  std::size_t streams = 0;
  std::size_t requests = 0;
};

void expect_agreement(std::string_view stream, Tally& tally) {
  const StreamOutcome strict = read_whole(stream);
  ++tally.streams;
  tally.requests += strict.requests.size();
  EXPECT_EQ(disagreement(stream, strict), "") << stream;
}

TEST(Http1Oracle, AgreesOnEverySeed) {
  Tally tally;
  for (const std::string_view seed : kSeeds) expect_agreement(seed, tally);
  EXPECT_EQ(tally.requests, std::size(kSeeds));
}

TEST(Http1Oracle, AgreesOnEveryPairOfSeeds) {
  Tally tally;
  for (const std::string_view first : kSeeds) {
    for (const std::string_view second : kSeeds) expect_agreement(std::string(first) + std::string(second), tally);
  }
  EXPECT_GT(tally.requests, tally.streams);
}

TEST(Http1Oracle, AgreesOnEveryMethod) {
  Tally tally;
  std::size_t accepted = 0;
  for (int method = 0; method < 46; ++method) {
    const char* const name = llhttp_method_name(static_cast<llhttp_method_t>(method));
    const std::string stream = std::string(name) + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    expect_agreement(stream, tally);
    accepted += read_whole(stream).requests.size();
  }
  EXPECT_EQ(accepted, 32U);
}

// Every single byte replaced by every value, then random edits: whatever is still accepted is read alike.
TEST(Http1Oracle, AgreesOnMutatedRequests) {
  Tally tally;
  for (const std::string_view seed : kSeeds) {
    for (std::size_t place = 0; place < seed.size(); ++place) {
      std::string stream(seed);
      for (int byte = 0; byte < 256; byte += byte < 128 ? 1 : 16) {
        stream[place] = static_cast<char>(byte);
        expect_agreement(stream, tally);
      }
    }
  }
  std::mt19937 random(7541);
  constexpr std::string_view kPieces[] = {"\r\n",
                                          "\r",
                                          "\n",
                                          " ",
                                          "\t",
                                          ":",
                                          "0",
                                          "\r\n ",
                                          "a: b",
                                          "chunked",
                                          "GET /",
                                          " HTTP/1.1\r\n",
                                          ",",
                                          ";",
                                          "\x80",
                                          "5",
                                          "close",
                                          "Host: b",
                                          "Content-Length: 3",
                                          "#"};
  for (int i = 0; i < 20'000; ++i) {
    std::string stream(kSeeds[random() % std::size(kSeeds)]);
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t place = random() % (stream.size() + 1);
      const std::size_t erased = random() % 3 == 0 ? random() % 4 : 0;
      stream.erase(place, erased);
      stream.insert(place, kPieces[random() % std::size(kPieces)]);
    }
    expect_agreement(stream, tally);
  }
  EXPECT_GT(tally.requests, 1000U);
}

TEST(Http1Oracle, SeesWhereLlhttpIsLenient) {
  // The oracle is one-sided on purpose: these it accepts and the strict reader refuses.
  for (const char* stream : {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    EXPECT_TRUE(read_with_oracle(stream).accepted) << stream;
    EXPECT_EQ(read_whole(stream).end, Http1Reader::State::kBad) << stream;
  }
}

TEST(Http1Oracle, NoticesADifference) {
  const std::string_view stream = kSeeds[0];
  StreamOutcome tampered = read_whole(stream);
  tampered.requests[0].target = "/other";
  EXPECT_NE(disagreement(stream, tampered), "");
  StreamOutcome short_one = read_whole(stream);
  short_one.consumed_bytes -= 2;
  EXPECT_NE(disagreement(stream, short_one), "");
}

}  // namespace
}  // namespace assay::server
