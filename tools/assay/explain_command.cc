// assay explain: every check of one token in order, and what decided it.
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/decider.h"
#include "assay/line_reader.h"
#include "assay/terminal.h"
#include "assay/token_input.h"
#include "assay/verdict_text.h"
#include "signing/json_text.h"

namespace assay::cli {
namespace {

struct ExplainOptions {
  DeciderOptions decider;
  TokenOptions tokens;
  bool json = false;
};

// Without a configuration file a setting is one of the options.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kSettingOptions{{
    {"issuer.command-line.issuer", "--issuer"},
    {"issuer.command-line.types", "--typ"},
    {"issuer.command-line.algorithms", "--alg"},
    {"issuer.command-line.audiences", "--audience"},
    {"issuer.command-line.leeway", "--leeway"},
    {"issuer.command-line.require_claims", "--require-claim"},
    {"issuer.command-line.keys", "--jwks"},
    {"server.max_token_bytes", "--max-token-bytes"},
    {"route / requires", "--require-scope"},
}};

std::string option_for(std::string setting) {
  for (const auto& [start, option] : kSettingOptions) {
    if (setting.starts_with(start)) return std::string(option) + setting.substr(start.size());
  }
  return setting;
}

// For the table.
const char* shown_result(ExplainStep::Result result) {
  switch (result) {
    case ExplainStep::Result::kPassed: return "ok";
    case ExplainStep::Result::kRefused: return "REFUSED";
    case ExplainStep::Result::kSkipped: return "skipped";
    case ExplainStep::Result::kNotReached: return "not reached";
  }
  return "not reached";
}

std::string table_text(const Explanation& explanation) {
  TextTable table({"CHECK", "RESULT", "FINDING", "SETTING"});
  for (const ExplainStep& step : explanation.steps) {
    table.add({step.name, shown_result(step.result), printable(step.finding), printable(step.setting)});
  }
  std::string text = table.text() + "\n" + std::string(verdict_word(explanation.code));
  if (explanation.code != ErrorCode::kNone) {
    text.append(" ").append(facts_of(explanation.code).name).append(": ");
    text += printable(detail_text(explanation.code, explanation.detail));
  }
  return text + "\n";
}

std::string json_text(const Explanation& explanation) {
  std::string steps;
  for (const ExplainStep& step : explanation.steps) {
    steps += steps.empty() ? "" : ",";
    steps += signing::JsonObject()
                 .add("check", step.name)
                 .add("result", name_of(step.result))
                 .add("finding", step.finding)
                 .add("setting", step.setting)
                 .text();
  }
  const bool accepted = explanation.code == ErrorCode::kNone;
  const ErrorFacts facts = facts_of(explanation.code);
  signing::JsonObject object;
  object.add("verdict", verdict_word(explanation.code)).add("class", facts_of(facts.verdict_class).name);
  if (accepted) object.add_json("code", "null").add_json("detail", "null");
  if (!accepted) object.add("code", facts.name).add("detail", detail_text(explanation.code, explanation.detail));
  object.add_json("steps", "[" + steps + "]");
  return object.text() + "\n";
}

// The only line of standard input. Nothing after a complaint.
std::optional<std::string> read_one_line() {
  LineReader reader(STDIN_FILENO);
  std::optional<std::string> only;
  for (;;) {
    const auto batch = reader.next_batch();
    if (!batch) {
      complain(batch.error());
      return std::nullopt;
    }
    if (batch->empty()) break;
    if (only || batch->size() > 1) {
      complain("explain takes one token; `assay verify` takes one per line");
      return std::nullopt;
    }
    only = std::string(batch->front());
  }
  if (!only) complain("no token on standard input; give one line, TOKEN or --token-file FILE");
  return only;
}

ExitStatus exit_status_of(ErrorCode code) {
  const std::string_view word = verdict_word(code);
  if (word == "accept") return ExitStatus::kAccepted;
  return word == "refuse" ? ExitStatus::kRefused : ExitStatus::kUndecided;
}

ExitStatus run_explain(const CLI::App& command, const ExplainOptions& options) {
  std::optional<Decider> decider = Decider::open(command, options.decider);
  if (!decider) return ExitStatus::kUsage;
  const std::optional<std::string> token =
      tokens_are_lines(command, options.tokens) ? read_one_line() : read_one_token(command, options.tokens);
  if (!token) return ExitStatus::kUsage;
  Explanation explanation = decider->explain(*token);
  if (options.decider.config.empty()) {
    for (ExplainStep& step : explanation.steps) step.setting = option_for(std::move(step.setting));
  }
  const std::string text = options.json ? json_text(explanation) : table_text(explanation);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_status_of(explanation.code);
}

constexpr const char* kFooter = R"(
Prints every check in its order with its result (ok, REFUSED, skipped, not reached), what was found in the token and
the setting that decided it; then the verdict. Never prints a signature or a whole token.

Exit status: 0 accepted, 1 refused, 2 usage or configuration error, 3 could not decide.

Examples:
  assay explain --jwks keys.json --issuer https://issuer.example --audience api "$TOKEN"
  assay explain --jwks keys.json --issuer "" --any-audience --now 1710223631.577477 --token-file token.txt
  assay explain --config assay.toml --method POST --path /v1/orders "$TOKEN"
)";

}  // namespace

void add_explain_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("explain", "Shows every check of one token and the setting that decided it");
  const auto options = std::make_shared<ExplainOptions>();
  declare_token_options(*command, options->tokens, "The token; - or none: the one line of standard input");
  declare_decider_options(*command, options->decider);
  command->add_flag("--json", options->json, "One JSON object");
  command->footer(kFooter);
  command->callback([command, options, &status] { status = run_explain(*command, *options); });
}

}  // namespace assay::cli
