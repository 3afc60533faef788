#include "assay/decider.h"

#include <algorithm>
#include <array>
#include <poll.h>
#include <utility>

#include <CLI/CLI.hpp>

#include "assay/json_argument.h"
#include "assay/terminal.h"
#include "base/check.h"
#include "server/admin_explain.h"

namespace assay::cli {
namespace {

// Nothing after a complaint.
std::optional<ConfiguredEngine> open_configured(const CLI::App& command, const DeciderOptions& options,
                                                std::uint32_t& entrance) {
  for (const std::string& name : given_policy_options(command)) {
    complain(name + " and --config exclude each other: with --config the file says what is accepted");
    return std::nullopt;
  }
  const std::optional<config::Configuration> configuration = load_configuration(options.config);
  if (!configuration) return std::nullopt;
  const tl::expected<std::uint32_t, std::string> chosen =
      server::explained_entrance(configuration->settings.listeners, options.listener);
  if (!chosen) {
    complain("--listener " + chosen.error());
    return std::nullopt;
  }
  entrance = *chosen;
  ConfiguredEngine opened = open_engine(*configuration);
  for (const std::string& sentence : wait_for_documents(*configuration, opened.engine->control())) complain(sentence);
  return opened;
}

std::optional<ConfiguredEngine> open_from_options(const CLI::App& command, const DeciderOptions& options) {
  for (const char* name : {"--listener", "--method", "--path"}) {
    if (command.count(name) == 0) continue;
    complain(std::string(name) + " needs --config: without one there are no listeners and no routes");
    return std::nullopt;
  }
  tl::expected<Policy, std::vector<std::string>> policy = make_policy(options.policy);
  if (!policy) {
    for (const std::string& sentence : policy.error()) complain(sentence);
    complain("`assay " + command.get_name() + " --help` shows examples");
    return std::nullopt;
  }
  auto engine = Engine::open({.policy = std::move(*policy)});
  ASSAY_CHECK(engine.has_value());
  return ConfiguredEngine{.network = nullptr, .fetcher = nullptr, .engine = std::move(*engine)};
}

}  // namespace

void declare_decider_options(CLI::App& command, DeciderOptions& options) {
  command.add_option("--config", options.config, "Configuration of the sidecar; keys are fetched as it says")
      ->type_name("FILE");
  command
      .add_option("--listener", options.listener,
                  "Of --config: through which listener the token comes, counted from 1 [the first that tokens come by]")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U));
  command.add_option("--method", options.method, "Of --config: the request's method, for its routes [GET]")
      ->type_name("TEXT");
  command.add_option("--path", options.path, "Of --config: the request's path, for its routes [/]")->type_name("TEXT");
  command.add_option("--now", options.now, "Decide as of this time: seconds since the epoch, fractions allowed")
      ->type_name("EPOCH");
  declare_policy_options(command, options.policy);
}

std::optional<Decider> Decider::open(const CLI::App& command, const DeciderOptions& options) {
  std::optional<std::int64_t> now_us;
  if (command.count("--now") > 0) {
    const Expected<NumericDate> date = parse_epoch(options.now);
    if (!date) {
      complain("--now is no time; accepted: seconds since the epoch such as 1710223631.577478");
      return std::nullopt;
    }
    now_us = date->us;
  }
  const bool configured = command.count("--config") > 0;
  std::uint32_t entrance = 0;
  std::optional<ConfiguredEngine> opened =
      configured ? open_configured(command, options, entrance) : open_from_options(command, options);
  if (!opened) return std::nullopt;
  return Decider(std::move(*opened), options, entrance, now_us);
}

Decider::Decider(ConfiguredEngine opened, const DeciderOptions& options, std::uint32_t entrance,
                 std::optional<std::int64_t> now_us)
    : opened_(std::move(opened)),
      worker_(opened_.engine->worker()),
      method_(options.method),
      path_(options.path),
      entrance_(entrance),
      now_us_(now_us) {}

Now Decider::now() const {
  Now now = Now::read();
  if (now_us_) now.wall_us = *now_us_;
  return now;
}

std::span<const Verdict> Decider::decide(std::span<const std::string_view> tokens) {
  ASSAY_CHECK(tokens.size() <= kBatchMax);
  checks_.clear();
  for (const std::string_view token : tokens) {
    checks_.push_back({.token = token, .method = method_, .path = path_, .entrance = entrance_});
  }
  verdicts_.resize(tokens.size());
  for (;;) {
    worker_.decide(checks_, verdicts_, now());
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      checks_[i].ticket = verdicts_[i].ticket();
      if (verdicts_[i].pending()) ++waiting;
    }
    if (waiting == 0) return verdicts_;
    // All of them, because the next decide answers every check anew.
    while (waiting > 0) {
      pollfd settled{.fd = worker_.completion_fd(), .events = POLLIN, .revents = 0};
      poll(&settled, 1, -1);
      std::array<Ticket, kBatchMax> drained;
      waiting -= std::min(waiting, worker_.drain(drained));
    }
  }
}

Explanation Decider::explain(std::string_view token) {
  static_cast<void>(decide({&token, 1}));
  const Check check{.token = token, .method = method_, .path = path_, .entrance = entrance_};
  return opened_.engine->control().explain(check, now());
}

}  // namespace assay::cli
