// Calls of OAuth clients: a form that is posted, and who posts it. Introspection and revocation are for those alone
// that prove who they are.
#pragma once

#include <cstddef>
#include <span>

#include "assay/expected.h"
#include "assay/settings.h"
#include "base/arena.h"
#include "server/form_body.h"
#include "server/http.h"
#include "server/oauth_error.h"

namespace assay::server {

// Arena bytes that are enough for the form and the credentials of any such call.
[[nodiscard]] std::size_t call_scratch_bytes(const HttpRequest& request) noexcept;

// Reads the form of a call.
//
//   errors   405 for another method than POST, 415 for another Content-Type, 413 where the arena has no room for the
//            form, invalid_request for one that form_body.h refuses, or for parameters in the target, where logs keep
//            them
//   returns  views of the request and of `arena`
[[nodiscard]] tl::expected<Form, OauthError> read_call(const HttpRequest& request, base::Arena& arena) noexcept;

// Authenticates the client of a form call, either by HTTP Basic or by client_id and client_secret in the form.
//
//   form      of the request's body
//   clients   who may call; whoever comes with an empty id or secret is none of them
//   arena     takes at most 3/2 of the Authorization field's size
//   returns   an element of `clients`
//   errors    invalid_client   no credentials, another scheme or method, malformed ones, or none that are known: the
//                              answer does not tell an unknown id from a wrong secret
//             each with its client_fault
//             invalid_request  two ways of authentication at once, or two ids. RFC 6749 sec 2.3
//   timing    every client is compared whole, in constant time: which one it was, and how much of a secret was right,
//             does not show
//   cost      linear in the clients; no allocation
//   spec      RFC 6749 sec 2.3.1, 5.2; RFC 7662 sec 2.1; RFC 7009 sec 2.1
[[nodiscard]] tl::expected<const ClientCredentials*, OauthError> authenticate_client(
    const HttpRequest& request, const Form& form, std::span<const ClientCredentials> clients,
    base::Arena& arena) noexcept;

}  // namespace assay::server
