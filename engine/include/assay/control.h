// Looking into and steering an engine. Thread-safe, never on the deciding path, may lock and allocate.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/engine.h"
#include "assay/revocation_log.h"
#include "assay/security_event.h"

namespace assay {

// One verification key of one issuer, as people and the admin listener see it.
struct KeyInfo {
  std::string_view issuer_name;
  std::string_view kid;   // empty if it has none
  std::string_view type;  // "RSA", "EC P-256", "OKP Ed25519", "oct", or the JWK's own kty
  std::string_view alg;   // the JWK's own alg; empty if it has none
  std::uint32_t bits = 0;
  std::string_view thumbprint;  // RFC 7638, SHA-256 in base64url; empty for a secret and an unreadable key
  bool usable = false;
  std::string_view reason;  // why it is not usable; empty if it is
  // Wall clock, us since the epoch: the first of the fetches without a gap that brought this key, and the latest fetch.
  // 0 where the keys are never fetched.
  std::int64_t first_seen_us = 0;
  std::int64_t last_seen_us = 0;
};

// What keeps an engine from deciding every check: one line per issuer without keys. And what does not: the engine
// decides, and is not whole all the same.
struct Readiness {
  bool ready = false;
  std::vector<std::string> missing;  // "issuer credicorp: no keys yet: connection refused"
  // What serves all the same: issuers whose earlier keys serve because the latest fetch failed, and revocations that
  // are not accepted. This alone keeps nothing from being ready.
  std::vector<std::string> degraded;  // "issuer credicorp: earlier keys serve: connection refused"
};

// One sample for a metrics page. Views live for the call.
struct Metric {
  enum class Kind : std::uint8_t { kCounter, kGauge };
  std::string_view name;  // without the "assay_" prefix; counters end in _total
  std::string_view help;
  Kind kind = Kind::kCounter;
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  double value = 0;
};

// One line of an explanation: a check of the pipeline, in order.
struct ExplainStep {
  enum class Result : std::uint8_t { kPassed, kRefused, kSkipped, kNotReached };
  std::string name;  // "expiry"
  Result result = Result::kNotReached;
  std::string finding;  // what was seen: "exp 1710223631.577478, now 1710223631.577477"; never a signature or a token
  std::string setting;  // what decided it: "issuer.bookings.leeway = 0s"
};

// The public name of a result, as in JSON.
[[nodiscard]] constexpr std::string_view name_of(ExplainStep::Result result) noexcept {
  switch (result) {
    case ExplainStep::Result::kPassed: return "ok";
    case ExplainStep::Result::kRefused: return "refused";
    case ExplainStep::Result::kSkipped: return "skipped";
    case ExplainStep::Result::kNotReached: return "not_reached";
  }
  return {};
}

struct Explanation {
  std::vector<ExplainStep> steps;
  ErrorCode code = ErrorCode::kNone;
  std::string detail;
};

// The public name of a kind, as in JSON, options and metrics.
[[nodiscard]] constexpr std::string_view name_of(RevocationKind kind) noexcept {
  constexpr std::array<std::string_view, kRevocationKindCount> kNames = {
      "token", "jti", "subject", "client", "session", "signing_key", "subject_issued_before", "issuer_issued_before"};
  return kNames[static_cast<std::size_t>(kind) - 1];
}
// The kind of a public name; nothing where there is none.
[[nodiscard]] constexpr std::optional<RevocationKind> find_revocation_kind(std::string_view name) noexcept {
  for (std::uint8_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    if (name_of(static_cast<RevocationKind>(kind)) == name) return static_cast<RevocationKind>(kind);
  }
  return std::nullopt;
}

// What is to be revoked or lifted.
struct RevocationTarget {
  RevocationKind kind = RevocationKind::kToken;
  // IssuerPolicy::name. Empty: the only issuer there is; of kToken: whichever issuers the token may be of.
  std::string_view issuer_name = {};
  // kToken: the token as it is sent, a JWT or opaque. Otherwise jti, sub, client, sid or kid; empty for
  // kIssuerIssuedBefore. 1 .. kTokenBytesMax bytes elsewhere.
  std::string_view value = {};
  std::int64_t issued_before_us = 0;  // where has_issued_before(kind): forbids an earlier iat, and tokens without iat
  // kToken: recorded only if it was issued to this client (client_id, else azp). Of an opaque token that is known only
  // as long as the answer about it is remembered. Empty: whoever it was issued to. RFC 7009 sec 2.1.
  std::string_view issued_to = {};
};

// What became of a call of revoke or lift.
enum class RevocationOutcome : std::uint8_t {
  kDone,         // survives a crash, and is on its way to every node where there is a fleet
  kDoneHere,     // survives a crash; the fleet cannot be reached and gets it later
  kNothing,      // nothing to record: a JWT that does not verify here, or whose time is over. RFC 7009 sec 2.2
  kBadTarget,    // nothing recorded: of some target the issuer, the value or the time is wrong
  kUnverified,   // nothing recorded: a JWT cannot be verified now, because its issuer's keys are not there; or whom an
                 // opaque token was issued to is not known now
  kOtherClient,  // nothing recorded: the token was issued to another client than RevocationTarget::issued_to
  kNoLog,        // nothing recorded: the engine was opened without a log
  kNoSpace,      // not kept: the disk is full. What was to be revoked is refused here until the engine ends
  kFailed,       // not kept: the log or its disk fails. As kNoSpace
};

struct RevocationResult {
  RevocationOutcome outcome = RevocationOutcome::kNothing;
  std::size_t recorded_count = 0;  // records of the log that the targets came to
  std::string complaint;           // one line for people; empty where all is well. Targets are counted from 1
};

// Targets of one call whose faults a complaint names; the others are counted.
inline constexpr std::size_t kNamedFaultsMax = 16;
using RevocationDone = std::function<void(const RevocationResult&)>;

// One revocation that is enforced, as far as it is known: values cannot be read back from their ids.
struct RevocationInfo {
  using Id = std::array<std::uint8_t, 16>;
  Id id{};  // the first bytes of the durable id
  RevocationKind kind = RevocationKind::kToken;
  std::int64_t issued_before_us = 0;
  std::int64_t forget_at_us = kNeverForgotten;
};

// What is revoked, in numbers.
struct RevocationStatus {
  bool has_log = false;
  std::array<std::size_t, kRevocationKindCount + 1> counts{};  // enforced now, by kind
  std::int64_t earliest_forget_us = kNeverForgotten;           // none of them is forgotten before
  std::size_t bytes = 0;                                       // of memory
  RevocationLogHealth log;
};

// What came of forgetting an answer.
enum class Invalidation : std::uint8_t {
  kNoSuchIssuer,  // nothing: no issuer of opaque tokens has this name
  kHere,          // this node has forgotten it; the fleet has not yet, or the place of shared answers cannot be reached
  kEverywhere,    // so has the place where answers are shared, if there is one
};

class Control {
 public:
  virtual ~Control() = default;

  // Where the host steps the control machine: readable when step has work; also call step at next_step_ns at the
  // latest.
  [[nodiscard]] virtual int control_fd() const noexcept = 0;
  virtual void step(Now now) = 0;
  // Monotonic time of the next due step, in ns.
  [[nodiscard]] virtual std::int64_t next_step_ns() const = 0;

  [[nodiscard]] virtual Readiness readiness() const = 0;
  // `visit` is called under the engine's lock: it must not call Control, and should copy and return.
  virtual void for_each_key(const std::function<void(const KeyInfo&)>& visit) const = 0;
  virtual void for_each_metric(const std::function<void(const Metric&)>& visit) const = 0;

  // Runs the whole pipeline on one check and tells every step. Does not ask the network: an opaque token that is not
  // remembered ends as pending.
  [[nodiscard]] virtual Explanation explain(const Check& check, Now now) = 0;

  // Revokes all `targets`, which are one batch of the log. Enforced when it returns: checks that arrive from then on
  // are refused. A JWT is recorded only if it verifies here, by its jti or else its signing input.
  //
  //   targets   at least one; borrowed for the call
  //   done      called exactly once, on this thread before the call returns or later on one of the log's; must not
  //   block
  //             and must not call Control. A log that ends before its answer says so first (kFailed)
  //   cost      per target the hashing of its id; per JWT its verification. Not on the disk's time
  //   spec      RFC 7009 sec 2
  virtual void revoke(std::span<const RevocationTarget> targets, Now now, RevocationDone done) = 0;

  // Ends the revocations of `targets`, named as they were when revoked, and forgets what is remembered of opaque tokens
  // among them. Refused until the log has it on disk. The rest as revoke.
  virtual void lift(std::span<const RevocationTarget> targets, Now now, RevocationDone done) = 0;

  // Forgets what introspection said of an opaque token (its rights have changed): the next check asks again. An answer
  // that is on its way is not remembered either. Where answers are shared, the fleet forgets its answer, too, and what
  // calls that began before bring to other nodes is not shared any more; waits for that, at most share_wait, so not for
  // a thread with an event loop. An empty `issuer_name` stands for all issuers of opaque tokens.
  virtual Invalidation invalidate(std::string_view issuer_name, std::string_view token) = 0;

  // Takes a security event token that was pushed here, and revokes what its events ask for. One that has acted does not
  // act again for as long as it is not too old (EventsPolicy::max_age).
  //
  //   entrance  whose issuers may push here: an index into Policy::entrances
  //   token     the bytes that were sent; borrowed for the call
  //   done      as of revoke. The token has acted, or not at all
  //   cost      a verification by OpenSSL and as revoke; tens of microseconds
  //   spec      RFC 8935 sec 2, RFC 8417
  virtual void receive_event(std::uint32_t entrance, std::string_view token, Now now, EventDone done) = 0;

  [[nodiscard]] virtual RevocationStatus revocation_status() const = 0;

  // Up to `count_max` revocations after `after` (nothing: from the first). Each that is there all the while comes once,
  // if the next call goes on from the last one's id until fewer than `count_max` come. The order means nothing and
  // belongs to this process.
  [[nodiscard]] virtual std::vector<RevocationInfo> list_revocations(const std::optional<RevocationInfo::Id>& after,
                                                                     std::size_t count_max) const = 0;

  // Replaces the policy whole. An invalid one changes nothing (bad_policy, bad_key_set).
  [[nodiscard]] virtual Expected<void> reload(Policy policy) = 0;
};

}  // namespace assay
