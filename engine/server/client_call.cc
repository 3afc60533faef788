#include "server/client_call.h"

#include <cstddef>
#include <optional>

#include "base/constant_time.h"
#include "server/basic_credentials.h"
#include "server/media_type.h"

namespace assay::server {
namespace {

using Given = tl::expected<BasicCredentials, OauthError>;

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

tl::unexpected<OauthError> refuse(const OauthError& error) noexcept { return tl::unexpected<OauthError>(error); }

Given read_basic(std::string_view authorization, const Form& form, base::Arena& arena) noexcept {
  if (form.has("client_secret") || form.has("client_assertion")) {
    return refuse(invalid_request("more than one way of client authentication", ClientFault::kTwoWays));
  }
  if (!is_basic(authorization)) {
    return refuse(invalid_client("client authentication must be Basic or in the form", ClientFault::kOtherScheme));
  }
  const std::optional<BasicCredentials> given = parse_basic(authorization, arena);
  if (!given) return refuse(invalid_client("the Basic credentials are malformed", ClientFault::kMalformed));
  if (form.has("client_id") && form.find("client_id") != given->id) {
    return refuse(invalid_request("client_id is not the client that authenticates", ClientFault::kTwoIds));
  }
  return *given;
}

Given read_given(const HttpRequest& request, const Form& form, base::Arena& arena) noexcept {
  const std::optional<std::string_view> authorization = request.find_field("authorization");
  if (authorization) return read_basic(*authorization, form, arena);
  return BasicCredentials{.id = form.find("client_id"), .secret = form.find("client_secret")};
}

}  // namespace

std::size_t call_scratch_bytes(const HttpRequest& request) noexcept {
  const std::size_t credentials_bytes = request.find_field("authorization").value_or(std::string_view()).size();
  return form_scratch_bytes(request.body.size()) + 2 * credentials_bytes;
}

tl::expected<Form, OauthError> read_call(const HttpRequest& request, base::Arena& arena) noexcept {
  if (request.method != "POST") {
    return refuse({.status = 405, .error = "method_not_allowed", .description = "the method must be POST"});
  }
  if (request.target.find('?') != std::string_view::npos) {
    return refuse(invalid_request("parameters must be in the body"));
  }
  if (!has_media_type(request, kFormType)) {
    return refuse({.status = 415,
                   .error = "unsupported_media_type",
                   .description = "Content-Type must be application/x-www-form-urlencoded"});
  }
  const tl::expected<Form, FormFault> form = Form::parse(request.body, arena);
  if (form) return *form;
  OauthError error = invalid_request(text_of(form.error()));
  if (form.error() == FormFault::kNoRoom) error.status = 413;
  return refuse(error);
}

tl::expected<const ClientCredentials*, OauthError> authenticate_client(const HttpRequest& request, const Form& form,
                                                                       std::span<const ClientCredentials> clients,
                                                                       base::Arena& arena) noexcept {
  const Given given = read_given(request, form, arena);
  if (!given) return refuse(given.error());
  if (given->id.empty() || given->secret.empty()) {
    return refuse(invalid_client("client authentication is missing", ClientFault::kMissing));
  }
  std::size_t found = clients.size();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::size_t same = base::equals_in_constant_time(given->id, clients[i].id) &
                             base::equals_in_constant_time(given->secret, clients[i].secret);
    found ^= (found ^ i) & (std::size_t{0} - same);
  }
  if (found == clients.size()) {
    return refuse(invalid_client("the client id or the client secret is wrong", ClientFault::kWrong));
  }
  return &clients[found];
}

}  // namespace assay::server
