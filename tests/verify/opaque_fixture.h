// An engine that asks one issuer about opaque tokens, a worker of it, and the issuer in the test's hands.
#pragma once

#include <array>
#include <memory>
#include <poll.h>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {

inline constexpr std::string_view kActive = R"({"active":true,"scope":"orders:read","client_id":"app","sub":"bob"})";

inline IssuerPolicy opaque_issuer() {
  IssuerPolicy issuer;
  issuer.name = "opaque";
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://issuer.example/introspect";
  issuer.opaque->client_id = "assay";
  issuer.opaque->client_secret = "secret";
  return issuer;
}

class OpaqueTokens : public ::testing::Test {
 protected:
  Verdict ask(std::string_view text, Ticket ticket = {}, Now now = kNow) {
    const Check check{.token = text, .ticket = ticket};
    std::array<Verdict, 1> verdicts;
    worker_.decide({&check, 1}, verdicts, now);
    return verdicts[0];
  }
  bool completion_is_readable() {
    pollfd settled{.fd = worker_.completion_fd(), .events = POLLIN, .revents = 0};
    return poll(&settled, 1, 0) == 1;
  }
  std::vector<Ticket> drain() {
    std::vector<Ticket> tickets(kPendingMax);
    tickets.resize(worker_.drain(tickets));
    return tickets;
  }

  FakeFetcher fetcher_;
  std::unique_ptr<Engine> engine_ = open_engine(policy({opaque_issuer()}), &fetcher_);
  Worker worker_ = engine_->worker();
};

}  // namespace assay::test
