// POST /revoke as OAuth clients call it: a form, by a client that proves who it is. RFC 7009 sec 2.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/limits.h"
#include "assay/settings.h"
#include "base/arena.h"
#include "server/http.h"
#include "server/oauth_error.h"

namespace assay::server {

inline constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

// Longest form of a revocation, in bytes: a token of kTokenBytesMax with every byte escaped, and what comes with it.
inline constexpr std::size_t kRevokeFormBytesMax = std::size_t{64} * 1024;
static_assert(kRevokeFormBytesMax >= 3 * kTokenBytesMax);

// Whether the body says that it is a form.
[[nodiscard]] bool has_revoke_form(const HttpRequest& request) noexcept;

// What a form asks for.
struct RevokeForm {
  std::string_view token;
  std::string_view client;  // who asks, of the list that was given
};

// Reads the form of `request` and authenticates its client.
//
//   clients  who may call; empty: the caller has rights by other means, and `client` stays empty
//   arena    takes at most form_scratch_bytes(kRevokeFormBytesMax) and 3/2 of the Authorization field
//   returns  views of the request, of `clients` and of `arena`
//   errors   invalid_request         no form, or one without token; longer than kRevokeFormBytesMax; a token longer
//                                    than kTokenBytesMax
//            unsupported_token_type  the hint says refresh_token: no such token ever comes to a sidecar
//            invalid_client          as authenticate_client
//   spec     RFC 7009 sec 2.1, 2.2.1
[[nodiscard]] tl::expected<RevokeForm, OauthError> read_revoke_form(const HttpRequest& request,
                                                                    std::span<const ClientCredentials> clients,
                                                                    base::Arena& arena) noexcept;

}  // namespace assay::server
