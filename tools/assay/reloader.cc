#include "assay/reloader.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "assay/configured_engine.h"

namespace assay::cli {
namespace {

tl::unexpected<std::string> fault(std::string sentence) { return tl::unexpected<std::string>(std::move(sentence)); }

}  // namespace

Reloader::Reloader(std::string path, const config::Configuration& running, Control& control)
    : path_(std::move(path)), fixed_part_(running), control_(control) {}

tl::expected<void, std::string> Reloader::reload() {
  const base::MutexLock lock(mutex_);
  tl::expected<void, std::string> reloaded = try_reload();
  if (reloaded) {
    spdlog::info("reload: {} is in force", path_);
  } else {
    spdlog::error("reload: {}; the old configuration stays", reloaded.error());
  }
  return reloaded;
}

tl::expected<void, std::string> Reloader::try_reload() {
  auto next = read_configuration(path_);
  if (!next) {
    std::string lines;
    for (const std::string& line : next.error()) lines += (lines.empty() ? "" : "; ") + line;
    return fault(std::move(lines));
  }
  if (const std::string setting = fixed_part_.difference_to(FixedPart(*next)); !setting.empty()) {
    return fault(setting +
                 " differs from what was read at the start: [server], [[listener]], [admin], [[client]], [state] and "
                 "[outbound] change at a restart only");
  }
  const Expected<void> reloaded = control_.reload(std::move(next->policy));
  if (!reloaded) return fault(std::string(facts_of(reloaded.error().code).text));
  return {};
}

}  // namespace assay::cli
