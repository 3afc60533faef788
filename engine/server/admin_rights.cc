#include "server/admin_rights.h"

#include <array>

#include "base/check.h"
#include "base/constant_time.h"
#include "server/token_location.h"

namespace assay::server {
namespace {

// People ask here, and may know why.
ListenerSettings refusal_settings() {
  ListenerSettings settings;
  settings.client_detail = true;
  settings.realm = "assay admin";
  return settings;
}

}  // namespace

AdminRights::AdminRights(const AdminSettings& settings, Worker* worker)
    : settings_(settings), worker_(worker), refusals_(refusal_settings()), scratch_(1) {}

AdminRights::Answer AdminRights::refuse(const Refusal& refusal) {
  return {.kind = Answer::Kind::kRefused, .refusal = refusals_.write(refusal)};
}

// An entered secret with a slip reads as some token or other: what it was meant to be is not known, and how near it
// came is not told.
AdminRights::Answer AdminRights::refuse_token(const Verdict& verdict) {
  const std::string_view detail = verdict.detail();
  const bool may_be_secret =
      !settings_.secret.empty() && facts_of(verdict.code()).verdict_class == VerdictClass::kInvalidToken;
  if (!may_be_secret) return refuse({.code = verdict.code(), .detail = detail});
  detail_ = "what was sent is neither the admin secret nor a token that is accepted here";
  if (!detail.empty()) detail_.append("; as a token: ").append(detail);
  return refuse({.code = verdict.code(), .detail = detail_});
}

AdminRights::Answer AdminRights::judge(const HttpRequest& request, Ticket ticket, Now now) {
  ASSAY_CHECK(are_configured());
  const std::array<TokenPlace, 1> bearer_only{};
  const Expected<std::string_view> credentials =
      find_token({.fields = request.fields, .target = request.target}, bearer_only, scratch_);
  if (!credentials) return refuse({.code = credentials.error().code, .detail = {}});
  const bool is_secret =
      !settings_.secret.empty() && base::equals_in_constant_time(*credentials, settings_.secret) == 1;
  if (is_secret) return {.kind = Answer::Kind::kGranted};
  if (!settings_.entrance) return refuse({.code = ErrorCode::kMalformedToken, .detail = "it is not the admin secret"});
  const Check check{.token = *credentials, .entrance = *settings_.entrance, .ticket = ticket};
  Verdict verdict;
  worker_->decide({&check, 1}, {&verdict, 1}, now);
  if (verdict.pending()) return {.kind = Answer::Kind::kPending, .ticket = verdict.ticket()};
  if (!verdict.accepted()) return refuse_token(verdict);
  return {.kind = Answer::Kind::kGranted};
}

}  // namespace assay::server
