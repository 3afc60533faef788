#include "assay/fixed_part.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace assay::cli {
namespace {

// The configuration without its policy.
std::vector<std::string> lines_of(config::Configuration configuration) {
  const std::vector<EntrancePolicy> policies = std::move(configuration.policy.entrances);
  configuration.policy = Policy{};
  configuration.policy.entrances.resize(policies.size());
  if (const auto& admin = configuration.settings.admin; admin && admin->entrance) {
    configuration.policy.entrances[*admin->entrance] = policies[*admin->entrance];
  }
  configuration.sources.clear();
  const std::string text = config::describe(configuration);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

FixedPart::FixedPart(config::Configuration configuration) {
  add_secrets(configuration);
  lines_ = lines_of(std::move(configuration));
}

void FixedPart::add_secret(const std::string& table, const std::string& name, const config::SecretSource& source,
                           const std::string& secret) {
  if (source.file.empty() && source.variable.empty()) return;
  const std::string place = source.file.empty() ? "_env (" + source.variable : "_file (" + source.file;
  secrets_.push_back({.setting = table + " " + name + place + ")", .digest = base::keyed_hash(secret)});
}

void FixedPart::add_secrets(const config::Configuration& configuration) {
  if (const auto& admin = configuration.settings.admin) {
    add_secret("[admin]", "secret", configuration.admin_secret, admin->secret);
  }
  for (const config::NamedClient& client : configuration.clients) {
    add_secret("[[client]] \"" + client.credentials.id + "\"", "secret", client.secret, client.credentials.secret);
  }
  if (const auto& state = configuration.state) {
    add_secret("[state]", "id_key", state->id_key_source, state->id_key);
    add_secret("[state]", "fleet_password", state->fleet_password_source, state->fleet_password);
  }
  const config::OutboundSettings& outbound = configuration.outbound;
  add_secret("[outbound]", "proxy_credentials", {.file = outbound.proxy_credentials_file, .variable = {}},
             outbound.proxy_credentials);
}

std::string FixedPart::difference_to(const FixedPart& next) const {
  std::string table;
  const std::size_t count = std::max(lines_.size(), next.lines_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view here = i < lines_.size() ? std::string_view{lines_[i]} : std::string_view{};
    const std::string_view there = i < next.lines_.size() ? std::string_view{next.lines_[i]} : std::string_view{};
    if (here.starts_with('[')) table = here;
    if (here == there) continue;
    // Where a line was added, the old one comes later.
    const auto rest = next.lines_.begin() + static_cast<std::ptrdiff_t>(std::min(i, next.lines_.size()));
    const bool is_added = here.empty() || std::find(rest, next.lines_.end(), here) != next.lines_.end();
    const std::string_view line = is_added && !there.empty() ? there : here;
    return line.starts_with('[') ? std::string(line) : table + " " + std::string(line.substr(0, line.find(' ')));
  }
  ASSAY_CHECK(secrets_.size() == next.secrets_.size());
  for (std::size_t i = 0; i < secrets_.size(); ++i) {
    if (secrets_[i].digest != next.secrets_[i].digest) return secrets_[i].setting;
  }
  return {};
}

}  // namespace assay::cli
