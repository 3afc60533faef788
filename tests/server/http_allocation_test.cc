// Property: a request costs no heap allocation once a worker's buffers have grown to the size in use.
//
// Method: operator new is counted in this program. One connection asks again and again from fixed buffers; between the
// end of a warm-up and the end of the test the count must not move.
#include <string>

#include <gtest/gtest.h>

#include "tests/allocation/counted_heap.h"
#include "tests/server/http_client.h"

namespace assay::server {
namespace {

class HttpAllocation : public GroundTest {};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpAllocation, ::testing::ValuesIn(kGrounds), ground_name);

TEST_P(HttpAllocation, ServesWithoutAllocating) {
  const auto server = start(options([](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([](std::span<const Exchange> exchanges, Responder& responder) {
      constexpr HttpField kFields[] = {{"X-Assay-Subject", "somebody"}, {"X-Assay-Issuer", "https://issuer.example"}};
      for (const Exchange& exchange : exchanges) responder.answer(exchange.id, {.status = 200, .fields = kFields});
    });
  }));
  TestClient client(server->bound_addresses()[0]);
  std::string packet;
  for (int i = 0; i < 4; ++i) packet += get("/x", "Authorization: Bearer " + std::string(900, 't') + "\r\n");
  const auto ask = [&client, &packet] {
    static char answers[4096];
    ASSERT_EQ(::send(client.fd(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
    int ends = 0;
    while (ends < 4) {
      const ssize_t bytes = ::recv(client.fd(), answers, sizeof answers, 0);
      ASSERT_GT(bytes, 0);
      const std::string_view read(answers, static_cast<std::size_t>(bytes));
      for (std::size_t at = 0; (at = read.find("HTTP/1.1 200", at)) != std::string_view::npos; ++at) ++ends;
    }
  };
  for (int i = 0; i < 500; ++i) ask();
  const std::size_t before = test::allocation_count();
  for (int i = 0; i < 2000; ++i) ask();
  EXPECT_EQ(test::allocation_count(), before);
  EXPECT_EQ(server->stats().requests, 10'000U);
}

TEST(HttpAllocationControl, Counts) {
  const std::size_t before = test::allocation_count();
  const auto block = std::make_unique<int>(1);
  EXPECT_EQ(test::allocation_count(), before + 1);
}

}  // namespace
}  // namespace assay::server
