#include "config/config.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/issuer_reader.h"
#include "config/listener_reader.h"
#include "config/named_file.h"
#include "config/route_reader.h"
#include "config/server_reader.h"
#include "config/toml_tree.h"

namespace assay::config {
namespace {

using Faulty = tl::unexpected<std::vector<ConfigFault>>;

class DiskFiles final : public ConfigFiles {
 public:
  [[nodiscard]] tl::expected<std::string, std::string> read_file(const std::string& path,
                                                                 std::size_t bytes_max) const override {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return tl::unexpected<std::string>("is a folder");
    std::ifstream file(path, std::ios::binary);
    if (!file) return tl::unexpected<std::string>(std::generic_category().message(errno));
    std::string content(bytes_max + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad()) return tl::unexpected<std::string>("reading failed");
    if (content.size() > bytes_max) return tl::unexpected<std::string>("too long");
    return content;
  }

  [[nodiscard]] std::optional<std::string> read_variable(const std::string& name) const override {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }
};

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
  read_listeners(document, faults, configuration);
  read_routes(document, faults, configuration);
  read_server(document, context, configuration);
  document.refuse_unbuilt("state", "revocation ([state])");
  document.finish();
  if (!faults.empty()) return Faulty(faults.take_sorted());
  return configuration;
}

tl::expected<Configuration, std::vector<ConfigFault>> read_config_file(const std::string& path) {
  const DiskFiles files;
  const tl::expected<std::string, std::string> text = files.read_file(path, kConfigBytesMax);
  if (!text) return Faulty({{.message = "cannot read " + path + ": " + text.error()}});
  return read_config(*text, path, files);
}

}  // namespace assay::config
