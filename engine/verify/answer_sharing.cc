#include "verify/answer_sharing.h"

#include <algorithm>
#include <utility>

namespace assay::verify {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kNsPerUs = 1000;

// How long a call may be under way: a token of Assay's own, the call, and both again after a 401, each for the timeout
// and what is waited beyond it; and as much again for what a busy machine adds.
milliseconds longest_call(const OpaquePolicy& policy) { return 8 * (policy.timeout + milliseconds(500)); }

// How long an answer may be there.
milliseconds longest_life(const OpaquePolicy& policy) {
  const auto life = std::max({policy.ttl, policy.inactive_ttl, policy.ttl_min});
  return std::chrono::ceil<milliseconds>(life);
}

}  // namespace

AnswerSharing::AnswerSharing(SharedAnswers& place, std::string_view fleet_key, milliseconds wait,
                             std::shared_ptr<FetchInbox> inbox)
    : place_(place), sealer_(fleet_key), wait_(wait), inbox_(std::move(inbox)) {}

void AnswerSharing::ask(std::uint64_t fetch_id, const AnswerPlace& place, std::int64_t due_ns) const {
  place_.find(place.key, due_ns, [inbox = inbox_, fetch_id](SharedValue value) {
    inbox->put({.fetch_id = fetch_id, .result = std::move(value)});
  });
}

AnswerSharing::Heard AnswerSharing::read(const AnswerPlace& place, const SharedValue& value, Now now) const {
  if (value.outcome == SharedValue::Outcome::kFailed)
    return {.outcome = ShareOutcome::kFailed, .answer = {}, .span = {}};
  if (value.outcome == SharedValue::Outcome::kNotFound) return {};
  constexpr ShareOutcome kUnreadable = ShareOutcome::kUnreadable;
  const std::optional<AnswerSealer::Opened> opened = sealer_.open(place, value.bytes);
  if (!opened) return {.outcome = kUnreadable, .answer = {}, .span = {}};
  if (!opened->answer) return {};
  const SharedAnswer& shared = *opened->answer;
  if (shared.asked_us > now.wall_us + kSkewMaxUs) return {.outcome = kUnreadable, .answer = {}, .span = {}};
  const std::int64_t left_here_us = shared.fresh_until_us - std::max(now.wall_us, shared.asked_us);
  const std::int64_t left_there_us = (value.until_ns - now.monotonic_ns) / kNsPerUs;
  const std::int64_t fresh_us = std::min(left_here_us, left_there_us);
  if (fresh_us <= 0) return {};
  auto answer = issuer::IntrospectionAnswer::parse(shared.json);
  if (!answer) return {.outcome = kUnreadable, .answer = {}, .span = {}};
  return {.outcome = ShareOutcome::kFound,
          .answer = std::move(*answer),
          .span = {.fresh_us = fresh_us, .kept_us = fresh_us + shared.expires_us - shared.fresh_until_us}};
}

void AnswerSharing::write(const AnswerPlace& place, std::string seen, const issuer::IntrospectionAnswer& answer,
                          const AnswerSpan& span, Now now) const {
  std::string sealed = sealer_.seal(place, {.asked_us = now.wall_us,
                                            .fresh_until_us = now.wall_us + span.fresh_us,
                                            .expires_us = now.wall_us + span.kept_us,
                                            .json = std::string(answer.json())});
  if (sealed.empty()) return;
  place_.write({.key = place.key,
                .seen = std::move(seen),
                .bytes = std::move(sealed),
                .until_ns = now.monotonic_ns + span.fresh_us * kNsPerUs,
                .is_active = answer.active()});
}

void AnswerSharing::erase(const IssuerPolicy& issuer, std::string_view token, EraseDone done) const {
  const std::optional<SealDigest> scope = sealer_.scope_of(issuer);
  const std::optional<AnswerPlace> place = scope ? sealer_.place_of(*scope, token) : std::nullopt;
  std::string mark = place ? sealer_.seal_mark(*place) : std::string();
  if (mark.empty()) return done(false);
  const milliseconds mark_life = longest_call(*issuer.opaque);
  place_.erase({.key = place->key,
                .mark = std::move(mark),
                .mark_life = mark_life,
                .try_for = longest_life(*issuer.opaque) + mark_life},
               std::move(done));
}

}  // namespace assay::verify
