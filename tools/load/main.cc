// assay-load: HTTP load with distinct tokens, and what the server made of it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "config/value_text.h"
#include "load/load_run.h"
#include "load/report.h"
#include "load/request_set.h"

namespace assay::load {
namespace {

enum class ExitStatus : int { kAllPassed = 0, kSomeRefused = 1, kUsage = 2 };

constexpr const char* kFooter = R"(
Examples:
  assay-load --target unix:/run/assay/check.sock --tokens tokens.txt --connections 64 --duration 10s
  assay-load --target tcp://127.0.0.1:8181 --tokens tokens.txt --connections 64 --rate 20000 --json load.json

docs/cli.md is the reference.)";

struct CommandLine {
  LoadOptions load;
  RequestForm form;
  std::string tokens_file;
  std::string json_file;
  int cpu = -1;
  bool spins = false;
};

void complain(const std::string& sentence) { std::fprintf(stderr, "assay-load: %s\n", sentence.c_str()); }

CLI::Option* add_duration(CLI::App& app, const char* flag, std::int64_t& duration_ns, const char* meaning) {
  return app
      .add_option_function<std::string>(
          flag,
          [&duration_ns](const std::string& text) {
            const auto duration = config::parse_duration(text);
            if (!duration) throw CLI::ValidationError("a duration is " + std::string(config::kDurationForm));
            duration_ns = std::chrono::nanoseconds(*duration).count();
          },
          meaning)
      ->type_name("DURATION");
}

void declare_options(CLI::App& app, CommandLine& line) {
  constexpr std::uint32_t kConnectionsMax = 10'000;
  constexpr std::uint32_t kDepthMax = 64;
  LoadOptions& load = line.load;
  app.add_option_function<std::string>(
         "--target",
         [&load](const std::string& text) {
           const auto address = config::parse_address(text);
           if (!address) throw CLI::ValidationError("an address is " + std::string(config::kAddressForm));
           load.target = *address;
         },
         "Where the server listens")
      ->type_name("ADDRESS")
      ->required();
  app.add_option("--tokens", line.tokens_file, "Tokens, one per line; sent in turn")->type_name("FILE")->required();
  app.add_option("--connections", load.connections, "Connections, kept open")
      ->check(CLI::Range(1U, kConnectionsMax))
      ->capture_default_str();
  app.add_option("--pipeline", load.depth_max, "Requests in flight on each connection, sent together")
      ->check(CLI::Range(1U, kDepthMax))
      ->capture_default_str();
  app.add_option("--rate", load.rate,
                 "Requests per second of all connections together, at even distances; latency "
                 "counts from when each was due [as fast as answers come]")
      ->check(CLI::Range(1.0, 1e7));
  CLI::Option* const requests =
      app.add_option("--requests", load.requests_max, "Counted requests, instead of --duration")
          ->check(CLI::PositiveNumber);
  add_duration(app, "--duration", load.duration_ns, "How long requests are started and counted [5s]")
      ->excludes(requests);
  add_duration(app, "--warmup", load.warmup_ns, "The same before anything is counted [1s]");
  add_duration(app, "--timeout", load.silence_ns, "Longest silence while requests wait [10s]");
  app.add_option("--header", line.form.header, "Header that holds the token alone [Authorization: Bearer TOKEN]");
  app.add_option("--path", line.form.path, "Request target")->capture_default_str();
  app.add_option("--host", line.form.host, "Value of the Host header")->capture_default_str();
  app.add_option("--cpu", line.cpu, "Runs on this processor alone")->check(CLI::NonNegativeNumber);
  app.add_flag("--spin", line.spins, "Never sleeps, so that no latency holds the time of waking up");
  app.add_option("--server-pid", load.server_pids, "Counts this process's CPU time per request; may be repeated")
      ->check(CLI::PositiveNumber)
      ->type_name("PID");
  app.add_option("--json", line.json_file,
                 "Writes the result there too, as JSON; - is standard output, without the text")
      ->type_name("FILE");
  app.footer(kFooter);
}

// What no option's own check sees; empty if nothing.
std::string fault_of(const CommandLine& line) {
  if (!line.form.header.empty() && !config::is_http_token(line.form.header)) return "--header is no header name";
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!line.form.path.starts_with('/') || !std::all_of(line.form.path.begin(), line.form.path.end(), is_visible)) {
    return "--path begins with / and holds visible ASCII alone";
  }
  if (!std::all_of(line.form.host.begin(), line.form.host.end(), is_visible)) return "--host holds a blank";
  return {};
}

bool pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

tl::expected<RequestSet, std::string> read_requests(const CommandLine& line) {
  std::ifstream file(line.tokens_file, std::ios::binary);
  if (!file) return tl::unexpected("cannot read " + line.tokens_file);
  const std::string tokens{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto requests = RequestSet::make(tokens, line.form, line.load.depth_max);
  if (!requests) return tl::unexpected(line.tokens_file + ": " + requests.error());
  return requests;
}

bool write_json(const CommandLine& line, const LoadResult& result) {
  const std::string json = report_json(line.load, result);
  if (line.json_file == "-") return std::fputs(json.c_str(), stdout) >= 0;
  std::ofstream file(line.json_file, std::ios::binary | std::ios::trunc);
  file << json;
  file.close();
  return !file.fail();
}

ExitStatus run(CommandLine line) {
  if (const std::string fault = fault_of(line); !fault.empty()) {
    complain(fault);
    return ExitStatus::kUsage;
  }
  if (line.load.requests_max > 0) line.load.duration_ns = 0;
  if (line.spins) line.load.waiting = Waiting::kSpin;
  const auto requests = read_requests(line);
  if (!requests) {
    complain(requests.error());
    return ExitStatus::kUsage;
  }
  if (line.cpu >= 0 && !pin_to(line.cpu)) {
    complain("there is no processor " + std::to_string(line.cpu) + " to run on");
    return ExitStatus::kUsage;
  }
  const auto result = run_load(*requests, line.load);
  if (!result) {
    complain(result.error());
    return ExitStatus::kUsage;
  }
  if (line.json_file != "-") std::fputs(report_text(line.load, *result).c_str(), stdout);
  if (!line.json_file.empty() && !write_json(line, *result)) {
    complain("cannot write " + line.json_file);
    return ExitStatus::kUsage;
  }
  return result->refusals() == 0 && result->lost == 0 ? ExitStatus::kAllPassed : ExitStatus::kSomeRefused;
}

}  // namespace
}  // namespace assay::load

int main(int argc, char** argv) {
  CLI::App app("Sends distinct tokens to a server that decides them, and measures.", "assay-load");
  assay::load::CommandLine line;
  assay::load::declare_options(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(assay::load::ExitStatus::kUsage);
  }
  return static_cast<int>(assay::load::run(std::move(line)));
}
