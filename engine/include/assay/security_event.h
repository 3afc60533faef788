// What becomes of a security event token (SET) that an issuer pushes. RFC 8417, RFC 8935.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace assay {

enum class EventOutcome : std::uint8_t {
  // Acknowledged.
  kRevoked,   // what it asks for is recorded
  kIgnored,   // sound, and nothing in it revokes anything here
  kReplayed,  // its jti has been here before: nothing is done again
  // Not now: the transmitter sends it again.
  kKeysUnavailable,  // the key that it names is not here, and nobody can say yet whether it is the issuer's
  kNotKept,          // the log of revocations does not keep it
  // Refused.
  kMalformed,           // no JWS in compact form with a readable header and claims, or too long
  kUnsigned,            // nobody signed it
  kWrongType,           // `typ` is not secevent+jwt
  kBadClaims,           // a claim that it needs is absent, or of the wrong form
  kUnknownIssuer,       // no issuer of the listener has that `iss` and takes events
  kBadAudience,         // it is not for this receiver
  kAlgNotAllowed,       // signed in a way that the issuer's tokens must not be
  kUnknownKey,          // the issuer has no key that it may be signed with
  kBadSignature,        // the signature does not verify
  kTooOld,              // issued before the greatest age, or past its exp
  kFromFuture,          // issued, to be used from, or about something that happened, later than now
  kUnsupportedSubject,  // what the event is about has a form that names no user or session here
  kForeignSubject,      // what the event is about belongs to another issuer
};
inline constexpr std::size_t kEventOutcomeCount = 18;

// The fixed words for an outcome.
//
//   name   on metrics
//   error  RFC 8935 sec 2.4; empty where it is acknowledged, or may be taken later
//   text   for the transmitter's people
struct EventOutcomeFacts {
  std::string_view name;
  std::string_view error;
  std::string_view text;
};

[[nodiscard]] constexpr EventOutcomeFacts facts_of(EventOutcome outcome) noexcept {
  constexpr std::string_view kRequest = "invalid_request";
  constexpr std::string_view kKey = "invalid_key";
  constexpr std::string_view kUnauthenticated = "authentication_failed";
  constexpr std::array<EventOutcomeFacts, kEventOutcomeCount> kFacts{
      {{"revoked", {}, {}},
       {"ignored", {}, {}},
       {"replayed", {}, {}},
       {"keys_unavailable", {}, "the key that the token names is not here yet"},
       {"not_kept", {}, "the revocation cannot be recorded now"},
       {"malformed", kRequest, "no security event token in compact form"},
       {"unsigned", kUnauthenticated, "the token is not signed"},
       {"wrong_type", kRequest, "typ must be secevent+jwt"},
       {"bad_claims", kRequest, "a claim is absent or of the wrong form"},
       {"unknown_issuer", "invalid_issuer", "no events are taken from this issuer here"},
       {"bad_audience", "invalid_audience", "the token is for another audience"},
       {"alg_not_allowed", kKey, "the algorithm is not allowed for this issuer"},
       {"unknown_key", kKey, "the issuer has no such key"},
       {"bad_signature", kUnauthenticated, "the signature does not verify"},
       {"too_old", kRequest, "the token is too old"},
       {"from_future", kRequest, "the token is of a time that has not come"},
       {"unsupported_subject", kRequest, "the subject names no user or session in a form that is supported"},
       {"foreign_subject", "access_denied", "the subject belongs to another issuer"}}};
  return kFacts[static_cast<std::size_t>(outcome)];
}

[[nodiscard]] constexpr bool is_acknowledged(EventOutcome outcome) noexcept {
  return outcome <= EventOutcome::kReplayed;
}

// What became of one call of Control::receive_event.
struct EventResult {
  EventOutcome outcome = EventOutcome::kMalformed;
  std::string detail;  // the name of what the outcome is about: "jti", "device"; may be empty
};
using EventDone = std::function<void(const EventResult&)>;

}  // namespace assay
