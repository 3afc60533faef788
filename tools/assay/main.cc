// assay: decides bearer tokens on the command line and as a sidecar. Start reading at commands.h.
#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/terminal.h"

namespace assay::cli {
namespace {

constexpr const char* kFooter = R"(
Examples:
  assay verify --jwks keys.json --issuer https://issuer.example --audience api "$TOKEN"
  assay explain --config assay.toml --method GET --path /v1/orders "$TOKEN"
  assay serve --config assay.toml

`assay COMMAND --help` shows a command's options. docs/cli.md is the reference.)";

// The arguments as CLI11 reads them, last first. It takes `--issuer=` for an option whose text follows as the next
// argument; the empty text is meant.
std::vector<std::string> reversed_arguments(const std::vector<std::string>& given) {
  std::vector<std::string> arguments;
  bool options_ended = false;
  for (const std::string& argument : given) {
    options_ended = options_ended || argument == "--";
    if (!options_ended && argument.starts_with("--") && argument.find('=') + 1 == argument.size()) {
      arguments.push_back(argument.substr(0, argument.size() - 1));
      arguments.emplace_back();
    } else {
      arguments.push_back(argument);
    }
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

int run(const std::vector<std::string>& given) {
  CLI::App app("Decides bearer tokens: may this token pass, and if not, why?", "assay");
  app.set_version_flag("--version", "assay " ASSAY_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  ExitStatus status = ExitStatus::kUsage;
  add_verify_command(app, status);
  add_explain_command(app, status);
  add_serve_command(app, status);
  add_check_config_command(app, status);
  add_keys_command(app, status);
  add_revoke_command(app, status);
  add_mint_command(app, status);
  try {
    app.parse(reversed_arguments(given));
  } catch (const CLI::ExtrasError&) {
    // Its text would repeat the arguments, and one of them may be a token.
    complain("there are arguments that this command does not take; `assay COMMAND --help` lists what it takes");
    return static_cast<int>(ExitStatus::kUsage);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitStatus::kUsage);
  }
  return static_cast<int>(status);
}

}  // namespace
}  // namespace assay::cli

int main(int argc, char** argv) { return assay::cli::run(std::vector<std::string>(argv + 1, argv + argc)); }
