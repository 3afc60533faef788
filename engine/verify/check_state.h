// Everything that is known of one check while its batch runs through the pipeline.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "assay/engine.h"
#include "issuer/introspection.h"
#include "jose/claims.h"
#include "jose/header.h"
#include "jose/scope.h"
#include "keys/key_set.h"
#include "state/verified_cache.h"
#include "verify/compiled_policy.h"
#include "verify/kept_answer.h"
#include "verify/routes.h"

namespace assay::verify {

// The checks of the pipeline in their order (docs/architecture.md); explain prints one line for each.
enum class Step : std::uint8_t {
  kRequest,        // exactly one token, of a length that is looked at, for a path with one meaning
  kShape,          // a compact JWS or an opaque token
  kHeader,         // the JOSE header
  kPayload,        // the claims' text and types
  kIntrospection,  // opaque tokens: the authorization server's answer
  kIssuer,         // the issuer, chosen by `iss`
  kType,           // `typ`
  kAlgorithm,      // `alg` is in the issuer's list
  kAudience,       // `aud`
  kExpiry,         // `exp` and the greatest age
  kNotBefore,      // `nbf`
  kIssuedAt,       // `iat`
  kIssuerClaims,   // claims that the issuer's tokens must have
  kKey,            // a key of the issuer for kid and alg
  kSignature,      // the signature
  kRevocation,     // neither the token nor whom or what it is of has been revoked
  kStatus,         // the issuer's status list, where its lists are followed
  kRoute,          // the route for method and path takes tokens of this issuer
  kRouteClaims,    // claims that the route asks for
  kScope,          // scopes that the route asks for
};
inline constexpr std::size_t kStepCount = 20;

// A token that was split and decoded. Nothing of it is verified until the signature step has passed.
struct ParsedToken {
  CompactJws jws;
  jose::JoseHeader unverified_header;
  std::span<const std::uint8_t> signature;
};

// Which steps passed, for explain; the deciding path has none.
struct Trace {
  enum class Mark : std::uint8_t { kNotReached, kPassed, kRefused, kSkipped };
  std::array<Mark, kStepCount> marks{};
};

enum class TokenKind : std::uint8_t {
  kUnknown,
  kJwt,
  kRememberedJwt,  // found among the tokens that were verified: not decoded, and its signature not verified, again
  kOpaque,
};

struct CheckState {
  const Check* check = nullptr;
  Trace* trace = nullptr;
  Error error;              // kNone while the check is open or accepted
  std::string_view detail;  // what the error is about; static, or owned by the policy or the arena
  bool open = true;         // no verdict yet

  const CompiledEntrance* entrance = nullptr;
  RouteMatch route;
  TokenKind kind = TokenKind::kUnknown;
  ParsedToken token;                    // kJwt; of other tokens `jws` alone, if they split as one
  std::string_view unverified_payload;  // the claims' JSON text
  jose::Claims unverified_claims;       // of the payload, or of the introspection answer
  const CompiledIssuer* issuer = nullptr;
  std::uint32_t issuer_index = 0;
  const keys::KeyState* keys = nullptr;  // pinned by the worker for the batch
  base::Hash128 kid;                     // of a kJwt with a kid: its keyed_hash
  keys::Candidates candidates;
  const keys::Key* verified_by = nullptr;
  base::Hash128 token_hash;                                   // of a token that may be a remembered JWT
  const state::VerifiedEntry* remembered = nullptr;           // kRememberedJwt
  std::shared_ptr<const issuer::IntrospectionAnswer> answer;  // kOpaque
  const KeptAnswer* kept_answer = nullptr;                    // kOpaque, where the answer was remembered; owned by it
  const state::TokenTargets* targets = nullptr;               // where the revocation stage needed them
  std::span<const jose::ScopeValue> granted;
  Ticket ticket;  // of the pending verdict
};

// Makes `state` that of a check which no step has looked at.
void begin(CheckState& state, const Check& check) noexcept;
// Notes what became of a step, where somebody wants to know.
inline void mark(CheckState& state, Step step, Trace::Mark value) noexcept {
  if (state.trace != nullptr) state.trace->marks[static_cast<std::size_t>(step)] = value;
}
// Closes the check with an error. Returns false.
bool close(CheckState& state, Step step, Error error) noexcept;
// Closes the check. Returns false.
bool refuse(CheckState& state, Step step, ErrorCode code, std::size_t offset = 0) noexcept;
// Notes that a step passed.
inline void pass(CheckState& state, Step step) noexcept { mark(state, step, Trace::Mark::kPassed); }
// Notes that a step passed (kNone), or closes the check with the code. Returns whether the check goes on.
inline bool judge(CheckState& state, Step step, ErrorCode code) noexcept {
  if (code != ErrorCode::kNone) return refuse(state, step, code);
  pass(state, step);
  return true;
}

}  // namespace assay::verify
