// The facade: an engine decides checks. Start reading here.
//
//   auto engine = assay::Engine::open({.policy = policy, .fetcher = &fetcher}).value();
//   assay::Worker worker = engine->worker();
//   worker.decide(checks, verdicts, now);
//
// No global state. No exceptions cross this boundary. `decide` does not block, lock, log, read a clock or allocate.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "assay/expected.h"
#include "assay/policy.h"
#include "assay/verdict.h"

namespace assay {

class Control;
class Fetcher;
class RevocationLog;
class SharedAnswers;

// The time of one turn. Token times use the wall clock, lifetimes of remembered answers the monotonic one.
struct Now {
  std::int64_t wall_us = 0;       // microseconds since the epoch
  std::int64_t monotonic_ns = 0;  // CLOCK_MONOTONIC

  // Reads both clocks.
  [[nodiscard]] static Now read() noexcept;
};

// One question: may this token do this? Borrows its bytes for the call.
struct Check {
  std::string_view token;        // without "Bearer "
  std::string_view method = {};  // empty: matches no route that lists methods
  std::string_view path = {};    // from the first "/"; a query ("?...") is not looked at
  std::uint32_t entrance = 0;    // index into Policy::entrances
  Ticket ticket = {};            // of the pending verdict that this check got before
  // How many tokens the request carried: with 0 (or an empty token) the verdict is missing_token, above 1
  // multiple_tokens, whatever `token` says. RFC 6750 sec 2.
  std::uint32_t token_count = 1;
};

// Decides checks on one thread. Movable; must be destroyed before its engine.
class Worker {
 public:
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  ~Worker();

  // Decides all `checks` as one batch; `verdicts[i]` answers `checks[i]`.
  //
  //   checks    up to kBatchMax are looked at; further ones are answered `overloaded`
  //   verdicts  at least as many as checks; views live until the next decide of this worker
  //   cost      no allocation after warm-up, no lock, no system call unless a verdict is pending
  void decide(std::span<const Check> checks, std::span<Verdict> verdicts, Now now) noexcept;

  // As decide, for programs without an event loop: waits until no verdict is pending. Reads the clock itself. Drains
  // every ticket of this worker, so it does not mix with decide on one worker. Where the host steps the control
  // machine, another thread must do so meanwhile.
  void decide_blocking(std::span<const Check> checks, std::span<Verdict> verdicts);

  // Readable (poll it) while settled tickets wait for drain. Owned by the worker.
  [[nodiscard]] int completion_fd() const noexcept;

  // Moves settled tickets into `tickets`; returns how many. Call `decide` again with the same check and its ticket: a
  // settled check is never pending again. Every ticket settles within its issuer's timeout and share_wait.
  [[nodiscard]] std::size_t drain(std::span<Ticket> tickets) noexcept;

  // Gives a ticket back, settled or not (the client went away).
  void cancel(Ticket ticket) noexcept;

  class Impl;

 private:
  friend class Engine;
  explicit Worker(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// What becomes of tokens while the fleet of the revocation log cannot be followed (RevocationLogHealth::Fleet): what
// other nodes revoke meanwhile is not known here.
struct FeedRule {
  enum class PastMax : std::uint8_t {
    kGoOn,    // they are decided by what is known
    kRefuse,  // revocations_unavailable until the fleet is followed; also from open() until it has been once
  };
  std::chrono::milliseconds lag_max{60'000};  // since the fleet was followed last
  PastMax past_max = PastMax::kGoOn;
};

struct EngineOptions {
  Policy policy = {};
  Fetcher* fetcher = nullptr;  // must outlive the engine; may be null where no issuer needs the network
  // Of the signatures that are accepted without OpenSSL's EVP (RS256), each worker has the first and then one in this
  // many verified by EVP as well. Where that refuses, the verdict is kernel_fault, and EVP alone verifies for as long
  // as the engine lives. 0: none.
  std::uint32_t recheck_one_in = kRecheckOneInDefault;
  // Memory of one worker for JWTs that it has verified, in bytes: claimed when the worker is made, touched where used.
  // A token found there has its signature neither decoded nor verified again; every other check is made each time. 0:
  // no token is remembered; at least kVerifiedCacheBytesMin otherwise (a smaller budget is none).
  std::size_t verified_cache_bytes = kVerifiedCacheBytesDefault;
  // Where revocations are kept: open() replays it, and nobody else may use it from then on. Must outlive the engine.
  // Null: nothing can be revoked.
  RevocationLog* revocation_log = nullptr;
  // The key of durable ids (revocation_log.h), the same on all nodes of a fleet and as long as the log lives. Empty:
  // ids are made without a key. Shared answers are sealed under keys that are derived from it.
  std::string revocation_id_key = {};
  // Where introspection answers are shared with other nodes; needs a revocation_id_key of at least kHmacSecretBytesMin
  // bytes. Must outlive the engine. Null: each node asks for itself.
  SharedAnswers* shared_answers = nullptr;
  // How long an opaque token waits for that place before its issuer is asked; invalidate() waits as long for it.
  std::chrono::milliseconds share_wait{20};
  FeedRule feed_rule = {};  // without effect where the log has no fleet
  // Where open() puts one line for people if the log cannot be replayed: file, offset, what to do. May be null.
  std::string* complaint = nullptr;
  bool host_steps_control = false;  // true: the host polls Control::control_fd and calls Control::step
};

class Engine {
 public:
  // Chooses the kernels for this processor, or those that the environment variable ASSAY_KERNEL forces.
  // Errors: unknown_kernel (ASSAY_KERNEL names one that does not exist or cannot run here), bad_policy (policy_faults
  // says which; or answers are to be shared and the id key is too short), bad_key_set (an inline key set is no key
  // set), bad_revocation_log (it cannot be replayed: options.complaint says why; offset = of the damage, as far as 32
  // bits go).
  [[nodiscard]] static Expected<std::unique_ptr<Engine>> open(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Makes a worker. Thread-safe. At most kWorkersMax are alive at once (a bug of the host otherwise: stops the
  // program).
  [[nodiscard]] Worker worker();

  // The half that is not on the deciding path (control.h). Lives as long as the engine.
  [[nodiscard]] Control& control() noexcept;

  class Impl;

 private:
  explicit Engine(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay
