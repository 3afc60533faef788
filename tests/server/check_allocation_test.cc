// Property: neither a check nor an introspection costs a heap allocation once a worker's buffers have grown to the size
// in use.
//
// Method: operator new is counted in this program. One connection asks again and again from fixed buffers; between the
// end of a warm-up and the end of the test the count must not move. OpenSSL allocates without operator new.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "base/descriptor.h"
#include "tests/allocation/counted_heap.h"
#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

// A socket that is connected to a TCP address.
int connect_to(const Address& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &target.sin_addr);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target), 0);
  return socket;
}

class CheckAllocation : public SidecarTest {
 protected:
  // Sends `packet` over and over; each of its requests must be answered 200.
  void expect_none(const Address& address, const std::string& packet, int requests) {
    const base::Descriptor client(connect_to(address));
    const auto ask = [&] {
      static char answers[64 * 1024];
      ASSERT_EQ(::send(client.number(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
      int ends = 0;
      while (ends < requests) {
        const ssize_t bytes = ::recv(client.number(), answers, sizeof answers, 0);
        ASSERT_GT(bytes, 0);
        const std::string_view read(answers, static_cast<std::size_t>(bytes));
        for (std::size_t at = 0; (at = read.find("HTTP/1.1 200", at)) != std::string_view::npos; ++at) ++ends;
      }
    };
    for (int i = 0; i < 500; ++i) ask();
    const std::size_t before = test::allocation_count();
    for (int i = 0; i < 1000; ++i) ask();
    EXPECT_EQ(test::allocation_count(), before);
  }
};

TEST_F(CheckAllocation, ChecksAndIntrospectionsAreAnsweredWithoutAllocating) {
  Policy policy = sidecar_policy();
  policy.entrances = {{.issuers = {}, .uses_routes = false, .scopes = {}}, {}};
  ListenerSettings introspection;
  introspection.mode = ListenerMode::kIntrospection;
  introspection.clients = {{.id = "gate", .secret = "s:cret"}};
  ListenerSettings checks;
  checks.entrance = 1;
  Settings settings;
  settings.listeners = {introspection, checks};
  start(std::move(settings), std::move(policy));
  std::string calls;
  std::string requests;
  for (const std::string& token : {live_token(), live_token({{"exp", "1"}}), std::string("a%20b")}) {
    const std::string body = "token=" + token + "&client_id=gate&client_secret=s%3Acret";
    calls +=
        "POST /introspect HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  for (int i = 0; i < 4; ++i) requests += get("/me", bearer(live_token({{"jti", "\"" + std::to_string(i) + "\""}})));
  expect_none(listener(0), calls, 3);
  expect_none(listener(1), requests, 4);
}

}  // namespace
}  // namespace assay::server
