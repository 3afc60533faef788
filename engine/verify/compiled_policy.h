// A policy in the form that the pipeline reads: indexes instead of names, sets instead of lists. Immutable.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "assay/expected.h"
#include "assay/policy.h"
#include "base/counters.h"
#include "jose/scope.h"
#include "keys/key_cache.h"
#include "state/status_board.h"
#include "verify/routes.h"

namespace assay::verify {

using VerdictCounters = base::Counters<kErrorCodeCount>;

// What belongs to an issuer for as long as its key source stays the same, across reloads of the policy.
struct IssuerRuntime {
  explicit IssuerRuntime(std::shared_ptr<keys::KeyCache> cache) : keys(std::move(cache)) {}

  keys::KeySeat keys;
  keys::UnknownKids unknown_kids;
  std::array<VerdictCounters, kWorkersMax> verdicts;                   // one writer each: the worker of that index
  std::array<base::Counters<1>, base::kReadersMax> unreadable_scopes;  // one writer each: the reader of that index
  std::array<base::Counters<1>, base::kReadersMax> unasked_kids;       // the same: kids refused without a fetch
};

// The status lists that an issuer's tokens may name.
struct CompiledStatus {
  bool required = false;
  absl::flat_hash_map<std::string, std::shared_ptr<const state::StatusSeat>> seats;  // by URL; give_status() sets them

  // The seat of the list that a token names; nothing if it is none of the issuer's.
  [[nodiscard]] std::optional<state::StatusSeatNumber> find(std::string_view uri) const noexcept;
};

struct CompiledIssuer {
  IssuerPolicy policy;
  std::uint64_t answers_id = 0;   // of this issuer in this policy: what introspection answers are remembered under
  std::uint32_t pending_max = 0;  // of one worker's tickets, what this issuer of opaque tokens may have
  std::bitset<kAlgCount> algorithms;
  std::unique_ptr<CompiledStatus> status;  // null: what tokens say of their status is not looked at
  std::shared_ptr<IssuerRuntime> runtime;  // give_runtime() alone sets it

  [[nodiscard]] bool has_jwt() const noexcept { return policy.keys.kind != KeySource::Kind::kNone; }
};

// Which issuers' tokens come in by one way, found by what the token says of itself.
struct CompiledEntrance {
  std::vector<char> iss_texts;                                   // those of all JWT issuers, one after another
  absl::flat_hash_map<absl::string_view, std::uint32_t> by_iss;  // JWT issuers by `iss`, a view of iss_texts
  std::optional<std::uint32_t> without_iss;                      // the one JWT issuer whose tokens carry no `iss`
  std::optional<std::uint32_t> opaque;                           // the one issuer that opaque tokens are asked of
  std::unique_ptr<const Route> route;  // what every token needs here; null: what its path needs

  [[nodiscard]] bool takes_jwt() const noexcept { return without_iss.has_value() || !by_iss.empty(); }
  // The issuer of a JWT; nothing if no issuer of this entrance has that `iss`.
  [[nodiscard]] std::optional<std::uint32_t> find_jwt_issuer(bool has_iss, std::string_view iss) const noexcept;
};

struct CompiledPolicy {
  std::vector<CompiledIssuer> issuers;
  std::vector<keys::SeatNumber> key_seats;  // by issuer: of its runtime, apart so that finding keys reads little
  std::vector<CompiledEntrance> entrances;
  RouteTable routes;
  std::size_t token_bytes_max = kTokenBytesMax;
  bool takes_opaque = false;  // one of the entrances does

  // Gives an issuer its runtime, which workers may use from then on.
  void give_runtime(std::size_t issuer_index, std::shared_ptr<IssuerRuntime> runtime);
  // Gives one of an issuer's status lists its seat.
  void give_status(std::size_t issuer_index, const std::string& url, std::shared_ptr<const state::StatusSeat> seat);
};

// Whether the engine may fetch from `url` for this issuer: https, or http where the policy allows it.
[[nodiscard]] bool is_allowed_url(std::string_view url, const IssuerPolicy& policy) noexcept;

// Compiles a policy without faults. The issuers' runtimes and seats are left empty: the control machine gives them.
//   errors   bad_policy: policy_faults(policy) is not empty
[[nodiscard]] Expected<std::unique_ptr<CompiledPolicy>> compile_policy(const Policy& policy, std::uint64_t generation);

}  // namespace assay::verify
