#include "config/client_reader.h"

#include <algorithm>
#include <utility>

#include "config/secret_reader.h"

namespace assay::config {
namespace {

constexpr std::size_t kClientsMax = 1024;
constexpr std::size_t kIdBytesMax = 256;
constexpr SecretKeys kSecretKeys{.file = "secret_file", .variable = "secret_env", .bytes = {1, 1024}};
// RFC 6749 appendix A.1.
constexpr std::string_view kIdForm = "1 to 256 characters of printable ASCII";

bool is_id(const std::string& text) {
  return text.size() <= kIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

NamedClient* find_client(std::vector<NamedClient>& clients, const std::string& id) {
  const auto found =
      std::find_if(clients.begin(), clients.end(), [&](const NamedClient& one) { return one.credentials.id == id; });
  return found == clients.end() ? nullptr : &*found;
}

void read_client(const TomlValue& table, const ReadContext& context, Configuration& out) {
  TableReader reader(table, "client", context.faults);
  NamedClient client;
  reader.require("id", kIdForm);
  if (const TomlValue* id = reader.read_string("id")) {
    client.credentials.id = id->text;
    if (!is_id(id->text)) reader.complain_value("id", *id, kIdForm);
    if (find_client(out.clients, id->text) != nullptr) {
      reader.complain_at(id->place, "id", "\"" + id->text + "\" is there twice; accepted: unique ids");
    }
  }
  if (auto secret = read_secret(reader, context, kSecretKeys, client.secret)) {
    client.credentials.secret = std::move(*secret);
  }
  reader.finish();
  out.clients.push_back(std::move(client));
}

}  // namespace

void read_clients(TableReader& document, const ReadContext& context, Configuration& out) {
  const std::vector<const TomlValue*> tables = document.read_tables("client");
  if (tables.size() > kClientsMax) {
    document.complain(
        "client", "there are " + std::to_string(tables.size()) + "; accepted: at most " + std::to_string(kClientsMax));
  }
  for (const TomlValue* table : tables) read_client(*table, context, out);
}

std::vector<ClientCredentials> read_client_list(TableReader& reader, Configuration& out) {
  std::vector<ClientCredentials> listed;
  for (const PlacedText& id : reader.read_strings("clients")) {
    NamedClient* client = find_client(out.clients, id.text);
    if (client == nullptr) {
      reader.complain_at(id.place, "clients", "there is no client \"" + id.text + "\"; accepted: ids of [[client]]");
      continue;
    }
    client->is_listed = true;
    listed.push_back(client->credentials);
  }
  return listed;
}

void refuse_unlisted_clients(TableReader& document, Faults& faults, const Configuration& out) {
  // A list that is wrong may be the one that was meant to name it.
  if (!faults.empty()) return;
  const std::vector<const TomlValue*> tables = document.read_tables("client");
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const NamedClient& client = out.clients[i];
    if (client.is_listed) continue;
    TableReader reader(*tables[i], "client", faults);
    reader.complain(
        "id",
        "has no effect: no list of clients names \"" + client.credentials.id +
            "\"; accepted: clients = [...] in [admin] or in a [[listener]] of mode introspection, or remove the table");
  }
}

}  // namespace assay::config
