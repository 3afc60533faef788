#include "verify/key_supply.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/keyed_hash.h"
#include "issuer/discovery.h"
#include "verify/fetch_rules.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kNsPerMs = 1'000'000;

keys::RefreshSettings refresh_settings(const IssuerPolicy& issuer) {
  const RefreshPolicy& policy = issuer.refresh;
  keys::RefreshSettings settings;
  settings.times.interval_ns = policy.interval.count() * kNsPerUs;
  settings.times.floor_ns = policy.floor_in_effect().count() * kNsPerUs;
  settings.times.ceiling_ns = policy.ceiling_in_effect().count() * kNsPerUs;
  settings.times.max_stale_ns = policy.max_stale.count() * kNsPerUs;
  settings.forced_every_ns = policy.forced_fetch_every.count() * kNsPerUs;
  settings.forced_burst = policy.forced_fetch_burst;
  // Looking at a file burdens no issuer: one that is repaired is found as soon as any change.
  if (!issuer.keys.file.empty()) {
    settings.times.backoff_max_ns = std::max(settings.times.backoff_min_ns, settings.times.interval_ns);
  }
  return settings;
}

// What a body that cannot be read seems to be, for people.
std::string_view guess_of(KeySource::Kind kind, std::string_view body) {
  const bool is_pem = kind == KeySource::Kind::kPem || kind == KeySource::Kind::kPemFolder;
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "; the answer is empty";
  if (body[first] == '<') return "; the answer looks like HTML or XML";
  return is_pem || body[first] == '{' ? "" : "; the answer is no JSON object";
}

std::string text_of(Error error) {
  const ErrorFacts facts = facts_of(error.code);
  return std::string(facts.name) + ": " + std::string(facts.text) + " (byte " + std::to_string(error.offset) + ")";
}

std::string identity_of(const keys::Key& key) { return key.thumbprint + '/' + key.kid.value_or(""); }

}  // namespace

KeySupply::KeySupply(const IssuerPolicy& policy, std::shared_ptr<keys::KeyCache> cache)
    : policy_(policy),
      runtime_(std::make_shared<IssuerRuntime>(std::move(cache))),
      refresh_(refresh_settings(policy), base::keyed_hash64(policy.name), runtime_->unknown_kids) {
  if (!policy.keys.file.empty()) source_url_ = "file://" + policy.keys.file;
  if (policy.keys.kind == KeySource::Kind::kJwksUrl) source_url_ = policy.keys.text;
  if (policy.keys.kind != KeySource::Kind::kDiscovery) return;
  if (policy.keys.text.empty()) {
    metadata_urls_ = issuer::metadata_urls(policy.issuer);
  } else {
    metadata_urls_.push_back(policy.keys.text);
  }
}

Expected<std::unique_ptr<KeySupply>> KeySupply::make(const IssuerPolicy& policy,
                                                     std::shared_ptr<keys::KeyCache> cache) {
  std::unique_ptr<KeySupply> supply(new KeySupply(policy, std::move(cache)));
  switch (policy.keys.kind) {
    case KeySource::Kind::kNone: return supply;
    case KeySource::Kind::kDiscovery:
      if (supply->metadata_urls_.empty()) return fail(ErrorCode::kBadPolicy);
      supply->state_.last_error = "not fetched yet";
      break;
    case KeySource::Kind::kJwksUrl: supply->state_.last_error = "not fetched yet"; break;
    case KeySource::Kind::kJwksText:
    case KeySource::Kind::kPem:
    case KeySource::Kind::kPemFolder:
    case KeySource::Kind::kSecret: {
      Expected<std::unique_ptr<const keys::KeySet>> set = keys::KeySet::make(policy.keys);
      if (!set) return Unexpected(set.error());
      supply->state_.set = std::move(*set);
      supply->state_.generation = 1;
      break;
    }
  }
  supply->publish();
  return supply;
}

bool KeySupply::serves(const IssuerPolicy& policy) const noexcept {
  return policy.name == policy_.name && policy.issuer == policy_.issuer && policy.keys.kind == policy_.keys.kind &&
         policy.keys.text == policy_.keys.text && policy.keys.file == policy_.keys.file &&
         policy.refresh == policy_.refresh && policy.fetch_timeout == policy_.fetch_timeout &&
         policy.allow_plain_http == policy_.allow_plain_http;
}

FetchRequest KeySupply::make_request(const std::string& url, std::size_t response_bytes_max, std::int64_t now_ns) {
  deadline_ns_ = fetch_deadline_ns(policy_.fetch_timeout, now_ns);
  return {.method = FetchRequest::Method::kGet,
          .url = url,
          .headers = {{.name = "Accept", .value = "application/json"}},
          .body = {},
          .response_bytes_max = response_bytes_max,
          .timeout = policy_.fetch_timeout,
          .allow_plain_http = policy_.allow_plain_http};
}

FetchRequest KeySupply::make_key_set_request(const std::string& url, std::int64_t now_ns) {
  phase_ = Phase::kKeySet;
  FetchRequest request = make_request(url, kJwksBytesMax, now_ns);
  fetched_ = {.url = url, .etag = {}, .last_modified = {}, .hash = {}};
  // RFC 9110 sec 13.1: only of the document that serves now, so that "not modified" always means a set we have.
  const bool asks_for_newer = served_ && served_->url == url;
  if (asks_for_newer && !served_->etag.empty()) {
    request.headers.push_back({.name = "If-None-Match", .value = served_->etag});
  }
  if (asks_for_newer && !served_->last_modified.empty()) {
    request.headers.push_back({.name = "If-Modified-Since", .value = served_->last_modified});
  }
  is_conditional_ = request.headers.size() > 1;
  return request;
}

std::optional<FetchRequest> KeySupply::next_request(std::int64_t now_ns) {
  if (!is_fetched()) return std::nullopt;
  const std::uint64_t forced_before = refresh_.forced_count();
  if (!refresh_.should_fetch(now_ns)) return std::nullopt;
  const bool out_of_turn = refresh_.forced_count() != forced_before;
  publish();
  // Checks wait for a fetch out of turn: it goes straight to where the keys were last time.
  if (metadata_urls_.empty() || (out_of_turn && served_)) {
    return make_key_set_request(metadata_urls_.empty() ? source_url_ : served_->url, now_ns);
  }
  phase_ = Phase::kMetadata;
  metadata_tries_ = 0;
  return make_request(metadata_urls_[metadata_index_], kMetadataBytesMax, now_ns);
}

std::optional<FetchRequest> KeySupply::on_result(const FetchResult& result, Now now) {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kPreparing: break;
    case Phase::kMetadata: return on_metadata(result, now);
    case Phase::kKeySet: on_key_set(result, now); break;
  }
  return std::nullopt;
}

std::optional<FetchRequest> KeySupply::on_metadata(const FetchResult& result, Now now) {
  const std::string& url = metadata_urls_[metadata_index_];
  if (std::string complaint = complaint_of(result); !complaint.empty()) {
    return try_next_metadata_url("metadata " + url + ": " + complaint, result, now);
  }
  const Expected<issuer::Metadata> metadata = issuer::parse_metadata(result.body, policy_.issuer);
  if (!metadata || !is_allowed_url(metadata->jwks_uri, policy_)) {
    const std::string finding =
        metadata ? "its jwks_uri needs allow_plain_http" : issuer::describe_bad_metadata(result.body, policy_.issuer);
    return try_next_metadata_url("metadata " + url + ": " + std::string(facts_of(ErrorCode::kBadMetadata).name) + ": " +
                                     finding + std::string(guess_of(policy_.keys.kind, result.body)),
                                 result, now);
  }
  return make_key_set_request(metadata->jwks_uri, now.monotonic_ns);
}

std::optional<FetchRequest> KeySupply::try_next_metadata_url(std::string complaint, const FetchResult& result,
                                                             Now now) {
  // Of all places the one that had a document tells most, else the first: the others are often just absent.
  const bool is_telling = result.outcome == FetchOutcome::kAnswered && result.status == 200;
  if (is_telling || metadata_tries_ == 0) metadata_complaint_ = std::move(complaint);
  ++metadata_tries_;
  metadata_index_ = (metadata_index_ + 1) % metadata_urls_.size();
  if (metadata_tries_ < metadata_urls_.size()) {
    return make_request(metadata_urls_[metadata_index_], kMetadataBytesMax, now.monotonic_ns);
  }
  fail_attempt(metadata_complaint_, Failure::kNoDocument, keys::read_http_freshness(result.headers).retry_after_ns,
               now.monotonic_ns);
  return std::nullopt;
}

void KeySupply::on_key_set(const FetchResult& result, Now now) {
  keys::HttpFreshness freshness = keys::read_http_freshness(result.headers);
  const bool is_unmodified =
      result.outcome == FetchOutcome::kAnswered && result.status == 304 && is_conditional_ && served_.has_value();
  if (std::string complaint = complaint_of(result); !is_unmodified && !complaint.empty()) {
    fail_attempt("key set: " + complaint, Failure::kNoDocument, freshness.retry_after_ns, now.monotonic_ns);
    return;
  }
  fresh_for_ns_ = freshness.fresh_for_ns;
  if (!is_unmodified) {
    fetched_.etag = std::move(freshness.etag);
    fetched_.last_modified = std::move(freshness.last_modified);
    fetched_.hash = base::keyed_hash(result.body);
  }
  const bool is_the_same = !is_unmodified && served_ && served_->hash == fetched_.hash;
  if (is_the_same) served_ = fetched_;
  if (is_unmodified || is_the_same) {
    ++counts_.confirmed;
    succeed(now);
    return;
  }
  Expected<keys::KeyPreparation> preparation = keys::KeyPreparation::start(policy_.keys.kind, result.body);
  if (!preparation) {
    fail_attempt("key set: " + text_of(preparation.error()) + std::string(guess_of(policy_.keys.kind, result.body)),
                 Failure::kUnusable, 0, now.monotonic_ns);
    return;
  }
  preparation_ = std::move(*preparation);
  phase_ = Phase::kPreparing;
}

void KeySupply::prepare(std::size_t key_count, Now now) {
  ASSAY_DCHECK(is_preparing());
  preparation_->advance(key_count);
  if (!preparation_->done()) return;
  const std::string defects = preparation_->describe_defects();
  Expected<std::unique_ptr<const keys::KeySet>> set = preparation_->finish();
  preparation_.reset();
  if (!set) {
    const std::string finding = defects.empty() ? "it has no key" : "none of its keys is usable: " + defects;
    fail_attempt("key set: " + std::string(facts_of(set.error().code).name) + ": " + finding, Failure::kUnusable, 0,
                 now.monotonic_ns);
    return;
  }
  serve(std::move(*set), now);
}

void KeySupply::serve(std::unique_ptr<const keys::KeySet> set, Now now) {
  absl::flat_hash_map<std::string, std::int64_t> seen_us;
  for (const keys::Key& key : set->keys()) {
    const auto known = first_seen_us_.find(identity_of(key));
    seen_us.emplace(identity_of(key), known == first_seen_us_.end() ? now.wall_us : known->second);
  }
  first_seen_us_ = std::move(seen_us);
  served_ = std::move(fetched_);
  remember_removed_kids(*set, now);
  // Replaced, never merged: a key that the issuer took out is gone with this.
  state_.set = std::move(set);
  ++state_.generation;
  ++counts_.replaced;
  succeed(now);
}

void KeySupply::remember_removed_kids(const keys::KeySet& next, Now now) {
  if (state_.set == nullptr) return;
  const std::int64_t until_ns = now.monotonic_ns + policy_.refresh.forced_fetch_every.count() * kNsPerUs;
  for (const keys::Key& key : state_.set->keys()) {
    if (!key.kid) continue;
    const base::Hash128 kid = base::keyed_hash(*key.kid);
    if (!next.has_kid(kid)) runtime_->unknown_kids.insert(kid, until_ns);
  }
}

void KeySupply::succeed(Now now) {
  phase_ = Phase::kIdle;
  latest_was_unusable_ = false;
  state_.fetched_us = now.wall_us;
  state_.last_error.clear();
  refresh_.on_success(now.monotonic_ns, fresh_for_ns_,
                      [&](const base::Hash128& kid) { return state_.set->has_kid(kid); });
  publish();
  settle_waiters();
}

void KeySupply::fail_attempt(std::string complaint, Failure failure, std::int64_t retry_after_ns, std::int64_t now_ns) {
  phase_ = Phase::kIdle;
  latest_was_unusable_ = failure == Failure::kUnusable;
  ++(failure == Failure::kUnusable ? counts_.unusable : counts_.failed);
  state_.last_error = std::move(complaint);
  refresh_.on_failure(now_ns, retry_after_ns);
  publish();
  settle_waiters();
}

void KeySupply::on_order(const std::shared_ptr<TicketTable>& table, const AnswerOrder& order, std::int64_t now_ns) {
  if (!is_fetched()) {
    table->settle(order.slot, nullptr, Error{.code = ErrorCode::kUnknownKey});
    return;
  }
  std::optional<base::Hash128> kid;
  if (order.kind == OrderKind::kKey) kid = base::keyed_hash(order.token);
  if (kid && state_.set != nullptr && state_.set->has_kid(*kid)) {
    // The key was published while the order was on its way: deciding again finds it, and no fetch is spent.
    table->settle(order.slot, nullptr, Error{.code = ErrorCode::kUnknownKey});
    return;
  }
  waiters_.emplace(next_waiter_id_, Waiter{.table = table, .slot = order.slot});
  order_key(kid, now_ns);
}

void KeySupply::order_key(const std::optional<base::Hash128>& kid, std::int64_t now_ns) {
  const std::uint64_t id = next_waiter_id_++;
  refresh_.wait_for_key(
      {.id = id, .kid = kid, .deadline_ns = now_ns + policy_.refresh.unknown_kid_wait.count() * kNsPerMs}, now_ns);
  settle_waiters();
}

void KeySupply::settle_waiters() {
  for (const keys::SettledWaiter& settled : refresh_.take_settled()) {
    const auto found = waiters_.find(settled.id);
    if (found == waiters_.end()) continue;  // its worker has gone away
    // A kid that has come is found when the check is decided again; if it has gone again by then, it is unknown.
    const ErrorCode code = settled.code == ErrorCode::kNone ? ErrorCode::kUnknownKey : settled.code;
    found->second.table->settle(found->second.slot, nullptr, Error{.code = code});
    waiters_.erase(found);
  }
}

void KeySupply::forget(const TicketTable& table) {
  absl::erase_if(waiters_, [&](const auto& waiter) { return waiter.second.table.get() == &table; });
}

void KeySupply::abandon() {
  refresh_.abandon();
  settle_waiters();
}

bool KeySupply::check_time(std::int64_t now_ns) {
  if (!is_fetched()) return false;
  const bool is_waiting_for_fetcher = phase_ == Phase::kMetadata || phase_ == Phase::kKeySet;
  const bool gives_up = is_waiting_for_fetcher && now_ns >= deadline_ns_;
  if (gives_up) fail_attempt("the fetcher did not answer in time", Failure::kNoDocument, 0, now_ns);
  if (state_.set != nullptr && refresh_.too_stale(now_ns)) {
    state_.set = nullptr;
    ++state_.generation;
    // A later "not modified" would bring back keys that are not here.
    served_.reset();
    publish();
  }
  refresh_.settle_overdue(now_ns);
  settle_waiters();
  return gives_up;
}

std::int64_t KeySupply::next_due_ns() const noexcept {
  if (!is_fetched()) return std::numeric_limits<std::int64_t>::max();
  switch (phase_) {
    case Phase::kIdle: break;
    case Phase::kPreparing: return 0;
    case Phase::kMetadata:
    case Phase::kKeySet: return std::min(deadline_ns_, refresh_.next_due_ns());
  }
  return refresh_.next_due_ns();
}

std::int64_t KeySupply::first_seen_us(const keys::Key& key) const {
  const auto found = first_seen_us_.find(identity_of(key));
  return found == first_seen_us_.end() ? 0 : found->second;
}

void KeySupply::publish() {
  if (is_fetched()) state_.facts = refresh_.facts();
  runtime_->keys.publish(std::make_shared<const keys::KeyState>(state_));
}

}  // namespace assay::verify
