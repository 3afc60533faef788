// A sidecar over a real engine, for tests that talk to it through its sockets.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "assay/engine.h"
#include "assay/fetcher.h"
#include "server/server.h"
#include "tests/server/sidecar_client.h"

namespace assay::server {

// A Fetcher that keeps requests until the test answers them. Thread-safe.
class LateFetcher final : public Fetcher {
 public:
  ~LateFetcher() override;
  void fetch(FetchRequest request, FetchDone done) override;
  // Waits for a request, at most ten seconds, and answers the oldest one with status 200.
  void answer(std::string body);
  void answer(FetchResult result);
  // Waits until `count` requests wait.
  void wait_for(std::size_t count);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<FetchDone> waiting_;
};

// Issuers of the tests: "main" signs JWTs with a key that is inlined, "asked" has opaque tokens.
[[nodiscard]] Policy sidecar_policy();
// A token of "main" that lives now, with `changes` to its claims (an empty JSON text removes one).
[[nodiscard]] std::string live_token(const std::vector<std::pair<std::string, std::string>>& changes = {});
// A security event of "main" that has just been sent: Alice's sessions are revoked. Changes as above.
[[nodiscard]] std::string live_event(const std::vector<std::pair<std::string, std::string>>& changes = {});
[[nodiscard]] std::string bearer(std::string_view token);
// An introspection answer for an active token.
[[nodiscard]] std::string active_answer(std::string_view subject);

class SidecarTest : public testing::Test {
 protected:
  SidecarTest();
  ~SidecarTest() override;

  // Listeners without an address get one: TCP on 127.0.0.1 and any port. An admin listener is added.
  void start(Settings settings, Policy policy = sidecar_policy());
  void start(ListenerSettings listener, Policy policy = sidecar_policy());
  // A Unix socket in a directory of this test.
  [[nodiscard]] Address unix_address(std::string_view name) const;

  [[nodiscard]] const Address& listener(std::size_t index = 0) const { return sidecar_->bound_addresses()[index]; }
  [[nodiscard]] ClientResponse ask(std::string_view path, std::string_view fields = {}) const {
    return exchange_once(listener(), get(path, fields));
  }
  [[nodiscard]] ClientResponse ask_admin(std::string_view path) const {
    return exchange_once(*sidecar_->admin_address(), get(path));
  }
  // A POST to the admin listener. `fields` end in CRLF each; Content-Length is added.
  [[nodiscard]] ClientResponse post_admin(std::string_view path, std::string_view body, std::string_view fields) const {
    return exchange_once(*sidecar_->admin_address(), post(path, body, fields));
  }
  // The value of a line of /metrics that starts with `sample` and a blank; -1 if there is none.
  [[nodiscard]] double metric(const std::string& sample) const;

  std::string directory_;
  LateFetcher fetcher_;
  RevocationLog* log_ = nullptr;  // of the engine that start() opens
  ReloadConfiguration reload_;    // of the sidecar that start() opens
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Sidecar> sidecar_;
};

}  // namespace assay::server
