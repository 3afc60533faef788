#include "server/response_writer.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

using Persistence = ResponseContext::Persistence;

std::string written(const HttpResponse& response, ResponseContext context = {}) {
  std::string out;
  append_response(out, response, context);
  return out;
}

TEST(ResponseWriter, WritesStatusFieldsLengthAndBody) {
  const HttpField fields[] = {{"X-A", "1"}, {"X-Empty", ""}};
  EXPECT_EQ(written({.status = 200, .fields = fields, .body = "hi"}),
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-Empty: \r\nContent-Length: 2\r\n\r\nhi");
}

TEST(ResponseWriter, SaysWhatBecomesOfTheConnection) {
  EXPECT_EQ(written({}, {.persistence = Persistence::kClose}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(written({}, {.persistence = Persistence::kKeepAlive}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseWriter, CountsButDoesNotSendTheBodyOfAHeadRequest) {
  EXPECT_EQ(written({.body = "hidden"}, {.is_head = true}), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
}

TEST(ResponseWriter, SendsNoBodyWhereTheStatusHasNone) {
  EXPECT_EQ(written({.status = 204, .body = "x"}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(written({.status = 304, .body = "x"}), "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(ResponseWriter, NeverSendsAFieldThatSplitsTheResponse) {
  const std::string refused = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
  for (const HttpField& field :
       {HttpField{"X", "a\r\nY: b"}, HttpField{"X", "a\nb"}, HttpField{"X", std::string_view("\0", 1)},
        HttpField{"X\r\nY", "a"}, HttpField{"X:", "a"}, HttpField{"", "a"}, HttpField{"X", "\x7F"}}) {
    const HttpField fields[] = {{"X-A", "1"}, field};
    EXPECT_EQ(written({.status = 200, .fields = fields, .body = "hi"}), refused) << field.value;
  }
}

TEST(ResponseWriter, RefusesWithAPhraseAndCloses) {
  std::string out;
  append_refusal(out, 431);
  EXPECT_EQ(out,
            "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
            "Content-Length: 31\r\nConnection: close\r\n\r\nRequest Header Fields Too Large");
}

TEST(ResponseWriter, HasAPhraseForEveryStatusItUses) {
  for (const int status : {200, 400, 401, 403, 404, 408, 413, 417, 429, 431, 500, 501, 503, 505}) {
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace assay::server
