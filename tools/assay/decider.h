// verify and explain: the same inputs, the same engine, the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/cli_app.h"
#include "assay/configured_engine.h"
#include "assay/control.h"
#include "assay/engine.h"
#include "assay/policy_options.h"
#include "server/admin_explain.h"

namespace assay::cli {

// As typed; nothing is checked yet.
struct DeciderOptions {
  std::string config;  // file name; empty: `policy` counts
  PolicyOptions policy;
  std::size_t listener = 0;  // from 1; 0: the first that tokens come by
  std::string method{server::kExplainedMethod};
  std::string path{server::kExplainedPath};
  std::string now;
};

// Declares --config, the policy options, --listener, --method, --path and --now. `options` must outlive the parsing.
void declare_decider_options(CLI::App& command, DeciderOptions& options);

// Decides tokens, with keys and answers from the network where the configuration says so.
class Decider {
 public:
  // Nothing, after complaints on standard error, if the options or the files that they name are wrong. Issuers whose
  // keys cannot be had are complained about only: tokens of others can be decided.
  [[nodiscard]] static std::optional<Decider> open(const CLI::App& command, const DeciderOptions& options);

  // One verdict per token, at most kBatchMax, none pending. Views live until the next call.
  [[nodiscard]] std::span<const Verdict> decide(std::span<const std::string_view> tokens);

  // Decides first, so that an opaque token's answer is remembered when it is explained.
  [[nodiscard]] Explanation explain(std::string_view token);

 private:
  Decider(ConfiguredEngine opened, const DeciderOptions& options, std::uint32_t entrance,
          std::optional<std::int64_t> now_us);
  [[nodiscard]] Now now() const;

  ConfiguredEngine opened_;
  Worker worker_;  // destroyed before its engine
  std::string method_, path_;
  std::uint32_t entrance_;
  std::optional<std::int64_t> now_us_;
  std::vector<Check> checks_;
  std::vector<Verdict> verdicts_;
};

}  // namespace assay::cli
