#include "assay/token_input.h"

#include <CLI/CLI.hpp>

#include "assay/limits.h"
#include "assay/terminal.h"
#include "assay/text_file.h"

namespace assay::cli {

void declare_token_options(CLI::App& command, TokenOptions& options, const char* token_help) {
  command.add_option("TOKEN", options.token, token_help);
  command
      .add_option("--token-file", options.file, "The file's exact bytes are one token: a line end would be part of it")
      ->type_name("FILE");
}

bool tokens_are_lines(const CLI::App& command, const TokenOptions& options) {
  if (command.count("--token-file") > 0) return false;
  return command.count("TOKEN") == 0 || options.token == "-";
}

std::optional<std::string> read_one_token(const CLI::App& command, const TokenOptions& options) {
  if (command.count("--token-file") == 0) return options.token;
  if (command.count("TOKEN") > 0) {
    complain("a token and --token-file exclude each other");
    return std::nullopt;
  }
  // Not a token any more above kTokenBytesMax, but an answer all the same: token_too_long.
  constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024 * 1024;
  tl::expected<std::string, std::string> text = read_file(options.file, kFileBytesMax);
  if (text) return *text;
  complain(text.error());
  return std::nullopt;
}

}  // namespace assay::cli
