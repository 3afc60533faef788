// From a configuration file to an engine that has had the chance to fetch its keys.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "assay/control.h"
#include "assay/engine.h"
#include "assay/fetcher.h"
#include "assay/revocation_log.h"
#include "assay/shared_answers.h"
#include "config/config.h"

namespace assay::cli {

// Reads a configuration and makes every check that needs no network.
//   errors   what is wrong, a line each: `file:line:column: message`
[[nodiscard]] tl::expected<config::Configuration, std::vector<std::string>> read_configuration(const std::string& path);

// As read_configuration; what is wrong goes to standard error.
[[nodiscard]] std::optional<config::Configuration> load_configuration(const std::string& path);

// An engine and what it reaches the network and the disk with.
struct ConfiguredEngine {
  std::unique_ptr<Fetcher> network;                         // outlives the fetcher
  std::unique_ptr<Fetcher> fetcher;                         // key files, and the network; outlives the engine
  std::unique_ptr<RevocationLog> revocation_log = nullptr;  // outlives the engine; null: nothing can be revoked
  std::unique_ptr<SharedAnswers> shared_answers = nullptr;  // outlives the engine; null: no answers are shared
  std::unique_ptr<Engine> engine = nullptr;
};

// An engine that knows of no revocation: the log of [state] belongs to the sidecar.
// Precondition: `configuration` is from load_configuration.
[[nodiscard]] ConfiguredEngine open_engine(const config::Configuration& configuration);

// The sidecar's engine: with the log of [state] and the answers that its fleet shares, where there are such.
//   errors   the log cannot be replayed: one line for people, with file, offset and what to do
// Precondition: `configuration` is from load_configuration.
[[nodiscard]] tl::expected<ConfiguredEngine, std::string> open_serving_engine(
    const config::Configuration& configuration);

// Waits until every issuer has its keys and status lists, or the first attempt to get what it lacks has failed.
//   returns   what is missing then: a sentence per issuer and status list
//   cost      at the longest about as long as the issuers' fetch_timeout and the lists' timeout allow
[[nodiscard]] std::vector<std::string> wait_for_documents(const config::Configuration& configuration,
                                                          const Control& control);

}  // namespace assay::cli
