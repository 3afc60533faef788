// Writes what POST /introspect answers about a token. RFC 7662 sec 2.2.
#pragma once

#include <string>

#include "assay/verdict.h"
#include "server/http.h"
#include "server/oauth_error.h"

namespace assay::server {

// Writes the answers of one listener of one worker. Thread-confined.
//
//   accepted        {"active":true, ...} with those of scope, client_id, username, token_type, exp, iat, nbf, sub, aud,
//                   iss and jti that the token has. Times are whole seconds, rounded down; scope is the granted one as
//                   the issuer's grammar reads it
//   cannot decide   503 with Retry-After: nothing is known of the token, so it is not called inactive
//   all others      {"active":false} and nothing else: why is nobody's business who asks. RFC 7662 sec 2.2
//
// Always with Cache-Control: no-store.
class IntrospectionWriter {
 public:
  // Precondition: the verdict is not pending.
  // The response borrows from the writer and lives until the next call. No allocation after the buffer has grown.
  [[nodiscard]] HttpResponse write(const Verdict& verdict);
  // The same, for a call that asks about nothing or comes from nobody.
  [[nodiscard]] HttpResponse refuse(const OauthError& error) { return errors_.write(error); }

 private:
  void write_active(const VerifiedToken& token);
  void add_text(std::string_view name, std::string_view text);
  void add_claim_text(std::string_view name, const VerifiedToken& token);
  void add_time(std::string_view name, const VerifiedToken& token);
  void add_audience(const VerifiedToken& token);
  void begin_member(std::string_view name);

  std::string body_, scope_;
  OauthErrorWriter errors_;
};

}  // namespace assay::server
