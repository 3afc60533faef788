// Reads the configuration of a running sidecar again.
#pragma once

#include <string>

#include "assay/control.h"
#include "assay/expected.h"
#include "assay/fixed_part.h"
#include "base/mutex.h"
#include "config/config.h"

namespace assay::cli {

// Thread-safe: a signal and the admin listener may ask at once.
class Reloader {
 public:
  // `running` is what was read from `path` and is in force; `control` must outlive this.
  Reloader(std::string path, const config::Configuration& running, Control& control);

  // Puts the policy of the file in force and logs it.
  //   errors  why the old one stays: the file is broken, or asks for what only a restart changes
  [[nodiscard]] tl::expected<void, std::string> reload();

 private:
  [[nodiscard]] tl::expected<void, std::string> try_reload();

  const std::string path_;
  const FixedPart fixed_part_;  // of the configuration in force
  Control& control_;
  base::Mutex mutex_;  // one at a time: the later reading of the file is in force
};

}  // namespace assay::cli
