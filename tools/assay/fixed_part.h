// What of a configuration only a restart changes.
#pragma once

#include <string>
#include <vector>

#include "base/keyed_hash.h"
#include "config/config.h"

namespace assay::cli {

// The part of one configuration that a reload leaves as it is: everything but its policy. Holds no secret.
class FixedPart {
 public:
  explicit FixedPart(config::Configuration configuration);

  // The setting that `next` has otherwise, for people: "[server] workers", "[admin] secret_file (/etc/admin.secret)".
  // Empty where both are equal. What secret files and variables hold counts as what the configuration says does.
  [[nodiscard]] std::string difference_to(const FixedPart& next) const;

 private:
  // Digests of this process alone.
  struct Secret {
    std::string setting;
    base::Hash128 digest;
  };

  void add_secret(const std::string& table, const std::string& name, const config::SecretSource& source,
                  const std::string& secret);
  void add_secrets(const config::Configuration& configuration);

  std::vector<std::string> lines_;  // config::describe() of the part
  std::vector<Secret> secrets_;     // equal lines_ have equal settings here
};

}  // namespace assay::cli
