#include "config/issuer_names.h"

#include <algorithm>

namespace assay::config {
namespace {

std::vector<std::string> issuers_of(const std::string& name, const Configuration& configuration) {
  for (const TenantGroup& group : configuration.tenant_groups) {
    // One without issuers is complained about already.
    if (group.name == name) return group.issuers.empty() ? std::vector{name} : group.issuers;
  }
  for (const IssuerPolicy& issuer : configuration.policy.issuers) {
    if (issuer.name == name) return {name};
  }
  return {};
}

}  // namespace

std::vector<std::string> read_issuer_names(TableReader& reader, const Configuration& configuration) {
  std::vector<std::string> names;
  for (const PlacedText& text : reader.read_strings("issuers")) {
    const std::vector<std::string> meant = issuers_of(text.text, configuration);
    if (meant.empty()) {
      reader.complain_at(text.place, "issuers",
                         "there is no issuer \"" + text.text + "\"; accepted: names of [[issuer]]");
    }
    for (const std::string& name : meant) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace assay::config
