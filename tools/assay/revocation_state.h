// From [state] of a configuration to the log that keeps revocations, and to where a fleet shares answers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assay/revocation_log.h"
#include "assay/shared_answers.h"
#include "config/config.h"

namespace assay::cli {

// What the store has against [state]; empty where nothing. Touches neither file nor network.
[[nodiscard]] std::vector<config::ConfigFault> state_faults(const config::StateSettings& state);

// The log of this node, joined with its fleet where there is one. Touches neither file nor network.
// Precondition: nothing is wrong with `state`.
[[nodiscard]] std::unique_ptr<RevocationLog> make_log(const config::StateSettings& state);

// Where this node shares introspection answers with its fleet; null where it does not. Touches no network yet.
// Precondition: nothing is wrong with `state`.
[[nodiscard]] std::unique_ptr<SharedAnswers> make_shared_answers(const config::StateSettings& state);

// Tells the id key of `state` from others, for the log to keep: nothing of the key can be read from it.
[[nodiscard]] std::string id_key_fingerprint(const config::StateSettings& state);

// Where revocations are kept, in a line for people. Holds no secret.
[[nodiscard]] std::string describe_log(const config::StateSettings& state);

}  // namespace assay::cli
