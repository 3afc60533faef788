// assay-issuer: a development authorization server that speaks as the four systems of docs/systems do.
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <signal.h>
#include <string>

#include <CLI/CLI.hpp>

#include "issuer/issuer.h"
#include "issuer/issuer_handler.h"
#include "server/http_server.h"

namespace assay::development {
namespace {

struct CommandLine {
  std::string listen = "127.0.0.1:8180";
  std::string base_url;
  std::string directory;
  IssuerOptions options;
};

// An option whose value is ID:SECRET.
struct ClientOption {
  const char* flag;
  const char* system;    // for people
  ClientSecret* client;  // where the value goes
};

std::string usage_of_clients(const CommandLine& line) {
  std::string text = "clients (change one with its option):\n";
  const auto describe = [&text](const char* system, const ClientSecret& client) {
    text += std::string("  ") + system + "  " + client.id + ":" + client.secret + "\n";
  };
  describe("Partner Connect Hub ", line.options.hub_client);
  describe("Bookings            ", line.options.bookings_client);
  describe("Credicorp           ", line.options.credicorp_client);
  describe("HubRise             ", line.options.hubrise_client);
  describe("introspection caller", line.options.introspection_client);
  return text;
}

void add_client_option(CLI::App& app, const ClientOption& option) {
  app.add_option_function<std::string>(
         option.flag,
         [client = option.client](const std::string& text) {
           const std::size_t colon = text.find(':');
           if (colon == 0 || colon == std::string::npos || colon + 1 == text.size()) {
             throw CLI::ValidationError("a client is written ID:SECRET");
           }
           *client = {.id = text.substr(0, colon), .secret = text.substr(colon + 1)};
         },
         std::string("Client of ") + option.system + " [" + option.client->id + ":" + option.client->secret + "]")
      ->type_name("ID:SECRET");
}

void declare_options(CLI::App& app, CommandLine& line) {
  IssuerOptions& options = line.options;
  app.add_option("--listen", line.listen, "Numeric address and port; port 0 takes a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--base-url", line.base_url, "What tokens name as their issuer [http://ADDRESS:PORT]")
      ->type_name("URL");
  app.add_option("--write-files", line.directory,
                 "Writes bookings.pem and introspection.secret there, as the configurations of docs/systems want them")
      ->type_name("DIRECTORY")
      ->check(CLI::ExistingDirectory);
  app.add_option("--kid", options.kid, "First kid of the Hub and of Credicorp: one text for two different keys")
      ->capture_default_str();
  app.add_option("--tokens-per-minute", options.tokens_per_minute, "Token requests of one client before 429")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_client_option(app, {"--hub-client", "the Partner Connect Hub", &options.hub_client});
  add_client_option(app, {"--bookings-client", "Bookings", &options.bookings_client});
  add_client_option(app, {"--credicorp-client", "Credicorp", &options.credicorp_client});
  add_client_option(app, {"--hubrise-client", "HubRise", &options.hubrise_client});
  add_client_option(app, {"--introspection-client", "both introspection endpoints", &options.introspection_client});
  app.footer(
      "\nEndpoints: see docs/systems. Controls for tests, all POST with form parameters:\n"
      "  /dev/mint    system=hub|bookings|credicorp [scope expires_in not_before iss aud sub\n"
      "               signature=good|tampered|foreign_key]; credicorp: [status_index status_uri]\n"
      "  /dev/status  [index status=0..3] [form=good|garbage|foreign_key|wrong_sub|wrong_type|torn|expired]:\n"
      "               of Credicorp's status list, /partner/v1/statuslists/1\n"
      "  /dev/rotate  system, old_keys=published|withdrawn\n"
      "  /dev/spares  system, count=1..100: makes keys for so many rotations, about 0.1 s each\n"
      "  /dev/outage  endpoint=hub.jwks (see counters), retry_after=SECONDS; 0 ends it\n"
      "  /dev/rate    system, per_minute\n"
      "  /dev/revoke  token (HubRise: the user takes it back; Credicorp: introspects as inactive)\n"
      "  /dev/user    approval=granted|denied (HubRise)\n"
      "GET /dev/counters, /dev/bookings.pem; any method /echo/... answers what it got as JSON.\n"
      "\nKeys are new at every start. Not for production: secrets are printed, and anyone may mint.");
}

// Nothing if `text` is no ADDRESS:PORT; IPv6 addresses stand in brackets.
std::optional<Address> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  return address;
}

std::string url_of(const Address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file.fail()) std::fprintf(stderr, "assay-issuer: cannot write %s\n", path.c_str());
  return !file.fail();
}

// The PEM comes from the issuer's own endpoint, so that file and endpoint cannot differ.
bool write_files(const CommandLine& line, Issuer& issuer, Now now) {
  if (line.directory.empty()) return true;
  const std::filesystem::path directory(line.directory);
  Request request;
  request.method = "GET";
  request.path = "/dev/bookings.pem";
  return write_file(directory / "bookings.pem", issuer.answer(request, now).body) &&
         write_file(directory / "introspection.secret", line.options.introspection_client.secret + "\n");
}

// Blocks until SIGINT or SIGTERM, which every thread must have blocked.
void wait_for_end(const sigset_t& signals) {
  int signal_number = 0;
  sigwait(&signals, &signal_number);
}

int run(CommandLine line) {
  const std::optional<Address> address = parse_listen(line.listen);
  if (!address) {
    std::fprintf(stderr, "assay-issuer: --listen is an address and a port, such as 127.0.0.1:8180\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  IssuerSlot slot;
  std::unique_ptr<Issuer> issuer;  // outlives the server
  auto server = server::HttpServer::start(
      {.listeners = {{.address = *address, .body = server::BodyUse::kKeep}},
       .workers = 1,
       .make_handler = [&slot](std::uint32_t) { return std::make_unique<IssuerHandler>(slot); }});
  if (!server) {
    std::fprintf(stderr, "assay-issuer: %s\n", server.error().c_str());
    return 1;
  }
  const std::string own_url = url_of((*server)->bound_addresses().front());
  line.options.base_url = line.base_url.empty() ? own_url : line.base_url;
  issuer = std::make_unique<Issuer>(line.options);
  if (!write_files(line, *issuer, Now{})) return 1;
  slot.publish(issuer.get());
  std::printf("%s\nissuer of tokens: %s\n%s", own_url.c_str(), line.options.base_url.c_str(),
              usage_of_clients(line).c_str());
  std::fflush(stdout);
  wait_for_end(signals);
  (*server)->drain();
  (*server)->join();
  return 0;
}

}  // namespace
}  // namespace assay::development

int main(int argc, char** argv) {
  CLI::App app(
      "A development authorization server: Partner Connect Hub, Bookings, Credicorp and HubRise on one port.\n"
      "Prints its URL as the first line, then its clients; ends on SIGINT or SIGTERM.",
      "assay-issuer");
  assay::development::CommandLine line;
  assay::development::declare_options(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return assay::development::run(std::move(line));
}
