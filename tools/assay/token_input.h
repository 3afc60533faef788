// Where verify and explain take their tokens from.
#pragma once

#include <optional>
#include <string>

#include "assay/cli_app.h"

namespace assay::cli {

// As typed.
struct TokenOptions {
  std::string token;
  std::string file;
};

// Declares TOKEN and --token-file. `options` must outlive the parsing.
void declare_token_options(CLI::App& command, TokenOptions& options, const char* token_help);

// Whether the tokens are the lines of standard input.
[[nodiscard]] bool tokens_are_lines(const CLI::App& command, const TokenOptions& options);

// The one token that is given otherwise: the argument, or the file's exact bytes. Nothing, after a complaint, if both
// are given or the file cannot be read.
[[nodiscard]] std::optional<std::string> read_one_token(const CLI::App& command, const TokenOptions& options);

}  // namespace assay::cli
