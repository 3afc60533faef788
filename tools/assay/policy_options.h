// The rules of a decision as the command line gives them, instead of a configuration file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "assay/cli_app.h"
#include "assay/expected.h"
#include "assay/policy.h"

namespace assay::cli {

// As typed; nothing is checked yet. Lists may hold texts with commas.
struct PolicyOptions {
  std::string jwks;                 // file name
  std::vector<std::string> issuer;  // empty or one text, which may be empty
  std::vector<std::string> audiences;
  bool any_audience = false;
  std::vector<std::string> algorithms;
  std::vector<std::string> scopes;
  std::vector<std::string> claims;
  std::vector<std::string> types;
  std::string leeway = "0s";
  std::size_t max_token_bytes = kTokenBytesMax;
};

// The issuer's name in the policy: in explanations its settings are these options.
inline constexpr const char* kCommandLineIssuer = "command-line";

// Declares the options on a subcommand, all of them excluding --config. `options` must outlive the parsing.
void declare_policy_options(CLI::App& command, PolicyOptions& options);

// The names of those options that were given, for a complaint about them.
[[nodiscard]] std::vector<std::string> given_policy_options(const CLI::App& command);

// Reads the key file and makes the policy: one issuer, and one route "/*" where scopes are required.
//   errors   sentences for people, at least one
[[nodiscard]] tl::expected<Policy, std::vector<std::string>> make_policy(const PolicyOptions& options);

// A JWK Set or a public key in PEM; which one is told by its beginning.
//   errors   sentences for people: the file cannot be read, or why it holds no usable key
[[nodiscard]] tl::expected<KeySource, std::vector<std::string>> read_key_file(const std::string& path);

}  // namespace assay::cli
