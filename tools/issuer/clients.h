// The registered clients of one token system and how they prove who they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "issuer/exchange.h"
#include "issuer/parameters.h"

namespace assay::development {

struct Client {
  std::string id;
  std::string secret;
  std::vector<std::string> scopes;  // what it may ask for; all of them where it asks for none
};

class ClientRegistry {
 public:
  void add(Client client) { clients_.push_back(std::move(client)); }
  [[nodiscard]] const std::vector<Client>& clients() const { return clients_; }
  // Null if nobody has that id. Pointers live until the next add.
  [[nodiscard]] const Client* find(std::string_view id) const;

  // Authenticates by HTTP Basic or by client_id and client_secret among the parameters, never by both
  // (RFC 6749 sec 2.3). The error is the finished answer (RFC 6749 sec 5.2).
  [[nodiscard]] tl::expected<const Client*, Answer> authenticate(const Request& request,
                                                                 const Parameters& parameters) const;

 private:
  std::vector<Client> clients_;
};

// The scope that `client` gets when it asks for `requested` (space-separated): all of it, or the client's whole list
// for an empty text. The error is invalid_scope (RFC 6749 sec 5.2).
[[nodiscard]] tl::expected<std::string, Answer> grant_scope(const Client& client, std::string_view requested);

}  // namespace assay::development
