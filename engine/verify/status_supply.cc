#include "verify/status_supply.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/keyed_hash.h"
#include "keys/http_freshness.h"
#include "verify/fetch_rules.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Bytes of a list that one step decompresses, in a few milliseconds: whoever waits for the machine's mutex waits no
// longer than that.
constexpr std::size_t kSliceBytes = std::size_t{1} << 20;

keys::FetchTimes fetch_times(const StatusListPolicy& policy) {
  keys::FetchTimes times;
  times.interval_ns = policy.refresh.count() * kNsPerUs;
  times.floor_ns = policy.floor_in_effect().count() * kNsPerUs;
  times.ceiling_ns = policy.ceiling_in_effect().count() * kNsPerUs;
  times.max_stale_ns = policy.max_stale.count() * kNsPerUs;
  return times;
}

// What of a policy decides which lists are good and when they come.
bool has_same_lists(const IssuerPolicy& one, const IssuerPolicy& other) {
  StatusListPolicy rules = *one.status_list;
  rules.urls = other.status_list->urls;
  rules.required = other.status_list->required;
  return rules == *other.status_list && one.name == other.name && one.issuer == other.issuer &&
         one.keys.kind == other.keys.kind && one.keys.text == other.keys.text && one.keys.file == other.keys.file &&
         one.algorithms == other.algorithms && one.audiences == other.audiences &&
         one.audience_unchecked == other.audience_unchecked && one.leeway == other.leeway &&
         one.allow_plain_http == other.allow_plain_http;
}

// us as ns, within the range.
std::int64_t saturated_ns(std::int64_t us) noexcept { return us > kNever / kNsPerUs ? kNever : us * kNsPerUs; }

}  // namespace

StatusSupply::StatusSupply(const IssuerPolicy& issuer, std::string url,
                           const std::shared_ptr<state::StatusBoard>& board)
    : issuer_(issuer),
      url_(std::move(url)),
      seat_(std::make_shared<state::StatusSeat>(board)),
      schedule_(fetch_times(*issuer.status_list), base::keyed_hash64(url_)) {}

bool StatusSupply::serves(const IssuerPolicy& issuer, const std::string& url) const {
  return issuer.status_list && url == url_ && has_same_lists(issuer_, issuer);
}

std::optional<FetchRequest> StatusSupply::next_request(const keys::KeyState& keys, std::int64_t now_ns) {
  if (phase_ != Phase::kIdle || keys.set == nullptr) return std::nullopt;
  // A list that a withdrawn key signed is not believed for longer than it takes to fetch another.
  if (served_ && keys.generation != keys_generation_) schedule_.hasten(now_ns);
  if (!schedule_.is_due(now_ns)) return std::nullopt;
  schedule_.start(now_ns);
  phase_ = Phase::kFetching;
  deadline_ns_ = fetch_deadline_ns(issuer_.status_list->timeout, now_ns);
  return FetchRequest{.method = FetchRequest::Method::kGet,
                      .url = url_,
                      .headers = {{.name = "Accept", .value = "application/statuslist+jwt"}},
                      .body = {},
                      .response_bytes_max = issuer_.status_list->token_bytes_max,
                      .timeout = issuer_.status_list->timeout,
                      .allow_plain_http = issuer_.allow_plain_http};
}

std::optional<WantedKey> StatusSupply::on_result(const FetchResult& result, const keys::KeyState& keys, Now now) {
  if (phase_ != Phase::kFetching) return std::nullopt;
  const keys::HttpFreshness freshness = keys::read_http_freshness(result.headers);
  const bool is_document = result.outcome == FetchOutcome::kAnswered && result.status == 200;
  if (!is_document || keys.set == nullptr) {
    ++counts_.failed;
    fail_attempt(is_document ? "the issuer has no keys any more" : complaint_of(result), freshness.retry_after_ns,
                 now.monotonic_ns);
    return std::nullopt;
  }
  keys_generation_ = keys.generation;
  judged_ = judge_status_list(result.body, issuer_, url_, *keys.set, newest_issued_us_, now.wall_us);
  if (judged_.fault != StatusListFault::kNone) {
    refuse(judged_.fault, judged_.detail, now.monotonic_ns);
    return judged_.wanted_key;
  }
  http_fresh_ = freshness.fresh_for_ns;
  phase_ = Phase::kInflating;
  return std::nullopt;
}

void StatusSupply::prepare(Now now) {
  ASSAY_DCHECK(is_preparing());
  judged_.list->advance(kSliceBytes);
  if (!judged_.list->done()) return;
  Expected<std::vector<std::uint8_t>> bytes = (*std::move(judged_.list)).finish();
  judged_.list.reset();
  if (!bytes) {
    refuse(StatusListFault::kBadList, {}, now.monotonic_ns);
    return;
  }
  state::ServedStatusList list{.list = state::StatusList(judged_.bits, std::move(*bytes)),
                               .expires_us = judged_.expires_us};
  served_ = {.issued_us = judged_.issued_us,
             .expires_us = judged_.expires_us,
             .status_count = list.list.size(),
             .bytes = list.list.bytes()};
  seat_->publish(std::move(list));
  newest_issued_us_ = judged_.issued_us;
  ++counts_.replaced;
  last_error_.clear();
  phase_ = Phase::kIdle;
  // What the list says of its freshness comes before what the answer's headers say, and its end before both.
  std::optional<std::int64_t> fresh_ns = http_fresh_;
  if (judged_.ttl_us) fresh_ns = saturated_ns(*judged_.ttl_us);
  const std::int64_t left_ns = saturated_ns(std::max<std::int64_t>(0, judged_.expires_us - now.wall_us));
  const std::int64_t interval_ns = issuer_.status_list->refresh.count() * kNsPerUs;
  if (left_ns < fresh_ns.value_or(interval_ns)) fresh_ns = left_ns;
  schedule_.on_success(now.monotonic_ns, fresh_ns);
}

bool StatusSupply::check_time(Now now) {
  seen_ns_ = now.monotonic_ns;
  const bool gives_up = phase_ == Phase::kFetching && now.monotonic_ns >= deadline_ns_;
  if (gives_up) {
    ++counts_.failed;
    fail_attempt("the fetcher did not answer in time", 0, now.monotonic_ns);
  }
  if (!served_) return gives_up;
  if (now.wall_us >= served_->expires_us) {
    withdraw();
    if (last_error_.empty()) last_error_ = "its exp is past";
  } else if (schedule_.too_stale(now.monotonic_ns)) {
    withdraw();
  }
  return gives_up;
}

std::int64_t StatusSupply::next_due_ns(const keys::KeyState& keys) const noexcept {
  switch (phase_) {
    case Phase::kIdle: break;
    case Phase::kFetching: return std::min(deadline_ns_, schedule_.next_due_ns(seen_ns_));
    case Phase::kInflating: return 0;
  }
  // Without keys the next thing to happen is theirs.
  return keys.set == nullptr ? kNever : schedule_.next_due_ns(seen_ns_);
}

void StatusSupply::fail_attempt(std::string complaint, std::int64_t retry_after_ns, std::int64_t now_ns) {
  phase_ = Phase::kIdle;
  last_error_ = std::move(complaint);
  schedule_.on_failure(now_ns, retry_after_ns);
}

void StatusSupply::refuse(StatusListFault fault, std::string_view detail, std::int64_t now_ns) {
  ++counts_.faults[static_cast<std::size_t>(fault)];
  std::string complaint = "the list is refused: " + std::string(name_of(fault));
  if (!detail.empty()) complaint.append(" (").append(detail).append(")");
  fail_attempt(std::move(complaint), 0, now_ns);
}

void StatusSupply::withdraw() {
  served_.reset();
  seat_->withdraw();
}

}  // namespace assay::verify
