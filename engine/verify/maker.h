// The only makers of verdicts and verified tokens (friends of the public types).
#pragma once

#include "assay/verdict.h"

namespace assay::verify {

// What a verified token shows; the fields are those of VerifiedToken.
struct VerifiedFacts {
  std::string_view issuer_name, issuer, subject, client, jwt_id, key_id, claims_json;
  std::span<const std::string_view> scope;
  std::span<const Claim> claims;
  std::optional<NumericDate> expires_at;
};

class TokenMaker {
 private:
  friend class VerdictMaker;
  static void fill(VerifiedToken& token, const VerifiedFacts& facts) noexcept {
    token.issuer_name_ = facts.issuer_name;
    token.issuer_ = facts.issuer;
    token.subject_ = facts.subject;
    token.client_ = facts.client;
    token.jwt_id_ = facts.jwt_id;
    token.key_id_ = facts.key_id;
    token.claims_json_ = facts.claims_json;
    token.scope_ = facts.scope;
    token.claims_ = facts.claims;
    token.expires_at_ = facts.expires_at;
  }
};

class VerdictMaker {
 public:
  [[nodiscard]] static Verdict accept(const VerifiedFacts& facts) noexcept {
    Verdict verdict;
    verdict.error_ = Error{};
    TokenMaker::fill(verdict.token_, facts);
    return verdict;
  }

  // Precondition: error.code is neither kNone nor kPendingAnswer.
  [[nodiscard]] static Verdict refuse(Error error, std::string_view detail) noexcept {
    Verdict verdict;
    verdict.error_ = error;
    verdict.detail_ = detail;
    return verdict;
  }

  [[nodiscard]] static Verdict pend(Ticket ticket) noexcept {
    Verdict verdict;
    verdict.error_ = Error{.code = ErrorCode::kPendingAnswer};
    verdict.ticket_ = ticket;
    return verdict;
  }
};

}  // namespace assay::verify
