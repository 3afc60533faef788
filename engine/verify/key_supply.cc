#include "verify/key_supply.h"

#include <charconv>
#include <limits>

#include "base/keyed_hash.h"
#include "issuer/discovery.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerUs = 1000;

keys::RefreshSettings refresh_settings(const IssuerPolicy& policy) {
  keys::RefreshSettings settings;
  settings.period_ns = policy.refresh.count() * kNsPerUs;
  settings.max_stale_ns = policy.max_stale.count() * kNsPerUs;
  return settings;
}

// RFC 9110 sec 10.2.3, in its seconds form; 0 where it is absent or a date.
std::int64_t retry_after_ns(const FetchResult& result) {
  for (const HttpHeader& header : result.headers) {
    if (header.name != "retry-after") continue;
    std::uint32_t seconds = 0;
    const char* end = header.value.data() + header.value.size();
    const auto [parsed_to, error] = std::from_chars(header.value.data(), end, seconds);
    if (error == std::errc() && parsed_to == end) return std::int64_t{seconds} * 1'000'000'000;
  }
  return 0;
}

// Empty if the answer is a document; else why not.
std::string complaint_of(const FetchResult& result) {
  if (result.outcome != FetchOutcome::kAnswered) return result.complaint;
  if (result.status != 200) return "HTTP status " + std::to_string(result.status);
  return {};
}

}  // namespace

KeySupply::KeySupply(const IssuerPolicy& policy)
    : policy_(policy), refresh_(refresh_settings(policy), base::keyed_hash64(policy.name)) {
  if (policy.keys.kind != KeySource::Kind::kDiscovery) return;
  if (policy.keys.text.empty()) {
    metadata_urls_ = issuer::metadata_urls(policy.issuer);
  } else {
    metadata_urls_.push_back(policy.keys.text);
  }
}

Expected<std::unique_ptr<KeySupply>> KeySupply::make(const IssuerPolicy& policy) {
  std::unique_ptr<KeySupply> supply(new KeySupply(policy));
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
         policy.keys.text == policy_.keys.text && policy.refresh == policy_.refresh &&
         policy.max_stale == policy_.max_stale && policy.fetch_timeout == policy_.fetch_timeout &&
         policy.allow_plain_http == policy_.allow_plain_http;
}

bool KeySupply::has_url() const noexcept {
  return policy_.keys.kind == KeySource::Kind::kDiscovery || policy_.keys.kind == KeySource::Kind::kJwksUrl;
}

FetchRequest KeySupply::make_request(const std::string& url, std::size_t response_bytes_max) const {
  return {.method = FetchRequest::Method::kGet,
          .url = url,
          .headers = {{.name = "Accept", .value = "application/json"}},
          .body = {},
          .response_bytes_max = response_bytes_max,
          .timeout = policy_.fetch_timeout,
          .allow_plain_http = policy_.allow_plain_http};
}

std::optional<FetchRequest> KeySupply::next_request(std::int64_t now_ns) {
  if (!has_url() || !refresh_.should_fetch(now_ns)) return std::nullopt;
  if (policy_.keys.kind == KeySource::Kind::kJwksUrl) {
    phase_ = Phase::kKeySet;
    return make_request(policy_.keys.text, kJwksBytesMax);
  }
  phase_ = Phase::kMetadata;
  metadata_tries_ = 0;
  return make_request(metadata_urls_[metadata_index_], kMetadataBytesMax);
}

std::optional<FetchRequest> KeySupply::on_result(const FetchResult& result, std::int64_t now_ns) {
  switch (phase_) {
    case Phase::kIdle: break;
    case Phase::kMetadata: return on_metadata(result, now_ns);
    case Phase::kKeySet: on_key_set(result, now_ns); break;
  }
  return std::nullopt;
}

std::optional<FetchRequest> KeySupply::on_metadata(const FetchResult& result, std::int64_t now_ns) {
  const std::string& url = metadata_urls_[metadata_index_];
  if (std::string complaint = complaint_of(result); !complaint.empty()) {
    return try_next_metadata_url("metadata " + url + ": " + complaint, result, now_ns);
  }
  const Expected<issuer::Metadata> metadata = issuer::parse_metadata(result.body, policy_.issuer);
  if (!metadata || !is_allowed_url(metadata->jwks_uri, policy_)) {
    const ErrorFacts facts = facts_of(ErrorCode::kBadMetadata);
    return try_next_metadata_url("metadata " + url + ": " + std::string(facts.name) + ": " + std::string(facts.text),
                                 result, now_ns);
  }
  phase_ = Phase::kKeySet;
  return make_request(metadata->jwks_uri, kJwksBytesMax);
}

std::optional<FetchRequest> KeySupply::try_next_metadata_url(std::string complaint, const FetchResult& result,
                                                             std::int64_t now_ns) {
  ++metadata_tries_;
  metadata_index_ = (metadata_index_ + 1) % metadata_urls_.size();
  if (metadata_tries_ < metadata_urls_.size()) {
    return make_request(metadata_urls_[metadata_index_], kMetadataBytesMax);
  }
  fail_attempt(std::move(complaint), result, now_ns);
  return std::nullopt;
}

void KeySupply::on_key_set(const FetchResult& result, std::int64_t now_ns) {
  if (std::string complaint = complaint_of(result); !complaint.empty()) {
    fail_attempt("key set: " + complaint, result, now_ns);
    return;
  }
  Expected<std::unique_ptr<const keys::KeySet>> set = keys::KeySet::make_from_jwks(result.body);
  if (!set) {
    const ErrorFacts facts = facts_of(set.error().code);
    fail_attempt("key set: " + std::string(facts.name) + ": " + std::string(facts.text) + " (byte " +
                     std::to_string(set.error().offset) + ")",
                 result, now_ns);
    return;
  }
  phase_ = Phase::kIdle;
  refresh_.on_success(now_ns);
  ++fetches_good_;
  state_.set = std::move(*set);
  ++state_.generation;
  state_.fetched_ns = now_ns;
  state_.last_fetch_failed = false;
  state_.last_error.clear();
  publish();
}

void KeySupply::fail_attempt(std::string complaint, const FetchResult& result, std::int64_t now_ns) {
  phase_ = Phase::kIdle;
  refresh_.on_failure(now_ns, retry_after_ns(result));
  ++fetches_failed_;
  state_.last_fetch_failed = true;
  state_.last_error = std::move(complaint);
  publish();
}

void KeySupply::check_staleness(std::int64_t now_ns) {
  if (!has_url() || state_.set == nullptr || !refresh_.too_stale(now_ns)) return;
  state_.set = nullptr;
  ++state_.generation;
  publish();
}

std::int64_t KeySupply::next_due_ns() const noexcept {
  return has_url() ? refresh_.next_due_ns() : std::numeric_limits<std::int64_t>::max();
}

void KeySupply::publish() { runtime_->keys.publish(std::make_unique<const keys::KeyState>(state_)); }

}  // namespace assay::verify
