#include "config/config.h"

#include <filesystem>
#include <utility>

#include "config/admin_reader.h"
#include "config/client_reader.h"
#include "config/disk_files.h"
#include "config/issuer_reader.h"
#include "config/listener_reader.h"
#include "config/named_file.h"
#include "config/route_reader.h"
#include "config/server_reader.h"
#include "config/state_reader.h"
#include "config/toml_tree.h"

namespace assay::config {
namespace {

using Faulty = tl::unexpected<std::vector<ConfigFault>>;

}  // namespace

tl::expected<Configuration, std::vector<ConfigFault>> read_config(std::string_view text, std::string_view file_name,
                                                                  const ConfigFiles& files) {
  if (text.size() > kConfigBytesMax) {
    return Faulty({{.message = "the configuration is too long; accepted: at most " + std::to_string(kConfigBytesMax) +
                               " bytes"}});
  }
  const tl::expected<TomlValue, ConfigFault> tree = parse_toml(text);
  if (!tree) return Faulty({tree.error()});

  Faults faults;
  const ReadContext context{.files = files, .folder = std::filesystem::path(file_name).parent_path(), .faults = faults};
  TableReader document(*tree, "", faults);
  Configuration configuration;
  read_issuers(document, context, configuration);
  read_clients(document, context, configuration);
  read_listeners(document, faults, configuration);
  read_routes(document, faults, configuration);
  read_server(document, context, configuration);
  read_admin(document, context, configuration);
  refuse_unlisted_clients(document, faults, configuration);
  read_state(document, context, configuration);
  document.finish();
  if (!faults.empty()) return Faulty(faults.take_sorted());
  return configuration;
}

tl::expected<Configuration, std::vector<ConfigFault>> read_config_file(const std::string& path) {
  const DiskFiles files;
  const tl::expected<std::string, std::string> text = read_file_or_pipe(path, kConfigBytesMax);
  if (!text) return Faulty({{.message = "cannot read " + path + ": " + text.error()}});
  return read_config(*text, path, files);
}

}  // namespace assay::config
