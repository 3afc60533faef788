// Whose place a newcomer gets where clients prove who they are: Displaced::kUnproven. On every ground.
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

// Four places, each for whoever came last or is vouched for: known by asking for /name, trusted by asking for /proof.
class HttpServerProof : public GroundTest {
 protected:
  static constexpr std::size_t kPlaces = 4;

  void SetUp() override {
    HttpServerOptions proof = options();
    proof.limits.connections_max = kPlaces;
    proof.displaced = Displaced::kUnproven;
    proof.make_handler = [this](std::uint32_t) {
      return std::make_unique<ScriptedHandler>(
          [](std::span<const Exchange> exchanges, Responder& responder) {
            for (const Exchange& exchange : exchanges) {
              if (exchange.request->target == "/name") responder.vouch(exchange.id, Standing::kKnown);
              if (exchange.request->target == "/proof") responder.vouch(exchange.id, Standing::kTrusted);
              if (exchange.request->target != "/never") echo({&exchange, 1}, responder);
            }
          },
          [this](ExchangeId) { ++abandoned_; });
    };
    server_ = start(std::move(proof));
  }
  void TearDown() override { server_.reset(); }
  [[nodiscard]] const Address& address() const { return server_->bound_addresses()[0]; }
  // A client that has sent `request` on a connection of its own, which the server has taken.
  [[nodiscard]] TestClient sent(std::string_view request) const {
    const std::uint64_t before = server_->stats().connections_accepted;
    TestClient client(address());
    EXPECT_TRUE(client.send(request));
    EXPECT_TRUE(eventually([&] { return server_->stats().connections_accepted > before; }));
    return client;
  }
  static bool is_served(TestClient& client, std::string_view target) {
    return client.send(get(target)) && status_of(client.response()) == 200;
  }

  std::atomic<int> abandoned_{0};
  std::unique_ptr<HttpServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpServerProof, ::testing::ValuesIn(kGrounds), ground_name);

TEST_P(HttpServerProof, AskingAllTheTimeKeepsNoPlace) {
  std::vector<TestClient> flood;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    flood.emplace_back(address());
    ASSERT_TRUE(is_served(flood.back(), "/flood"));
  }
  for (std::size_t i = 0; i < kPlaces; ++i) {
    for (std::size_t j = i; j < kPlaces; ++j) ASSERT_TRUE(is_served(flood[j], "/flood"));
    flood.emplace_back(address());
    EXPECT_TRUE(is_served(flood.back(), "/new"));
    EXPECT_TRUE(flood[i].is_closed()) << "the oldest goes";
  }
  EXPECT_EQ(server_->stats().connections_displaced, kPlaces);
  EXPECT_EQ(server_->stats().connections_refused, 0U);
}

TEST_P(HttpServerProof, NothingElseThatAStrangerDoesKeepsAPlace) {
  std::vector<TestClient> strangers;
  strangers.push_back(sent("BAD\r\n\r\n"));
  strangers.push_back(sent(get("/one") + "GET /half HTT"));
  strangers.push_back(sent(get("/never")));
  strangers.push_back(sent("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"));
  ASSERT_TRUE(eventually([this] { return server_->stats().requests == 2; }));
  std::vector<TestClient> newcomers;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    newcomers.emplace_back(address());
    EXPECT_TRUE(is_served(newcomers.back(), "/new"));
  }
  EXPECT_EQ(server_->stats().connections_refused, 0U);
}

TEST_P(HttpServerProof, WhoIsDisplacedWhileItWaitsIsForgotten) {
  std::vector<TestClient> waiting;
  for (std::size_t i = 0; i < kPlaces; ++i) waiting.push_back(sent(get("/never")));
  ASSERT_TRUE(eventually([this] { return server_->stats().requests == kPlaces; }));
  std::vector<TestClient> newcomers;
  for (std::size_t i = 0; i < kPlaces; ++i) newcomers.push_back(sent(""));
  EXPECT_TRUE(eventually([this] { return abandoned_ == kPlaces; }));
  for (TestClient& client : waiting) EXPECT_TRUE(client.is_closed());
}

TEST_P(HttpServerProof, WhoHasProvedItselfStaysAndIsServed) {
  TestClient proved(address());
  ASSERT_TRUE(is_served(proved, "/proof"));
  std::vector<TestClient> flood;
  for (std::size_t i = 0; i < 5 * kPlaces; ++i) {
    flood.emplace_back(address());
    ASSERT_TRUE(is_served(flood.back(), "/flood"));
  }
  EXPECT_TRUE(is_served(proved, "/again"));
  EXPECT_EQ(server_->stats().connections_displaced, 4 * kPlaces + 1);
}

TEST_P(HttpServerProof, WhoIsKnownGivesWayAfterStrangersAndOutlastsNoNewcomer) {
  std::vector<TestClient> known;
  for (std::size_t i = 0; i + 1 < kPlaces; ++i) {
    known.emplace_back(address());
    ASSERT_TRUE(is_served(known.back(), "/name"));
  }
  TestClient stranger(address());
  ASSERT_TRUE(is_served(stranger, "/new"));
  known.emplace_back(address());
  ASSERT_TRUE(is_served(known.back(), "/name"));
  EXPECT_TRUE(stranger.is_closed());
  for (TestClient& client : known) EXPECT_TRUE(is_served(client, "/again"));

  TestClient trusted(address());
  EXPECT_TRUE(is_served(trusted, "/proof")) << "all that are known do not keep it out";
  EXPECT_TRUE(known.front().is_closed()) << "the oldest goes";
  EXPECT_TRUE(is_served(trusted, "/name"));
  for (std::size_t i = 0; i < 2 * kPlaces; ++i) {
    known.emplace_back(address());
    ASSERT_TRUE(is_served(known.back(), "/name"));
  }
  EXPECT_TRUE(is_served(trusted, "/again")) << "what it has proved stays";
  EXPECT_EQ(server_->stats().connections_refused, 0U);
}

TEST_P(HttpServerProof, OfClientsThatAreAllTrustedNoneGoes) {
  std::vector<TestClient> proved;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    proved.emplace_back(address());
    ASSERT_TRUE(is_served(proved.back(), "/proof"));
  }
  TestClient refused(address());
  EXPECT_TRUE(refused.is_closed());
  for (TestClient& client : proved) EXPECT_TRUE(is_served(client, "/again"));
  EXPECT_EQ(server_->stats().connections_displaced, 0U);
  EXPECT_EQ(server_->stats().connections_refused, 1U);
}

}  // namespace
}  // namespace assay::server
