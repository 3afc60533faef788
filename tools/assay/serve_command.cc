// assay serve: the sidecar from start to drain.
#include <cstdio>
#include <memory>
#include <numeric>
#include <signal.h>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "assay/commands.h"
#include "assay/configured_engine.h"
#include "assay/reloader.h"
#include "assay/revocation_state.h"
#include "config/value_text.h"
#include "server/server.h"

namespace assay::cli {
namespace {

// The signals that serve answers. Blocked in every thread and waited for here.
class Signals {
 public:
  // Before any thread is started: threads inherit what is blocked.
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A client that goes away, or a closed standard output, is an error of one write and not of the sidecar.
    signal(SIGPIPE, SIG_IGN);
  }
  // The next signal, or 0 after a second without one.
  [[nodiscard]] int wait_a_second() const {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    const int number = sigtimedwait(&set_, nullptr, &second);
    return number < 0 ? 0 : number;
  }

 private:
  sigset_t set_{};
};

// Says once when an issuer's keys go missing, cannot be fetched again, or come back.
class ReadinessLog {
 public:
  void look_at(const Control& control) {
    const Readiness now = control.readiness();
    if (now.degraded != last_.degraded) log_degraded(now);
    if (now.missing != last_.missing || now.ready != last_.ready) log_missing(now);
    last_ = now;
  }

 private:
  static void log_missing(const Readiness& now) {
    for (const std::string& sentence : now.missing) spdlog::warn("not ready: {}", sentence);
    if (now.ready) spdlog::info("ready: every issuer has its keys");
  }
  static void log_degraded(const Readiness& now) {
    for (const std::string& sentence : now.degraded) spdlog::warn("degraded: {}", sentence);
    if (now.degraded.empty()) spdlog::info("no longer degraded");
  }

  Readiness last_;
};

void log_revocations(const config::Configuration& configuration, const Control& control) {
  if (!configuration.state) {
    spdlog::info("revocations: off, the configuration has no [state]");
    return;
  }
  const RevocationStatus status = control.revocation_status();
  const std::size_t count = std::accumulate(status.counts.begin(), status.counts.end(), std::size_t{0});
  spdlog::info("revocations: {} in force, kept in {}", count, describe_log(*configuration.state));
}

void print_addresses(const server::Sidecar& sidecar) {
  for (const Address& address : sidecar.bound_addresses()) {
    std::printf("listening %s\n", config::format_address(address).c_str());
  }
  if (const auto admin = sidecar.admin_address()) std::printf("admin %s\n", config::format_address(*admin).c_str());
  std::printf("poller %s (%s)\n", sidecar.poller().name.c_str(), sidecar.poller().reason.c_str());
  std::fflush(stdout);
}

void serve_until_told(const Signals& signals, const Control& control, Reloader& reloader) {
  ReadinessLog readiness;
  for (;;) {
    readiness.look_at(control);
    const int number = signals.wait_a_second();
    if (number == SIGHUP) static_cast<void>(reloader.reload());
    if (number == SIGTERM || number == SIGINT) return;
  }
}

ExitStatus run_serve(const std::string& path) {
  const Signals signals;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("assay"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  const std::optional<config::Configuration> configuration = load_configuration(path);
  if (!configuration) return ExitStatus::kUsage;
  const tl::expected<ConfiguredEngine, std::string> opened = open_serving_engine(*configuration);
  if (!opened) {
    spdlog::error("cannot serve: {}", opened.error());
    return ExitStatus::kUsage;
  }
  log_revocations(*configuration, opened->engine->control());
  Reloader reloader(path, *configuration, opened->engine->control());
  auto sidecar =
      server::Sidecar::start(*opened->engine, configuration->settings, [&reloader] { return reloader.reload(); });
  if (!sidecar) {
    spdlog::error("cannot serve: {}", sidecar.error());
    return ExitStatus::kUsage;
  }
  print_addresses(**sidecar);
  serve_until_told(signals, opened->engine->control(), reloader);
  spdlog::info("draining: what has begun is finished");
  (*sidecar)->drain();
  (*sidecar)->join();
  return ExitStatus::kAccepted;
}

constexpr const char* kFooter = R"(
Prints `listening ADDRESS` for every listener once it serves; logs to standard error.
SIGTERM or SIGINT: stop accepting, finish what has begun, exit 0. SIGHUP: read the configuration again; a broken one
changes nothing.

Exit status: 0 after a signal, 2 if the configuration is wrong, an address cannot be bound or the log of revocations is
damaged or another process's.

Example:
  assay serve --config assay.toml
)";

}  // namespace

void add_serve_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("serve", "Runs the sidecar beside a proxy");
  const auto path = std::make_shared<std::string>();
  command->add_option("--config", *path, "Configuration (TOML): docs/configuration.md")->type_name("FILE")->required();
  command->footer(kFooter);
  command->callback([path, &status] { status = run_serve(*path); });
}

}  // namespace assay::cli
