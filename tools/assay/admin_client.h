// Calls to the admin listener of a running sidecar.
#pragma once

#include <string>
#include <string_view>

#include "assay/expected.h"

namespace assay::cli {

// Where an admin listener is.
struct AdminPlace {
  std::string base_url;     // without "/" at its end
  std::string unix_socket;  // the way there; empty: TCP
};

// Reads "unix:/PATH", "http://HOST[:PORT]" or "https://HOST[:PORT]". Plain HTTP goes to this machine alone: the secret
// travels with every call. The error is a sentence for people.
[[nodiscard]] tl::expected<AdminPlace, std::string> read_admin_place(std::string_view url);

struct AdminAnswer {
  int status = 0;
  std::string listener;  // value of server::kAdminMark; empty: the field is not there
  std::string body;
};

// Posts a JSON body with the secret as bearer token and waits for the answer, at most half a minute.
//   errors  a sentence for people: nobody listens, no answer in time, TLS failed. Whether the call had an effect is
//           then not known
[[nodiscard]] tl::expected<AdminAnswer, std::string> post_json(const AdminPlace& place, std::string_view path,
                                                               std::string_view secret, std::string body);

}  // namespace assay::cli
