// Bodies and what ends them: the classes of request smuggling at the level of the reader.
#include <string>

#include <gtest/gtest.h>

#include "server/http1.h"
#include "tests/server/http1_stream.h"

namespace assay::server {
namespace {

using State = Http1Reader::State;

std::string post(std::string_view fields, std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n" + std::string(body);
}

int refusal(std::string_view stream) {
  const StreamOutcome outcome = read_whole(stream);
  return outcome.requests.empty() && outcome.end == State::kBad ? outcome.status : 0;
}

std::string body_of(std::string_view stream) {
  const StreamOutcome outcome = read_whole(stream);
  return outcome.requests.empty() ? "(none)" : outcome.requests[0].body;
}

TEST(Http1Framing, ReadsABodyOfKnownLength) {
  EXPECT_EQ(body_of(post("Content-Length: 5", "hello")), "hello");
  EXPECT_EQ(body_of(post("Content-Length: 0", "")), "");
  EXPECT_EQ(body_of(post("Content-Length: 005", "hello")), "hello");
  EXPECT_EQ(body_of(post("X: y", "")), "");
}

TEST(Http1Framing, ReadsAChunkedBody) {
  EXPECT_EQ(body_of(post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")), "hello");
  EXPECT_EQ(body_of(post("Transfer-Encoding: Chunked", "1\r\nh\r\nA\r\nello world\r\n000\r\n\r\n")), "hello world");
  EXPECT_EQ(body_of(post("Transfer-Encoding: chunked", "0\r\n\r\n")), "");
}

TEST(Http1Framing, ReadsWhatFollowsABodyAsTheNextRequest) {
  const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& first :
       {post("Content-Length: 5", "hello"), post("Transfer-Encoding: chunked", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")}) {
    const StreamOutcome outcome = read_whole(first + next);
    ASSERT_EQ(outcome.requests.size(), 2U);
    EXPECT_EQ(outcome.requests[0].body, "hello");
    EXPECT_EQ(outcome.requests[1].target, "/next");
  }
}

TEST(Http1Framing, DropsBodiesThatNobodyKeeps) {
  Http1Limits limits = kTestLimits;
  limits.keep_body = false;
  const std::string stream = post("Content-Length: 5", "hello") +
                             post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n") + post("X: y", "");
  for (std::size_t chunk = 1; chunk < 40; ++chunk) {
    const StreamOutcome outcome = read_in_chunks(stream, chunk, limits);
    ASSERT_EQ(outcome.requests.size(), 3U) << chunk;
    EXPECT_EQ(outcome.requests[0].body, "") << chunk;
    EXPECT_EQ(outcome.requests[1].body, "") << chunk;
    EXPECT_EQ(outcome.consumed_bytes, stream.size()) << chunk;
  }
}

TEST(Http1Framing, RefusesContentLengthWithTransferEncoding) {
  EXPECT_EQ(refusal(post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")), 400);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n")), 400);
}

TEST(Http1Framing, RefusesContentLengthsThatAreNotPlainDigits) {
  for (const char* value : {"", "+5", "-1", "0x5", "5 5", "5,5", "5, 5", "5;", "1e1", "5.0", "'5'", "\xEF\xBC\x95",
                            "18446744073709551616", "99999999999999999999"}) {
    EXPECT_EQ(refusal(post("Content-Length: " + std::string(value), "hello")), 400) << value;
  }
}

TEST(Http1Framing, RefusesASecondContentLength) {
  EXPECT_EQ(refusal(post("Content-Length: 5\r\nContent-Length: 5", "hello")), 400);
  EXPECT_EQ(refusal(post("Content-Length: 5\r\ncontent-length: 0", "hello")), 400);
}

TEST(Http1Framing, RefusesTransferCodingsOtherThanChunked) {
  for (const char* value : {"", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked,", ",chunked",
                            "identity", "xchunked", "chunked;q=1", "\"chunked\"", "chunked\x0b", "chun ked"}) {
    EXPECT_EQ(refusal(post("Transfer-Encoding: " + std::string(value), "0\r\n\r\n")), 400) << value;
  }
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")), 400);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")), 400);
  EXPECT_EQ(refusal(post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")), 400);
  EXPECT_EQ(refusal(post("Transfer-Encoding : chunked", "0\r\n\r\n")), 400);
}

TEST(Http1Framing, RefusesChunkedInHttp10) {
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(Http1Framing, RefusesChunkLinesThatAreNotDigitsAndCrlf) {
  for (const char* body :
       {"5;a=b\r\nhello\r\n0\r\n\r\n", "5;\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\rhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r\n0\n\r\n", "00000000000000005\r\nhello\r\n0\r\n\r\n"}) {
    EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", body)), 400) << body;
  }
}

TEST(Http1Framing, RefusesTrailers) {
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "0\r\nX: y\r\n\r\n")), 400);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n")), 400);
}

TEST(Http1Framing, RefusesChunkSizesThatOverflow) {
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFF\r\nx")), 413);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "1\r\nx\r\nFFFFFFFFFFFFFFFF\r\nx")), 413);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "10000000000000005\r\nhello\r\n0\r\n\r\n")), 400);
}

TEST(Http1Framing, RefusesLargeBodies) {
  const std::string most(kTestLimits.body_bytes_max, 'b');
  EXPECT_EQ(body_of(post("Content-Length: 1024", most)), most);
  EXPECT_EQ(refusal(post("Content-Length: 1025", "")), 413);
  EXPECT_EQ(refusal(post("Content-Length: 9999999999999999999", "")), 413);
  EXPECT_EQ(body_of(post("Transfer-Encoding: chunked", "400\r\n" + most + "\r\n0\r\n\r\n")), most);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "401\r\n")), 413);
  EXPECT_EQ(refusal(post("Transfer-Encoding: chunked", "400\r\n" + most + "\r\n1\r\nb\r\n0\r\n\r\n")), 413);
}

TEST(Http1Framing, GivesTheSameOutcomeWhereverTheStreamIsCut) {
  const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& stream :
       {post("Content-Length: 5", "hello") + next, post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n") + next,
        post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\nX: y\r\n\r\n") + next,
        post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n") + next,
        post("Transfer-Encoding: chunked", "5\r\nhelloX\r\n0\r\n\r\n") + next,
        post("Expect: 100-continue\r\nContent-Length: 5", "hello") + next, next + "\r\n" + next,
        next + "GET / HTTP/3.0\r\n", post("Authorization: a\r\nAuthorization: b", "") + next,
        next + std::string(5000, 'x')}) {
    const StreamOutcome whole = read_whole(stream);
    for (std::size_t cut = 0; cut <= stream.size() && cut < 300; ++cut) {
      EXPECT_EQ(read_in_two(stream, cut), whole) << cut << " of\n" << stream.substr(0, 300);
    }
    EXPECT_EQ(read_in_chunks(stream, 1), whole) << stream.substr(0, 300);
  }
}

}  // namespace
}  // namespace assay::server
