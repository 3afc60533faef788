// The subcommands of assay, one file each. Every function declares its options on `app` and stores the exit status when
// the subcommand runs. `status` must outlive the parsing.
#pragma once

#include "assay/cli_app.h"
#include "assay/exit_status.h"

namespace assay::cli {

void add_verify_command(CLI::App& app, ExitStatus& status);
void add_explain_command(CLI::App& app, ExitStatus& status);
void add_serve_command(CLI::App& app, ExitStatus& status);
void add_check_config_command(CLI::App& app, ExitStatus& status);
void add_keys_command(CLI::App& app, ExitStatus& status);
void add_mint_command(CLI::App& app, ExitStatus& status);
void add_revoke_command(CLI::App& app, ExitStatus& status);

}  // namespace assay::cli
