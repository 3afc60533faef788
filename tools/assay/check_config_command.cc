// assay check-config: is this configuration one, and what does it say in full?
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/configured_engine.h"
#include "assay/revocation_state.h"
#include "server/settings_faults.h"
#include "store/sqlite_log_repair.h"

namespace assay::cli {
namespace {

struct Options {
  std::string path;
  bool repairs = false;
};

// Says what a start would find; false where it would be refused.
bool check_log(const config::StateSettings& state) {
  using Outcome = store::LogFinding::Outcome;
  const store::LogFinding finding = store::check_sqlite_log(state.log_path, id_key_fingerprint(state));
  const bool is_sound = finding.outcome != Outcome::kDamaged && finding.outcome != Outcome::kUnknown;
  if (!finding.complaint.empty()) std::fprintf(stderr, "%s\n", finding.complaint.c_str());
  return is_sound;
}

ExitStatus repair(const std::string& path, const config::Configuration& configuration) {
  if (!configuration.state) {
    std::fprintf(stderr, "%s: there is no [state], so there is no log to repair\n", path.c_str());
    return ExitStatus::kUsage;
  }
  const config::StateSettings& state = *configuration.state;
  const store::RepairReport report = store::repair_sqlite_log(
      state.log_path, {.id_key_fingerprint = id_key_fingerprint(state), .has_fleet = !state.fleet.text.empty()});
  const bool has_failed = report.outcome == store::RepairReport::Outcome::kFailed;
  std::fprintf(has_failed ? stderr : stdout, "%s\n", report.complaint.c_str());
  if (has_failed) return ExitStatus::kUsage;
  // Whole is not enough: a start must take it.
  return check_log(state) ? ExitStatus::kAccepted : ExitStatus::kUsage;
}

ExitStatus run_check_config(const Options& options) {
  const std::optional<config::Configuration> configuration = load_configuration(options.path);
  if (!configuration) return ExitStatus::kUsage;
  if (options.repairs) return repair(options.path, *configuration);
  const std::vector<std::string> faults = server::settings_faults(configuration->settings);
  for (const std::string& fault : faults) std::fprintf(stderr, "%s: %s\n", options.path.c_str(), fault.c_str());
  const bool has_sound_log = !configuration->state || check_log(*configuration->state);
  if (!faults.empty() || !has_sound_log) return ExitStatus::kUsage;
  const std::string text = config::describe(*configuration);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return ExitStatus::kAccepted;
}

constexpr const char* kFooter = R"(
Complaints go to standard error, one per line: FILE:LINE:COLUMN: what is wrong; what would be accepted. Without any, the
whole configuration is printed with its defaults; of secrets only the file or variable that they come from.
docs/configuration.md lists every key. The network is not asked: `assay keys` does that.
The log of revocations that [state] names is looked at as well; where a running sidecar has it, its id key alone.
--repair puts a damaged one together anew from what can be read, keeps the damaged files beside it and says what is
lost; nothing else is done then, and a log that is whole is left alone. What is lost is accepted again: revoke it once
more.

Exit status: 0 valid (or repaired), 2 not.

Examples:
  assay check-config assay.toml
  assay check-config --config assay.toml --repair
)";

}  // namespace

void add_check_config_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("check-config", "Checks a configuration file and prints it in full");
  const auto options = std::make_shared<Options>();
  command->add_option("--config,FILE", options->path, "The configuration (TOML)")->type_name("FILE")->required();
  command->add_flag("--repair", options->repairs, "Repair the damaged log of revocations that [state] names");
  command->footer(kFooter);
  command->callback([options, &status] { status = run_check_config(*options); });
}

}  // namespace assay::cli
