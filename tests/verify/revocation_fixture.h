// An engine with a log of revocations in memory, and one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {

inline constexpr std::string_view kActive =
    R"({"active":true,"client_id":"app","sub":"bob","iat":1710220000,"sid":"s1"})";

inline IssuerPolicy opaque_issuer(const std::string& name = "opaque") {
  IssuerPolicy issuer;
  issuer.name = name;
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://issuer.example/introspect";
  issuer.opaque->client_id = "assay";
  return issuer;
}

inline IssuerPolicy second_issuer() {
  IssuerPolicy issuer = issuer_policy("second");
  issuer.issuer = "https://second.example";
  return issuer;
}

// A token with everything that can be named.
inline std::string full_token(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> all = {{"jti", "\"id-1\""}, {"sid", "\"session-1\""}};
  all.insert(all.end(), changes.begin(), changes.end());
  return token(claims(all));
}

// RFC 7009 sec 2.
class Revocation : public ::testing::Test {
 protected:
  void open(Policy chosen, std::string id_key = {}) {
    worker_.reset();
    engine_ = Engine::open({.policy = std::move(chosen),
                            .fetcher = &fetcher_,
                            .revocation_log = &log_,
                            .revocation_id_key = std::move(id_key),
                            .feed_rule = feed_rule_,
                            .host_steps_control = true})
                  .value();
    worker_.emplace(engine_->worker());
  }
  Verdict decide_at(const Check& check, Now now = kNow) {
    std::array<Verdict, 1> verdicts;
    worker_->decide({&check, 1}, verdicts, now);
    return verdicts[0];
  }
  ErrorCode code_at(std::string_view compact, Now now = kNow) { return decide_at({.token = compact}, now).code(); }
  // Decides an opaque token, the answer of the server included.
  ErrorCode ask(std::string_view text, std::string_view answer = kActive) {
    Check check{.token = text};
    Verdict verdict = decide_at(check);
    if (!verdict.pending()) return verdict.code();
    check.ticket = verdict.ticket();
    engine_->control().step(kNow);
    fetcher_.answer(std::string(answer));
    engine_->control().step(kNow);
    return decide_at(check).code();
  }
  RevocationOutcome revoke(const RevocationTarget& target) {
    RevocationOutcome outcome{};
    engine_->control().revoke({&target, 1}, kNow, [&](const RevocationResult& result) { outcome = result.outcome; });
    return outcome;
  }
  RevocationOutcome lift(const RevocationTarget& target) {
    RevocationOutcome outcome{};
    engine_->control().lift({&target, 1}, kNow, [&](const RevocationResult& result) { outcome = result.outcome; });
    return outcome;
  }

  FakeFetcher fetcher_;
  FakeRevocationLog log_;
  FeedRule feed_rule_;
  std::unique_ptr<Engine> engine_;
  std::optional<Worker> worker_;
};

}  // namespace assay::test
