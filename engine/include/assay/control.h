// Looking into and steering an engine. Thread-safe, never on the deciding path, may lock and allocate.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/engine.h"

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

// What keeps an engine from deciding every check: one line per issuer without keys.
struct Readiness {
  bool ready = false;
  std::vector<std::string> missing;  // "issuer credicorp: no keys yet: connection refused"
  // Issuers whose earlier keys serve because the latest fetch failed; this alone keeps nothing from being ready.
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

struct Explanation {
  std::vector<ExplainStep> steps;
  ErrorCode code = ErrorCode::kNone;
  std::string detail;
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

  // Replaces the policy whole. An invalid one changes nothing (bad_policy, bad_key_set).
  [[nodiscard]] virtual Expected<void> reload(Policy policy) = 0;
};

}  // namespace assay
