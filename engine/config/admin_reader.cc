#include "config/admin_reader.h"

#include <algorithm>
#include <utility>

#include "config/client_reader.h"
#include "config/listener_reader.h"
#include "config/secret_reader.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr SecretKeys kSecretKeys{.file = "secret_file", .variable = "secret_env", .bytes = {16, 1024}};

// It is sent as a bearer token, in a header. RFC 6750 sec 2.1.
bool is_sendable(const std::string& secret) {
  return std::all_of(secret.begin(), secret.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void read_admin_secret(TableReader& reader, const ReadContext& context, AdminSettings& admin, SecretSource& source) {
  if (!reader.has(kSecretKeys.file) && !reader.has(kSecretKeys.variable)) return;
  std::optional<std::string> secret = read_secret(reader, context, kSecretKeys, source);
  if (!secret) return;
  if (!is_sendable(*secret)) {
    reader.complain(source.file.empty() ? kSecretKeys.variable : kSecretKeys.file,
                    "names a secret with blanks or bytes that are no ASCII; accepted: one line of printable ASCII");
  }
  admin.secret = std::move(*secret);
}

void read_admin_scope(TableReader& reader, Configuration& out, AdminSettings& admin) {
  const TomlValue* scope = reader.read_string("scope");
  if (!reader.has("scope")) return reader.refuse_without_effect("issuers", "there is no scope that a token could have");
  // A scope means what its issuer says: another issuer's users may get the same word for something small.
  if (out.policy.issuers.size() > 1) reader.require("issuers", "the names of the issuers whose tokens may steer");
  EntrancePolicy entrance = read_entrance(reader, out);
  if (scope == nullptr) return;
  entrance.uses_routes = false;
  entrance.scopes = {scope->text};
  admin.entrance = static_cast<std::uint32_t>(out.policy.entrances.size());
  out.policy.entrances.push_back(std::move(entrance));
}

}  // namespace

void read_admin(TableReader& document, const ReadContext& context, Configuration& out) {
  const TomlValue* table = document.read_table("admin");
  if (table == nullptr) return;
  TableReader reader(*table, "admin", context.faults);
  AdminSettings admin{.address = read_address(reader, out.settings)};
  read_admin_secret(reader, context, admin, out.admin_secret);
  read_admin_scope(reader, out, admin);
  const bool is_guarded = reader.has("secret_file") || reader.has("secret_env") || reader.has("scope");
  const bool has_address = !admin.address.host.empty() || !admin.address.path.empty();
  if (has_address && !is_guarded && !is_local(admin.address)) {
    reader.complain("address",
                    "can be reached from other machines, and nothing says who may steer; accepted: a "
                    "loopback address, a Unix socket, or secret_file, secret_env or scope beside it");
  }
  admin.clients = read_client_list(reader, out);
  reader.finish();
  out.settings.admin = std::move(admin);
}

}  // namespace assay::config
