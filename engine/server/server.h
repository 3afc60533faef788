// The sidecar: the listeners that decide, and the one that tells about it.
//
//   auto sidecar = server::Sidecar::start(*engine, settings);
//   if (!sidecar) complain(sidecar.error());
//   ...
//   (*sidecar)->drain();  // on SIGTERM
//   (*sidecar)->join();
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "assay/engine.h"
#include "assay/expected.h"
#include "assay/settings.h"
#include "server/admin.h"
#include "server/check_handler.h"
#include "server/drain_flag.h"
#include "server/http_server.h"

namespace assay::server {

class Sidecar {
 public:
  // Opens every listener and returns once all of them serve. The engine must outlive the sidecar; every
  // ListenerSettings::entrance and AdminSettings::entrance must exist in its policy. The control machine is not stepped
  // here. Where admin_decides, the admin thread has a worker of the engine as well.
  //   reload  what POST /reload of the admin listener does; nothing: it says that it cannot
  //   errors  a sentence for people (settings_faults, HttpServer::start); nothing is left running then
  [[nodiscard]] static tl::expected<std::unique_ptr<Sidecar>, std::string> start(Engine& engine, Settings settings,
                                                                                 ReloadConfiguration reload = {});

  // Stops at once; requests that wait are abandoned.
  ~Sidecar() = default;
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // Of the listeners, in the order of the settings, with the port that was bound where 0 was asked.
  [[nodiscard]] std::span<const Address> bound_addresses() const noexcept { return bound_addresses_; }
  // Nothing without an admin listener.
  [[nodiscard]] std::optional<Address> admin_address() const;
  [[nodiscard]] const PollerReport& poller() const noexcept { return checks_->poller(); }

  // Turns readiness false, then lets the decision listeners finish what they have begun (HttpServer::drain). Returns at
  // once. Thread-safe; a second call has no effect.
  void drain() noexcept;

  // Waits until the decision listeners have ended, at the latest after HttpLimits::drain_timeout, then ends the admin
  // listener, which answers until then. After drain(), and only then. One thread only.
  void join();

 private:
  explicit Sidecar(Settings settings) : settings_(std::move(settings)) {}

  // Each opens one HTTP server; the error is the server's.
  [[nodiscard]] tl::expected<void, std::string> open_checks(Engine& engine);
  [[nodiscard]] tl::expected<void, std::string> open_events(Engine& engine);
  void gather_addresses();
  [[nodiscard]] tl::expected<void, std::string> open_admin(Engine& engine, ReloadConfiguration reload);

  // In this order: each is looked at by the threads of what follows.
  const Settings settings_;
  DrainFlag draining_;
  std::deque<CheckCounters> counters_;  // one per worker, none added after the start
  ClientFaultCounters revoke_faults_;   // of the admin thread
  std::unique_ptr<HttpServer> checks_;
  std::unique_ptr<HttpServer> events_;  // null where no listener takes events
  std::unique_ptr<HttpServer> admin_;
  std::vector<Address> bound_addresses_;
};

}  // namespace assay::server
