// Token introspection: the request and the answer. RFC 7662 sec 2.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/expected.h"
#include "assay/fetcher.h"
#include "assay/policy.h"
#include "base/arena.h"
#include "jose/claims.h"

namespace assay::issuer {

// Builds the POST: form-encoded token and token_type_hint. Who asks is still to be said (client_authentication.h), and
// `allow_plain_http` stays false: it is the issuer's to allow.
[[nodiscard]] FetchRequest make_introspection_request(const OpaquePolicy& policy, std::string_view token);

// An answer that owns its text, so that it can be remembered and shared. Immutable.
class IntrospectionAnswer {
  // Only parse has one.
  struct Maker {
    explicit Maker() = default;
  };

 public:
  IntrospectionAnswer(Maker /*maker*/, std::size_t arena_bytes) : arena_(arena_bytes) {}

  // Reads a response body.
  //   errors   bad_answer: no JSON object, `active` absent or no boolean, or a member of the wrong type
  [[nodiscard]] static Expected<std::shared_ptr<const IntrospectionAnswer>> parse(std::string_view body);

  [[nodiscard]] bool active() const noexcept { return active_; }
  // The members of an active answer in fixed slots, all empty for an inactive one; views live as long as this object.
  [[nodiscard]] const jose::Claims& claims() const noexcept { return claims_; }
  // The JSON text of the whole answer.
  [[nodiscard]] std::string_view json() const noexcept { return text_; }
  // Memory this answer holds, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  // Fills this answer. Errors: as parse, and bad_answer if the arena is too small.
  [[nodiscard]] Expected<void> read(std::string_view body);

  base::Arena arena_;
  std::string_view text_;
  bool active_ = false;
  jose::Claims claims_;
};

}  // namespace assay::issuer
