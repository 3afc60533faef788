#include "issuer/clients.h"

#include <algorithm>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace assay::development {
namespace {

struct Credentials {
  std::string id;
  std::string secret;
};

Answer invalid_client() {
  Answer answer = oauth_error(401, "invalid_client", "the client id or the client secret is wrong");
  answer.fields.push_back({"WWW-Authenticate", "Basic realm=\"assay-issuer\", charset=\"UTF-8\""});
  return answer;
}

// Nothing if `text` is no padded base64.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4096) return std::nullopt;
  std::string octets(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  octets.resize(static_cast<std::size_t>(length) - (text.ends_with("==") ? 2U : text.ends_with("=") ? 1U : 0U));
  return octets;
}

// "Basic <base64>" with id and secret form-encoded before. RFC 6749 sec 2.3.1.
std::optional<Credentials> parse_basic(std::string_view authorization) {
  if (authorization.size() < 6 || !authorization.starts_with("Basic ")) return std::nullopt;
  const auto octets = decode_base64(authorization.substr(6));
  if (!octets) return std::nullopt;
  const std::size_t colon = octets->find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto id = decode_form_text(std::string_view(*octets).substr(0, colon));
  auto secret = decode_form_text(std::string_view(*octets).substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return Credentials{.id = *std::move(id), .secret = *std::move(secret)};
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

const Client* ClientRegistry::find(std::string_view id) const {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [id](const Client& c) { return c.id == id; });
  return found == clients_.end() ? nullptr : &*found;
}

tl::expected<const Client*, Answer> ClientRegistry::authenticate(const Request& request,
                                                                 const Parameters& parameters) const {
  const std::string_view authorization = request.field("authorization");
  Credentials given;
  if (authorization.empty()) {
    given = {.id = std::string(parameters.get("client_id")), .secret = std::string(parameters.get("client_secret"))};
  } else {
    if (parameters.has("client_secret")) {
      return tl::make_unexpected(oauth_error(400, "invalid_request", "more than one way of client authentication"));
    }
    auto basic = parse_basic(authorization);
    if (!basic) return tl::make_unexpected(invalid_client());
    given = *std::move(basic);
  }
  const Client* client = find(given.id);
  if (client == nullptr || !same_secret(client->secret, given.secret)) return tl::make_unexpected(invalid_client());
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
