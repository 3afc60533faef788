// Request smuggling: whatever a payload hides from one reader or shows to another, the hidden request is never served
// and the connection ends.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

struct SmugglingClass {
  const char* name;
  std::string before;  // bytes that end where the hidden request begins
  int status = 400;
};

// What is smuggled: a request that would be accepted by itself.
constexpr std::string_view kHidden = "GET /hidden HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer valid\r\n\r\n";

std::string post(std::string_view fields, std::string_view body = {}) {
  return "POST /outer HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n" + std::string(body);
}

std::vector<SmugglingClass> classes() {
  return {
      {"ContentLengthThenTransferEncoding", post("Content-Length: 70\r\nTransfer-Encoding: chunked", "0\r\n\r\n")},
      {"TransferEncodingThenContentLength", post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n")},
      {"TwoContentLengths", post("Content-Length: 0\r\nContent-Length: 70")},
      {"EqualContentLengths", post("Content-Length: 0\r\nContent-Length: 0")},
      {"ContentLengthList", post("Content-Length: 0, 70")},
      {"EmptyContentLength", post("Content-Length:")},
      {"SignedContentLength", post("Content-Length: +0")},
      {"HexContentLength", post("Content-Length: 0x0")},
      {"ContentLengthWithInnerBlank", post("Content-Length: 0 0")},
      {"OverflowingContentLength", post("Content-Length: 18446744073709551616")},
      {"ContentLengthBlankColon", post("Content-Length : 0")},
      {"TransferEncodingBlankColon", post("Transfer-Encoding : chunked", "0\r\n\r\n")},
      {"TransferEncodingVerticalTab", post("Transfer-Encoding:\x0b chunked", "0\r\n\r\n")},
      {"TransferEncodingIdentity", post("Transfer-Encoding: identity")},
      {"TransferEncodingList", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")},
      {"TransferEncodingTwice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")},
      {"TransferEncodingFolded", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")},
      {"TransferEncodingQuoted", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")},
      {"TransferEncodingNul", post(std::string("Transfer-Encoding: chunked") + '\0', "0\r\n\r\n")},
      {"TransferEncodingHighByte", post("Transfer-Encoding: chunked\xFF", "0\r\n\r\n")},
      {"ChunkedInHttp10",
       "POST /outer HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n"},
      {"ChunkExtension", post("Transfer-Encoding: chunked", "0;a=b\r\n\r\n")},
      {"ChunkExtensionWithBareLf", post("Transfer-Encoding: chunked", "2;\nxx\r\n0\r\n\r\n")},
      {"ChunkSizeBareLf", post("Transfer-Encoding: chunked", "0\n\r\n")},
      {"ChunkSizeHexPrefix", post("Transfer-Encoding: chunked", "0x0\r\n\r\n")},
      {"ChunkSizeSigned", post("Transfer-Encoding: chunked", "-0\r\n\r\n")},
      {"ChunkSizeOverflow", post("Transfer-Encoding: chunked", "10000000000000000\r\n\r\n")},
      {"ChunkWithoutCrlf", post("Transfer-Encoding: chunked", "1\r\nxyz0\r\n\r\n")},
      {"LastChunkBareLf", post("Transfer-Encoding: chunked", "0\r\n\n")},
      {"Trailer", post("Transfer-Encoding: chunked", "0\r\nContent-Length: 70\r\n\r\n")},
      {"BareLfEndsTheHead", "POST /outer HTTP/1.1\r\nHost: a\n\n"},
      {"LoneLfAsTheEmptyLine", "POST /outer HTTP/1.1\r\nHost: a\r\n\n"},
      {"BareCrEndsALine", "POST /outer HTTP/1.1\r\nHost: a\rContent-Length: 70\r\n\r\n"},
      {"CrXEndsTheHead", "POST /outer HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n"},
      {"NulInAField", post(std::string("X: a") + '\0' + "b")},
      {"FoldedField", post("X: a\r\n Content-Length: 70")},
      {"EmptyFieldName", post(": a\r\nContent-Length: 0")},
      {"FieldNameWithBlank", post("X Content-Length: 0")},
      {"SecondHost", post("Host: b")},
      {"SecondAuthorization", post("Authorization: Bearer a\r\nAuthorization: Bearer b")},
      {"LeadingBlankLine", "\r\nPOST /outer HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"Http09", "GET /outer\r\n"},
      {"Http12", "GET /outer HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"Upgrade", post("Connection: Upgrade\r\nUpgrade: websocket")},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"AbsoluteForm", "GET http://b/outer HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"BlankInTheTarget", "GET /outer HTTP/1.1 /x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"ExpectContinueWithABody", post("Expect: 100-continue\r\nContent-Length: 70"), 417},
      {"BodyOverTheLimit", post("Content-Length: 65537"), 413},
  };
}

class HttpSmuggling : public ::testing::TestWithParam<SmugglingClass> {};

INSTANTIATE_TEST_SUITE_P(Classes, HttpSmuggling, ::testing::ValuesIn(classes()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(HttpSmuggling, NeverServesTheHiddenRequest) {
  for (const PollerChoice poller : {PollerChoice::kIoUring, PollerChoice::kEpoll}) {
    std::mutex mutex;
    std::vector<std::string> served;
    HttpServerOptions options;
    options.listeners = {{.address = free_address(Address::Kind::kUnix)}};
    options.poller = poller;
    options.make_handler = [&](std::uint32_t) {
      return std::make_unique<ScriptedHandler>([&](std::span<const Exchange> exchanges, Responder& responder) {
        {
          const std::lock_guard lock(mutex);
          for (const Exchange& exchange : exchanges) served.emplace_back(exchange.request->target);
        }
        echo(exchanges, responder);
      });
    };
    const auto server = start(std::move(options));
    for (const std::size_t first_bytes : {std::string::npos, std::size_t{1}, GetParam().before.size() / 2}) {
      TestClient client(server->bound_addresses()[0]);
      const std::string stream = GetParam().before + std::string(kHidden);
      client.send(std::string_view{stream}.substr(0, first_bytes));
      if (first_bytes < stream.size()) client.send(std::string_view{stream}.substr(first_bytes));
      bool ended = false;
      const std::string answers = client.rest(&ended);
      EXPECT_TRUE(ended);
      EXPECT_EQ(status_of(answers), GetParam().status) << answers;
      EXPECT_EQ(answers.find("HTTP/1.1 200"), std::string::npos) << answers;
    }
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(served.empty()) << served.front();
  }
}

TEST(HttpSmugglingControl, ServesBothRequestsWhereNothingIsWrong) {
  HttpServerOptions options;
  options.listeners = {{.address = free_address(Address::Kind::kUnix)}};
  options.make_handler = echo_factory();
  const auto server = start(std::move(options));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(post("Transfer-Encoding: chunked", "2\r\nxx\r\n0\r\n\r\n") + std::string(kHidden)));
  EXPECT_EQ(body_of(client.response()), "POST /outer ");
  EXPECT_EQ(body_of(client.response()), "GET /hidden ");
}

}  // namespace
}  // namespace assay::server
