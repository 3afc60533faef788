// The status list of one system's tokens, and the ways in which tests want it spoilt. draft-ietf-oauth-status-list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/engine.h"
#include "issuer/exchange.h"
#include "issuer/key_ring.h"

namespace assay::development {

// How the list is served.
enum class StatusListForm : std::uint8_t {
  kGood,
  kGarbage,       // no JWT
  kForeignKey,    // signed by a key that nobody published
  kWrongSubject,  // another list's
  kWrongType,     // as an access token
  kTorn,          // what it holds does not decompress
  kExpired,
};

// The form of a name as /dev/status has it; nothing if there is none.
[[nodiscard]] std::optional<StatusListForm> find_status_list_form(std::string_view name);

// Two bits for each of kSize tokens. Thread-confined.
class StatusPublisher {
 public:
  static constexpr std::int64_t kSize = 4096;

  // Whose list it is: its `iss`. It is served, and names itself, under /statuslists/1 of that.
  explicit StatusPublisher(std::string issuer) : issuer_(std::move(issuer)), url_(issuer_ + "/statuslists/1") {}

  [[nodiscard]] const std::string& url() const { return url_; }
  // Precondition: 0 <= index < kSize, and status is 0 to 3.
  void set(std::int64_t index, std::int64_t status);
  void set_form(StatusListForm form) { form_ = form; }

  // The status list token, signed by the ring's key.
  [[nodiscard]] Answer serve(const KeyRing& keys, Now now) const;

 private:
  std::string issuer_;
  std::string url_;
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(kSize / 4);
  StatusListForm form_ = StatusListForm::kGood;
};

}  // namespace assay::development
