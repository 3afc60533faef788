// The configuration file: TOML to Policy and Settings, with line and column in every complaint.
//
// docs/configuration.md is the reference of every key. Unknown keys and keys without effect are complaints: what is
// accepted is what is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/engine.h"
#include "assay/expected.h"
#include "assay/policy.h"
#include "assay/settings.h"

namespace assay::config {

// What is wrong, where, and what would be accepted instead.
struct ConfigFault {
  std::uint32_t line = 0;    // from 1; 0: the file as a whole
  std::uint32_t column = 0;  // from 1
  std::string message;       // one sentence that opens with the key's name; never holds a secret
};

// How requests to authorization servers leave; for the fetcher's options.
struct OutboundSettings {
  std::string ca_file;                 // PEM, existing; empty: the system's store
  std::string proxy;                   // "http://host:port"; empty: none
  std::string proxy_credentials_file;  // where the next was read from
  std::string proxy_credentials;       // "user:password"; empty: none
  std::string client_certificate;      // PEM, existing; both or neither
  std::string client_key;
};

// Where a secret was read from: one of the two, or neither where there is no secret.
struct SecretSource {
  std::string file;
  std::string variable;
};

// Where an issuer's keys and secret were read from. The values themselves are in the policy.
struct IssuerSources {
  std::string keys_file;         // of KeySource::kJwksText, kPem, kPemFolder and kSecret; empty: in the configuration
  SecretSource client_secret;    // of OpaquePolicy::client_secret
  std::string private_key_file;  // of OpaquePolicy::private_key_pem
};

// A [[client]]: a program that calls the sidecar in its own name.
struct NamedClient {
  ClientCredentials credentials;
  SecretSource secret;     // of credentials.secret
  bool is_listed = false;  // by a list `clients`; read_config refuses a client that is not
};

// An [[issuer]] with tenants, and the issuers that it was written out to.
struct TenantGroup {
  std::string name;
  std::vector<std::string> issuers;
};

// A URL that the configuration reader takes as it is, and where it stands: whoever uses it complains there.
struct PlacedUrl {
  std::string text;  // empty: none
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// [state]: where revocations are kept, and how they reach the other nodes of a fleet.
struct StateSettings {
  std::string log_path;  // of the log on this node's disk
  PlacedUrl fleet;       // the fleet's Redis; holds no password
  std::string fleet_password;
  SecretSource fleet_password_source;
  std::chrono::milliseconds fleet_timeout{1000};
  std::uint64_t fleet_stream_length = 1'000'000;
  FeedRule feed_rule;                        // EngineOptions::feed_rule
  bool shares_answers = false;               // introspection answers, in the fleet's Redis
  std::chrono::milliseconds share_wait{20};  // EngineOptions::share_wait
  std::string id_key;                        // EngineOptions::revocation_id_key
  SecretSource id_key_source;
};

struct Configuration {
  Policy policy;
  Settings settings;          // ListenerSettings::entrance of listener i is i; [admin]'s, if any, is the last
  SecretSource admin_secret;  // of AdminSettings::secret
  OutboundSettings outbound;
  std::vector<NamedClient> clients;
  std::optional<StateSettings> state;  // nothing: no revocations
  std::vector<IssuerSources> sources;  // sources[i] belongs to policy.issuers[i]
  std::vector<TenantGroup> tenant_groups;
};

// A file of a folder, by its name there.
struct FolderFile {
  std::string name;
  std::string content;
};

// How the reader gets at what the configuration names. config/disk_files.h has the one of the disk.
class ConfigFiles {
 public:
  virtual ~ConfigFiles() = default;
  // The whole content of a file of at most `bytes_max`; or why not, for people ("No such file or directory").
  [[nodiscard]] virtual tl::expected<std::string, std::string> read_file(const std::string& path,
                                                                         std::size_t bytes_max) const = 0;
  // The key files of a folder, of at most `bytes_max` bytes together; or why not.
  [[nodiscard]] virtual tl::expected<std::vector<FolderFile>, std::string> read_folder(const std::string& path,
                                                                                       std::size_t bytes_max) const = 0;
  // An environment variable; nothing where it is not set.
  [[nodiscard]] virtual std::optional<std::string> read_variable(const std::string& name) const = 0;
};

// Reads a whole configuration, all complaints at once, sorted by place.
//
//   text       TOML 1.0, at most kConfigBytesMax
//   file_name  its path: relative names inside are relative to its folder
//   returns    a configuration that lacks no required key; whether the engine can do what it says is still to be asked
//              of policy_faults (assay/policy.h)
[[nodiscard]] tl::expected<Configuration, std::vector<ConfigFault>> read_config(std::string_view text,
                                                                                std::string_view file_name,
                                                                                const ConfigFiles& files);

// As read_config, from the disk and this process's environment.
[[nodiscard]] tl::expected<Configuration, std::vector<ConfigFault>> read_config_file(const std::string& path);

// The effective configuration as TOML, defaults included and tenants written out: reading it gives an equal policy.
// Holds no secret and no key, only the names of the files and variables that they came from, unless the keys stand in
// the configuration.
[[nodiscard]] std::string describe(const Configuration& configuration);

inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;

}  // namespace assay::config
