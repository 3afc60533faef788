// What the events of a security event token come to: whom or what to revoke. RFC 8417, RFC 9493, OpenID CAEP and RISC.
//
//   event                      revokes
//   CAEP session-revoked       the session that the subject names; where it names none, what its user was issued before
//   CAEP credential-change     what the user was issued before, where change_type is update, revoke or delete
//   RISC sessions-revoked,     what the user was issued before
//   account-disabled, account-purged
//
// Others are ignored. "Before" is the event's own time (event_timestamp, else `toe`, else `iat`); a time in whole
// seconds stands for the whole of its second.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/security_event.h"
#include "jose/claims.h"
#include "jose/json.h"

namespace assay::verify {

struct EventTargets {
  // kRevoked: `targets` is not empty. kIgnored. Otherwise bad_claims, from_future, unsupported_subject,
  // foreign_subject, and nothing of the token is to be done.
  EventOutcome outcome = EventOutcome::kIgnored;
  std::string_view detail = {};                // the name of what it is about; static, or of the document
  std::vector<RevocationTarget> targets = {};  // views of the document and of `issuer`
};

// Reads `events`, and the subject from the event itself (`subject`), else `sub_id`, else `sub`. Subjects of RFC 9493
// are read in the formats iss_sub, opaque, and complex (OpenID SSF), of which `user` and `session` count.
//
//   root    the token's claims, and `claims` the same in their slots; its signature is verified
//   issuer  whose token it is; it may speak of its own users and sessions alone
[[nodiscard]] EventTargets read_event_targets(jose::JsonValue root, const jose::Claims& claims,
                                              const IssuerPolicy& issuer, std::int64_t wall_us);

}  // namespace assay::verify
