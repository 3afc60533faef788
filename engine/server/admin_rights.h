// Who may change state by the admin listener, and see what is not for everybody.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "assay/engine.h"
#include "assay/settings.h"
#include "base/arena.h"
#include "server/challenge.h"
#include "server/http.h"

namespace assay::server {

// Grants rights to whoever shows, as `Authorization: Bearer ...`, the secret of the settings or a token that Assay
// itself accepts at their entrance. Thread-confined.
//
//   timing  the secret is compared whole, in constant time
class AdminRights {
 public:
  // `settings` must outlive this. `worker` is of the engine whose entrance they name; nothing where they name none.
  AdminRights(const AdminSettings& settings, std::optional<Worker> worker);

  struct Answer {
    enum class Kind : std::uint8_t {
      kGranted,
      kRefused,  // with `refusal`
      kPending,  // ask again with `ticket` once drain() has brought it
    };
    Kind kind = Kind::kRefused;
    HttpResponse refusal = {};  // borrows from this; lives until the next call
    Ticket ticket = {};
  };

  // Whether somebody can have rights at all.
  [[nodiscard]] bool are_configured() const noexcept { return !settings_.secret.empty() || worker_.has_value(); }

  // Judges the credentials of `request`. Precondition: are_configured().
  //   ticket   of the answer kPending that this request got before
  //   refusal  401, 400, 403 (insufficient_scope) or 503 as RefusalWriter writes them
  //   spec     RFC 6750 sec 2.1, 3
  [[nodiscard]] Answer judge(const HttpRequest& request, Ticket ticket, Now now);

  // Readable when drain() has something; -1: never.
  [[nodiscard]] int wake_fd() const noexcept { return worker_ ? worker_->completion_fd() : -1; }
  // As Worker::drain and Worker::cancel.
  [[nodiscard]] std::size_t drain(std::span<Ticket> tickets) noexcept { return worker_ ? worker_->drain(tickets) : 0; }
  void cancel(Ticket ticket) noexcept {
    if (worker_) worker_->cancel(ticket);
  }

 private:
  [[nodiscard]] Answer refuse(const Refusal& refusal);

  const AdminSettings& settings_;
  std::optional<Worker> worker_;
  RefusalWriter refusals_;
  base::Arena scratch_;  // find_token asks for one and does not use it for Bearer
};

}  // namespace assay::server
