#include "server/admin_revoke_form.h"

#include "assay/limits.h"
#include "server/client_call.h"
#include "server/form_body.h"
#include "server/media_type.h"

namespace assay::server {
namespace {

using ReadForm = tl::expected<RevokeForm, OauthError>;

tl::unexpected<OauthError> refuse(const OauthError& error) noexcept { return tl::unexpected<OauthError>(error); }

}  // namespace

bool has_revoke_form(const HttpRequest& request) noexcept { return has_media_type(request, kFormType); }

ReadForm read_revoke_form(const HttpRequest& request, std::span<const ClientCredentials> clients,
                          base::Arena& arena) noexcept {
  if (request.body.size() > kRevokeFormBytesMax) return refuse(invalid_request("the form is too long"));
  const tl::expected<Form, FormFault> form = Form::parse(request.body, arena);
  if (!form) return refuse(invalid_request(text_of(form.error())));
  RevokeForm read;
  if (!clients.empty()) {
    const tl::expected<const ClientCredentials*, OauthError> client =
        authenticate_client(request, *form, clients, arena);
    if (!client) return refuse(client.error());
    read.client = (*client)->id;
  }
  read.token = form->find("token");
  if (read.token.empty()) return refuse(invalid_request("token is missing"));
  if (read.token.size() > kTokenBytesMax) return refuse(invalid_request("token is too long"));
  // The hint that it is some other token changes nothing: it may be wrong. RFC 7009 sec 2.1.
  if (form->find("token_type_hint") == "refresh_token") {
    return refuse({.status = 400,
                   .error = "unsupported_token_type",
                   .description = "a sidecar sees no refresh tokens: revoke them at the authorization server"});
  }
  return read;
}

}  // namespace assay::server
