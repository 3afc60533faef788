#include "issuer/clients.h"

#include <algorithm>

#include "base/arena.h"
#include "base/constant_time.h"
#include "server/basic_credentials.h"

namespace assay::development {
namespace {

Answer invalid_client() {
  Answer answer = oauth_error(401, "invalid_client", "the client id or the client secret is wrong");
  answer.fields.push_back({"WWW-Authenticate", "Basic realm=\"assay-issuer\", charset=\"UTF-8\""});
  return answer;
}

}  // namespace

const Client* ClientRegistry::find(std::string_view id) const {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [id](const Client& c) { return c.id == id; });
  return found == clients_.end() ? nullptr : &*found;
}

tl::expected<const Client*, Answer> ClientRegistry::authenticate(const Request& request,
                                                                 const Parameters& parameters) const {
  const std::string_view authorization = request.field("authorization");
  server::BasicCredentials given{.id = parameters.get("client_id"), .secret = parameters.get("client_secret")};
  base::Arena arena(2 * authorization.size());
  if (!authorization.empty()) {
    if (parameters.has("client_secret")) {
      return tl::make_unexpected(oauth_error(400, "invalid_request", "more than one way of client authentication"));
    }
    const auto basic = server::parse_basic(authorization, arena);
    if (!basic) return tl::make_unexpected(invalid_client());
    given = *basic;
  }
  const Client* client = find(given.id);
  const bool known = client != nullptr && base::equals_in_constant_time(given.secret, client->secret) == 1;
  if (!known) return tl::make_unexpected(invalid_client());
  return client;
}

tl::expected<std::string, Answer> grant_scope(const Client& client, std::string_view requested) {
  std::string granted;
  if (requested.empty()) {
    for (const std::string& scope : client.scopes) granted += (granted.empty() ? "" : " ") + scope;
    return granted;
  }
  granted = requested;
  while (!requested.empty()) {
    const std::size_t end = requested.find(' ');
    const std::string_view scope = requested.substr(0, end);
    if (std::find(client.scopes.begin(), client.scopes.end(), scope) == client.scopes.end()) {
      return tl::make_unexpected(oauth_error(400, "invalid_scope", "the client may not ask for this scope"));
    }
    requested = end == std::string_view::npos ? std::string_view{} : requested.substr(end + 1);
  }
  return granted;
}

}  // namespace assay::development
