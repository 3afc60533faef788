// Who may change state by the admin listener, and see what is not for everybody.
#pragma once

#include <cstdint>
#include <string>
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
  // `settings` must outlive this, and so must `worker`: of the engine whose entrance they name; null if they name none.
  AdminRights(const AdminSettings& settings, Worker* worker);

  struct Answer {
    enum class Kind : std::uint8_t {
      kGranted,
      kRefused,  // with `refusal`
      kPending,  // ask again with `ticket` once the worker has settled it
    };
    Kind kind = Kind::kRefused;
    HttpResponse refusal = {};  // borrows from this; lives until the next call
    Ticket ticket = {};
  };

  // Whether somebody can have rights at all.
  [[nodiscard]] bool are_configured() const noexcept {
    return !settings_.secret.empty() || settings_.entrance.has_value();
  }

  // Judges the credentials of `request`. Precondition: are_configured().
  //   ticket   of the answer kPending that this request got before
  //   refusal  401, 400, 403 (insufficient_scope) or 503 as RefusalWriter writes them
  //   spec     RFC 6750 sec 2.1, 3
  [[nodiscard]] Answer judge(const HttpRequest& request, Ticket ticket, Now now);

 private:
  [[nodiscard]] Answer refuse(const Refusal& refusal);
  [[nodiscard]] Answer refuse_token(const Verdict& verdict);

  const AdminSettings& settings_;
  Worker* worker_;  // null if absent
  RefusalWriter refusals_;
  std::string detail_;   // of the latest refusal
  base::Arena scratch_;  // find_token asks for one and does not use it for Bearer
};

}  // namespace assay::server
