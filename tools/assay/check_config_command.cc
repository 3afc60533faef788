// assay check-config: is this configuration one, and what does it say in full?
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/configured_engine.h"
#include "server/settings_faults.h"

namespace assay::cli {
namespace {

ExitStatus run_check_config(const std::string& path) {
  const std::optional<config::Configuration> configuration = load_configuration(path);
  if (!configuration) return ExitStatus::kUsage;
  const std::vector<std::string> faults = server::settings_faults(configuration->settings);
  for (const std::string& fault : faults) std::fprintf(stderr, "%s: %s\n", path.c_str(), fault.c_str());
  if (!faults.empty()) return ExitStatus::kUsage;
  const std::string text = config::describe(*configuration);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return ExitStatus::kAccepted;
}

constexpr const char* kFooter = R"(
Complaints go to standard error, one per line: FILE:LINE:COLUMN: what is wrong; what would be accepted. Without any, the
whole configuration is printed with its defaults; of secrets only the file or variable that they come from.
docs/configuration.md lists every key. The network is not asked: `assay keys` does that.

Exit status: 0 valid, 2 not.

Example:
  assay check-config assay.toml
)";

}  // namespace

void add_check_config_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("check-config", "Checks a configuration file and prints it in full");
  const auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "The configuration (TOML)")->required();
  command->footer(kFooter);
  command->callback([path, &status] { status = run_check_config(*path); });
}

}  // namespace assay::cli
