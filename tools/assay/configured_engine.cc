#include "assay/configured_engine.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>
#include <utility>

#include "assay/policy_options.h"
#include "assay/revocation_state.h"
#include "assay/terminal.h"
#include "base/check.h"
#include "config/disk_files.h"
#include "config/file_fetcher.h"
#include "keys/key_set.h"
#include "outbound/http_fetcher.h"

namespace assay::cli {
namespace {

using Milliseconds = std::chrono::milliseconds;

std::string fault_line(const std::string& path, const config::ConfigFault& fault) {
  std::string place = path + ":";
  if (fault.line != 0) place += std::to_string(fault.line) + ":" + std::to_string(fault.column) + ":";
  return place + " " + fault.message;
}

tl::unexpected<std::vector<std::string>> fault_lines(const std::string& path,
                                                     const std::vector<config::ConfigFault>& faults) {
  std::vector<std::string> lines;
  lines.reserve(faults.size());
  for (const config::ConfigFault& fault : faults) lines.push_back(fault_line(path, fault));
  return tl::unexpected<std::vector<std::string>>(std::move(lines));
}

bool is_local(const KeySource& keys) {
  return keys.kind == KeySource::Kind::kJwksText || keys.kind == KeySource::Kind::kPem ||
         keys.kind == KeySource::Kind::kPemFolder || keys.kind == KeySource::Kind::kSecret;
}

// What policy_faults leaves to the opening of the engine: keys that are read, not fetched.
std::vector<std::string> find_key_faults(const config::Configuration& configuration) {
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < configuration.policy.issuers.size(); ++i) {
    const IssuerPolicy& issuer = configuration.policy.issuers[i];
    if (!is_local(issuer.keys) || keys::KeySet::make(issuer.keys)) continue;
    const std::string& file = configuration.sources[i].keys_file;
    faults.push_back("issuer " + issuer.name + ": " + (file.empty() ? "jwks" : file) +
                     " holds no usable key; `assay verify --jwks` with it says why");
  }
  return faults;
}

// What has been fetched, or whose first attempt has failed: keys by their issuer's name, status lists by that and URL.
struct Settled {
  std::set<std::string> keys;
  std::set<std::string> lists;
  std::set<std::string> with_keys;  // issuers that have some: no other's lists are fetched
};

std::string name_of_list(std::string_view issuer, std::string_view url) {
  return std::string(issuer).append(" ").append(url);
}

std::string_view label_of(const Metric& metric, std::string_view wanted) {
  for (const auto& [label, value] : metric.labels) {
    if (label == wanted) return value;
  }
  return {};
}

Settled look_what_is_settled(const Control& control) {
  Settled settled;
  control.for_each_metric([&settled](const Metric& metric) {
    if (metric.value < 1) return;
    const std::string_view issuer = label_of(metric, "issuer");
    if (metric.name == "key_fetches_total") settled.keys.emplace(issuer);
    if (metric.name == "keys" && label_of(metric, "usable") == "yes") settled.with_keys.emplace(issuer);
    if (metric.name == "status_list_fetches_total") {
      settled.lists.insert(name_of_list(issuer, label_of(metric, "list")));
    }
  });
  return settled;
}

bool is_fetched(const KeySource& keys) {
  return keys.kind == KeySource::Kind::kDiscovery || keys.kind == KeySource::Kind::kJwksUrl || !keys.file.empty();
}

// Whether nothing of the issuer's is still on its way for the first time.
bool is_settled(const IssuerPolicy& issuer, const Settled& settled) {
  if (is_fetched(issuer.keys) && !settled.keys.contains(issuer.name)) return false;
  if (!issuer.status_list || !settled.with_keys.contains(issuer.name)) return true;
  return std::all_of(issuer.status_list->urls.begin(), issuer.status_list->urls.end(),
                     [&](const std::string& url) { return settled.lists.contains(name_of_list(issuer.name, url)); });
}

// What reaches the network and the disk.
void open_fetchers(const config::Configuration& configuration, ConfiguredEngine& opened) {
  const config::OutboundSettings& outbound = configuration.outbound;
  opened.network = std::make_unique<outbound::HttpFetcher>(
      outbound::HttpFetcherOptions{.ca_file = outbound.ca_file,
                                   .proxy = outbound.proxy,
                                   .proxy_credentials = outbound.proxy_credentials,
                                   .client_certificate = outbound.client_certificate,
                                   .client_key = outbound.client_key});
  static const config::DiskFiles disk;
  opened.fetcher = std::make_unique<config::FileFetcher>(disk, *opened.network);
}

EngineOptions engine_options(const config::Configuration& configuration, const ConfiguredEngine& opened) {
  return {.policy = configuration.policy,
          .fetcher = opened.fetcher.get(),
          .recheck_one_in = configuration.settings.recheck_one_in,
          .verified_cache_bytes = configuration.settings.verified_cache_bytes};
}

}  // namespace

tl::expected<config::Configuration, std::vector<std::string>> read_configuration(const std::string& path) {
  auto configuration = config::read_config_file(path);
  if (!configuration) return fault_lines(path, configuration.error());
  if (configuration->state) {
    const std::vector<config::ConfigFault> faults = state_faults(*configuration->state);
    if (!faults.empty()) return fault_lines(path, faults);
  }
  std::vector<std::string> sentences = policy_faults(configuration->policy);
  if (sentences.empty()) sentences = find_key_faults(*configuration);
  std::vector<config::ConfigFault> faults;
  faults.reserve(sentences.size());
  for (std::string& sentence : sentences) faults.push_back({.message = std::move(sentence)});
  if (!faults.empty()) return fault_lines(path, faults);
  return std::move(*configuration);
}

std::optional<config::Configuration> load_configuration(const std::string& path) {
  auto configuration = read_configuration(path);
  if (configuration) return std::move(*configuration);
  for (const std::string& line : configuration.error()) std::fprintf(stderr, "%s\n", line.c_str());
  return std::nullopt;
}

ConfiguredEngine open_engine(const config::Configuration& configuration) {
  ConfiguredEngine opened;
  open_fetchers(configuration, opened);
  auto engine = Engine::open(engine_options(configuration, opened));
  // load_configuration has asked everything that could be refused here.
  ASSAY_CHECK(engine.has_value());
  opened.engine = std::move(*engine);
  return opened;
}

tl::expected<ConfiguredEngine, std::string> open_serving_engine(const config::Configuration& configuration) {
  if (!configuration.state) return open_engine(configuration);
  ConfiguredEngine opened;
  open_fetchers(configuration, opened);
  opened.revocation_log = make_log(*configuration.state);
  std::string complaint;
  EngineOptions options = engine_options(configuration, opened);
  options.revocation_log = opened.revocation_log.get();
  options.revocation_id_key = configuration.state->id_key;
  options.feed_rule = configuration.state->feed_rule;
  opened.shared_answers = make_shared_answers(*configuration.state);
  options.shared_answers = opened.shared_answers.get();
  options.share_wait = configuration.state->share_wait;
  options.complaint = &complaint;
  auto engine = Engine::open(std::move(options));
  if (!engine && engine.error().code == ErrorCode::kBadRevocationLog) return tl::make_unexpected(complaint);
  ASSAY_CHECK(engine.has_value());
  opened.engine = std::move(*engine);
  return opened;
}

std::vector<std::string> wait_for_documents(const config::Configuration& configuration, const Control& control) {
  constexpr Milliseconds kPollInterval{5};
  // Four places of the metadata, then the key set.
  constexpr int kFetchesMax = 5;
  const std::vector<IssuerPolicy>& issuers = configuration.policy.issuers;
  Milliseconds time_left{1000};
  for (const IssuerPolicy& issuer : issuers) {
    Milliseconds longest = is_fetched(issuer.keys) ? kFetchesMax * issuer.fetch_timeout : Milliseconds{0};
    if (issuer.status_list) longest += issuer.status_list->timeout;
    time_left = std::max(time_left, longest);
  }
  for (; time_left > Milliseconds{0}; time_left -= kPollInterval) {
    const Settled settled = look_what_is_settled(control);
    const auto is_done = [&](const IssuerPolicy& issuer) { return is_settled(issuer, settled); };
    if (std::all_of(issuers.begin(), issuers.end(), is_done)) break;
    std::this_thread::sleep_for(kPollInterval);
  }
  return control.readiness().missing;
}

}  // namespace assay::cli
