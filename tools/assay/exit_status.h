// What the programs' exit status says. docs/cli.md lists it for people.
#pragma once

namespace assay::cli {

enum class ExitStatus : int {
  kAccepted = 0,   // done; every token accepted
  kRefused = 1,    // at least one token refused
  kUsage = 2,      // the command line, a file or the configuration is wrong; nothing was decided
  kUndecided = 3,  // no token refused, but at least one could not be decided (keys or answers are not to be had)
};

}  // namespace assay::cli
