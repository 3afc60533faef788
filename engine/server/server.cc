#include "server/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "assay/control.h"
#include "server/event_handler.h"
#include "server/listening_socket.h"
#include "server/settings_faults.h"

namespace assay::server {
namespace {

using Opened = tl::expected<void, std::string>;

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

// One per core where the settings leave it open. The admin thread's worker counts among the engine's as well.
std::uint32_t workers_of(const Settings& settings) {
  const bool has_one_more = settings.admin && admin_decides(*settings.admin);
  if (settings.workers != 0 || !has_one_more) return settings.workers;
  return std::clamp(std::thread::hardware_concurrency(), 1U, static_cast<unsigned>(kWorkersMax - 1));
}

}  // namespace

tl::expected<std::unique_ptr<Sidecar>, std::string> Sidecar::start(Engine& engine, Settings settings,
                                                                   ReloadConfiguration reload) {
  const std::vector<std::string> faults = settings_faults(settings);
  if (!faults.empty()) return tl::unexpected<std::string>(join_lines(faults));
  std::unique_ptr<Sidecar> sidecar(new Sidecar(std::move(settings)));
  if (Opened opened = sidecar->open_checks(engine); !opened) return tl::unexpected<std::string>(opened.error());
  if (Opened opened = sidecar->open_events(engine); !opened) return tl::unexpected<std::string>(opened.error());
  sidecar->gather_addresses();
  if (Opened opened = sidecar->open_admin(engine, std::move(reload)); !opened)
    return tl::unexpected<std::string>(opened.error());
  return sidecar;
}

tl::expected<void, std::string> Sidecar::open_checks(Engine& engine) {
  HttpServerOptions options{.listeners = {},
                            .workers = workers_of(settings_),
                            .limits = settings_.http,
                            .poller = settings_.poller,
                            .make_handler = {}};
  std::vector<CheckedListener> checked;
  for (const ListenerSettings& listener : settings_.listeners) {
    if (listener.mode == ListenerMode::kEvents) continue;
    const bool reads_forms = listener.mode == ListenerMode::kIntrospection;
    options.listeners.push_back(
        {.address = listener.address, .body = reads_forms ? BodyUse::kKeep : BodyUse::kDiscard});
    tl::expected<PeerTrust, std::string> trust = PeerTrust::parse(listener.trusted_peers);
    if (!trust) return tl::unexpected<std::string>(trust.error());
    checked.push_back({.settings = &listener, .trust = std::move(*trust)});
  }
  options.make_handler = [this, &engine, checked](std::uint32_t /*worker_index*/) {
    return std::make_unique<CheckHandler>(engine.worker(), checked, counters_.emplace_back());
  };
  auto server = HttpServer::start(std::move(options));
  if (!server) return tl::unexpected<std::string>(server.error());
  checks_ = std::move(*server);
  return {};
}

tl::expected<void, std::string> Sidecar::open_events(Engine& engine) {
  HttpServerOptions options{
      .listeners = {}, .workers = 1, .limits = settings_.http, .poller = settings_.poller, .make_handler = {}};
  std::vector<std::uint32_t> entrances;
  for (const ListenerSettings& listener : settings_.listeners) {
    if (listener.mode != ListenerMode::kEvents) continue;
    options.listeners.push_back({.address = listener.address, .body = BodyUse::kKeep});
    entrances.push_back(listener.entrance);
  }
  if (entrances.empty()) return {};
  if (!engine.control().revocation_status().has_log) {
    return tl::unexpected<std::string>("listener " + address_text(options.listeners.front().address) +
                                       ": events are of no use without a log of revocations");
  }
  options.make_handler = [&engine, entrances](std::uint32_t /*worker_index*/) {
    return std::make_unique<EventHandler>(engine.control(), entrances);
  };
  auto server = HttpServer::start(std::move(options));
  if (!server) return tl::unexpected<std::string>(server.error());
  events_ = std::move(*server);
  return {};
}

// Each server has bound its listeners in the order of the settings.
void Sidecar::gather_addresses() {
  std::size_t checks = 0;
  std::size_t events = 0;
  for (const ListenerSettings& listener : settings_.listeners) {
    const bool is_of_events = listener.mode == ListenerMode::kEvents;
    bound_addresses_.push_back(is_of_events ? events_->bound_addresses()[events++]
                                            : checks_->bound_addresses()[checks++]);
  }
}

tl::expected<void, std::string> Sidecar::open_admin(Engine& engine, ReloadConfiguration reload) {
  if (!settings_.admin) return {};
  const AdminOptions options{.sources = {.control = engine.control(),
                                         .checks = *checks_,
                                         .counters = counters_,
                                         .revoke_faults = revoke_faults_,
                                         .draining = draining_},
                             .settings = settings_,
                             .revoke_faults = revoke_faults_,
                             .reload = std::move(reload)};
  HttpLimits limits = settings_.http;
  limits.body_bytes_max = kAdminBodyBytesMax;
  limits.connections_max = std::min(limits.connections_max, kAdminConnectionsMax);
  auto server = HttpServer::start({.listeners = {{.address = settings_.admin->address, .body = BodyUse::kKeep}},
                                   .workers = 1,
                                   .limits = limits,
                                   .poller = settings_.poller,
                                   .displaced = Displaced::kUnproven,
                                   .make_handler = [&engine, &options](std::uint32_t /*worker_index*/) {
                                     std::optional<Worker> worker;
                                     if (admin_decides(*options.settings.admin)) worker = engine.worker();
                                     return std::make_unique<AdminHandler>(options, std::move(worker));
                                   }});
  if (!server) return tl::unexpected<std::string>(server.error());
  admin_ = std::move(*server);
  return {};
}

std::optional<Address> Sidecar::admin_address() const {
  if (!admin_) return std::nullopt;
  return admin_->bound_addresses().front();
}

void Sidecar::drain() noexcept {
  draining_.begin();
  checks_->drain();
  if (events_) events_->drain();
}

void Sidecar::join() {
  checks_->join();
  if (events_) events_->join();
  if (!admin_) return;
  admin_->drain();
  admin_->join();
}

}  // namespace assay::server
