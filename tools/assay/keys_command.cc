// assay keys: the keys of every issuer as they are now.
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/configured_engine.h"
#include "assay/terminal.h"
#include "signing/json_text.h"

namespace assay::cli {
namespace {

struct KeysOptions {
  std::string config;
  bool json = false;
};

// In UTC, to the second; "-" where there is no such time.
std::string time_text(std::int64_t wall_us) {
  if (wall_us == 0) return "-";
  const auto seconds = static_cast<std::time_t>(wall_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string table_text(const Control& control) {
  TextTable table({"ISSUER", "KID", "TYPE", "ALG", "BITS", "THUMBPRINT", "FIRST SEEN", "LAST SEEN", "USABLE"});
  const auto shown = [](std::string_view text) { return text.empty() ? std::string("-") : printable(text); };
  control.for_each_key([&](const KeyInfo& key) {
    table.add({std::string(key.issuer_name), shown(key.kid), shown(key.type), shown(key.alg),
               key.bits == 0 ? "-" : std::to_string(key.bits), shown(key.thumbprint), time_text(key.first_seen_us),
               time_text(key.last_seen_us), key.usable ? "yes" : "no: " + std::string(key.reason)});
  });
  return table.text();
}

std::string json_lines(const Control& control) {
  std::string lines;
  control.for_each_key([&](const KeyInfo& key) {
    signing::JsonObject object;
    object.add("issuer", key.issuer_name);
    const auto add = [&object](const char* name, std::string_view text) {
      text.empty() ? object.add_json(name, "null") : object.add(name, text);
    };
    add("kid", key.kid);
    add("type", key.type);
    add("alg", key.alg);
    object.add("bits", std::int64_t{key.bits}).add("usable", key.usable);
    add("reason", key.reason);
    add("thumbprint", key.thumbprint);
    const auto add_time = [&object](const char* name, std::int64_t wall_us) {
      wall_us == 0 ? object.add_json(name, "null") : object.add(name, wall_us / 1'000'000);
    };
    add_time("first_seen", key.first_seen_us);
    add_time("last_seen", key.last_seen_us);
    lines.append(object.text()).append("\n");
  });
  return lines;
}

ExitStatus run_keys(const KeysOptions& options) {
  const std::optional<config::Configuration> configuration = load_configuration(options.config);
  if (!configuration) return ExitStatus::kUsage;
  const ConfiguredEngine opened = open_engine(*configuration);
  const Control& control = opened.engine->control();
  const std::vector<std::string> missing = wait_for_documents(*configuration, control);
  const std::string text = options.json ? json_lines(control) : table_text(control);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  for (const std::string& sentence : missing) complain(sentence);
  return missing.empty() ? ExitStatus::kAccepted : ExitStatus::kUndecided;
}

constexpr const char* kFooter = R"(
Fetches the keys of every issuer as the sidecar would and lists them: kid, type, algorithm, size, thumbprint (RFC 7638),
when they were seen first and last, and whether a key is used or why not. Issuers of opaque tokens alone have no keys.

Exit status: 0 every issuer has keys, 2 usage or configuration error, 3 an issuer's keys or status lists cannot be had.

Example:
  assay keys --config assay.toml
)";

}  // namespace

void add_keys_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("keys", "Fetches and lists the keys of every issuer");
  const auto options = std::make_shared<KeysOptions>();
  command->add_option("--config", options->config, "Configuration of the sidecar")->type_name("FILE")->required();
  command->add_flag("--json", options->json, "One JSON object per key");
  command->footer(kFooter);
  command->callback([options, &status] { status = run_keys(*options); });
}

}  // namespace assay::cli
