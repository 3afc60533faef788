#include "verify/missing_key.h"

#include "keys/kid_doubt.h"

namespace assay::verify {
namespace {

void pend(CheckState& state, Step step, Ticket ticket) noexcept {
  state.ticket = ticket;
  refuse(state, step, ErrorCode::kPendingAnswer);
}

}  // namespace

bool is_for_want_of_keys(const CheckState& state, ErrorCode code) noexcept {
  if (state.kind != TokenKind::kJwt || state.keys == nullptr || state.keys->set == nullptr) return false;
  // A kid that is known names its key for good; without one, a rotated key shows only in what does not verify.
  if (state.token.unverified_header.has_kid) return code == ErrorCode::kUnknownKey;
  return code == ErrorCode::kUnknownKey || code == ErrorCode::kAlgKeyMismatch || code == ErrorCode::kWeakKey ||
         code == ErrorCode::kBadSignature;
}

void refuse_for_want_of_keys(CheckState& state, Step step, ErrorCode code, MissingKeys& source,
                             base::ReaderIndex reader, std::int64_t now_ns) noexcept {
  const jose::JoseHeader& header = state.token.unverified_header;
  const OrderKind kind = header.has_kid ? OrderKind::kKey : OrderKind::kKeyWithoutKid;
  const std::string_view kid = header.has_kid ? header.unverified_kid : std::string_view();
  const Ticket ticket = state.check->ticket;
  if (ticket.valid()) {
    const std::optional<ErrorCode> settled = source.redeem_key(*state.check, *state.issuer, kind, kid);
    if (settled == ErrorCode::kPendingAnswer) return pend(state, step, ticket);
    if (settled) {
      refuse(state, step, settled == ErrorCode::kUnknownKey ? code : ErrorCode::kKeysUnavailable);
      return;
    }
  }
  const keys::FetchFacts& facts = state.keys->facts;
  const std::optional<base::Hash128> hash = header.has_kid ? std::optional(state.kid) : std::nullopt;
  keys::KidDoubt doubt = keys::judge_missing_key(facts, state.issuer->runtime->unknown_kids, hash, now_ns);
  if (doubt == keys::KidDoubt::kAsk) {
    const std::optional<Ticket> ordered = ticket.valid() ? std::nullopt : source.order_key(*state.issuer, kind, kid);
    if (ordered) return pend(state, step, *ordered);
    doubt = keys::judge_without_asking(facts, now_ns);
  } else if (facts.fetched && header.has_kid) {
    state.issuer->runtime->unasked_kids[reader].add(0);
  }
  refuse(state, step, doubt == keys::KidDoubt::kUnknown ? code : ErrorCode::kKeysUnavailable);
}

}  // namespace assay::verify
