// assay verify: decides tokens, one verdict line each.
#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/decider.h"
#include "assay/line_reader.h"
#include "assay/terminal.h"
#include "assay/token_input.h"
#include "assay/verdict_text.h"
#include "keys/key_set.h"
#include "verify/evp_verify.h"
#include "verify/signature_only.h"

namespace assay::cli {
namespace {

struct VerifyOptions {
  DeciderOptions decider;
  TokenOptions tokens;
  bool signature_only = false;
  bool json = false;
};

// What the verdicts of a run add up to.
class Tally {
 public:
  void add(ErrorCode code) {
    ++decided_;
    const std::string_view word = verdict_word(code);
    if (word == "refuse") any_refused_ = true;
    if (word == "undecided") any_undecided_ = true;
  }
  [[nodiscard]] bool empty() const { return decided_ == 0; }
  [[nodiscard]] ExitStatus status() const {
    if (any_refused_) return ExitStatus::kRefused;
    return any_undecided_ ? ExitStatus::kUndecided : ExitStatus::kAccepted;
  }

 private:
  std::size_t decided_ = 0;
  bool any_refused_ = false;
  bool any_undecided_ = false;
};

// Answers a batch: one line per token, in order.
using Answer = std::function<void(std::span<const std::string_view> tokens, Tally& tally)>;

void print_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

Answer answer_with(Decider& decider, bool json) {
  return [&decider, json](std::span<const std::string_view> tokens, Tally& tally) {
    for (const Verdict& verdict : decider.decide(tokens)) {
      tally.add(verdict.code());
      print_line(json ? verdict_json(verdict) : verdict_line(verdict));
    }
  };
}

Answer answer_signatures(const keys::KeySet& keys, verify::EvpVerifier& verifier, bool json) {
  return [&keys, &verifier, json](std::span<const std::string_view> tokens, Tally& tally) {
    for (const std::string_view token : tokens) {
      const Expected<void> checked = verify::check_signature_only(token, keys, verifier);
      const ErrorCode code = checked ? ErrorCode::kNone : checked.error().code;
      tally.add(code);
      print_line(json ? signature_json(code) : signature_line(code));
    }
  };
}

ExitStatus finish(const Tally& tally) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return tally.status();
  complain("cannot write the verdicts to standard output");
  return ExitStatus::kUsage;
}

ExitStatus answer_lines(const Answer& answer) {
  Tally tally;
  LineReader reader(STDIN_FILENO);
  for (;;) {
    // Who feeds tokens by hand sees each verdict before the next line is waited for.
    if (reader.would_read()) std::fflush(stdout);
    const auto batch = reader.next_batch();
    if (!batch) {
      complain(batch.error());
      return ExitStatus::kUsage;
    }
    if (batch->empty()) break;
    answer(*batch, tally);
  }
  if (!tally.empty()) return finish(tally);
  complain("no token on standard input; give one token per line, TOKEN or --token-file FILE");
  return ExitStatus::kUsage;
}

ExitStatus answer_all(const CLI::App& command, const TokenOptions& options, const Answer& answer) {
  if (tokens_are_lines(command, options)) return answer_lines(answer);
  const std::optional<std::string> token = read_one_token(command, options);
  if (!token) return ExitStatus::kUsage;
  Tally tally;
  const std::string_view compact = *token;
  answer({&compact, 1}, tally);
  return finish(tally);
}

ExitStatus run_signature_only(const CLI::App& command, const VerifyOptions& options) {
  for (const char* name : {"--config", "--listener", "--method", "--path", "--now"}) {
    if (command.count(name) == 0) continue;
    complain(std::string(name) + " has no effect with --signature-only, which looks at no claim; leave it out");
    return ExitStatus::kUsage;
  }
  for (const std::string& name : given_policy_options(command)) {
    if (name == "--jwks") continue;
    complain(name + " has no effect with --signature-only, which looks at no claim; leave it out");
    return ExitStatus::kUsage;
  }
  if (options.decider.policy.jwks.empty()) {
    complain("say where the keys are: --jwks FILE");
    return ExitStatus::kUsage;
  }
  const auto source = read_key_file(options.decider.policy.jwks);
  if (!source) {
    for (const std::string& sentence : source.error()) complain(sentence);
    return ExitStatus::kUsage;
  }
  const auto keys = keys::KeySet::make(*source).value();
  verify::EvpVerifier verifier;
  return answer_all(command, options.tokens, answer_signatures(*keys, verifier, options.json));
}

ExitStatus run_verify(const CLI::App& command, const VerifyOptions& options) {
  if (options.signature_only) return run_signature_only(command, options);
  std::optional<Decider> decider = Decider::open(command, options.decider);
  if (!decider) return ExitStatus::kUsage;
  return answer_all(command, options.tokens, answer_with(*decider, options.json));
}

constexpr const char* kFooter = R"(
Standard input holds one token per line; there is one verdict line per token, in order. A line ends at LF: the CR
of a CRLF file belongs to the token, which is then refused. A blank line is a missing token.

Exit status: 0 all accepted, 1 any refused, 2 usage or configuration error, 3 none refused but some undecided.
A token on the command line is seen by other users of the machine; prefer standard input or --token-file.

Examples:
  assay verify --jwks keys.json --issuer https://issuer.example --audience api "$TOKEN"
  assay verify --jwks key.pem --issuer "" --any-audience --require-scope orders:read --json - <tokens.txt
  assay verify --config assay.toml --method GET --path /v1/orders --token-file token.txt
  assay verify --signature-only --jwks keys.json "$JWS"
)";

}  // namespace

void add_verify_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("verify", "Decides tokens: accept, or refuse with one code");
  const auto options = std::make_shared<VerifyOptions>();
  declare_token_options(*command, options->tokens, "The token; - or none: standard input, one token per line");
  declare_decider_options(*command, options->decider);
  command->add_flag("--signature-only", options->signature_only,
                    "Judge the signature alone: any payload, no claims; for public test vectors");
  command->add_flag("--json", options->json, "One JSON object per token");
  command->footer(kFooter);
  command->callback([command, options, &status] { status = run_verify(*command, *options); });
}

}  // namespace assay::cli
