#include "config/secret_reader.h"

#include <utility>

namespace assay::config {

std::optional<std::string> read_secret(TableReader& reader, const ReadContext& context, const SecretKeys& keys,
                                       SecretSource& source) {
  const TomlValue* file_name = reader.read_string(keys.file);
  const TomlValue* variable = reader.read_string(keys.variable);
  if (reader.has(keys.file) == reader.has(keys.variable)) {
    reader.complain(keys.file,
                    "one is needed; accepted: " + std::string(keys.file) + " or " + std::string(keys.variable));
    return std::nullopt;
  }
  std::optional<std::string> secret;
  if (file_name != nullptr) {
    source.file = resolve(context, file_name->text);
    const NamedFile file{keys.file, file_name->place, source.file};
    // With room for the line end.
    secret = read_named_file(context, file, keys.bytes.highest + 2, reader);
    if (secret) secret = without_line_end(std::move(*secret));
  } else if (variable != nullptr) {
    source.variable = variable->text;
    secret = context.files.read_variable(variable->text);
    if (!secret)
      reader.complain_at(variable->place, keys.variable,
                         variable->text + " is not set; accepted: a variable of this process's environment");
  }
  if (!secret) return std::nullopt;
  if (secret->size() < keys.bytes.lowest || secret->size() > keys.bytes.highest) {
    reader.complain(file_name != nullptr ? keys.file : keys.variable,
                    "names a secret of " + std::to_string(secret->size()) + " bytes; accepted: " +
                        std::to_string(keys.bytes.lowest) + " to " + std::to_string(keys.bytes.highest));
    return std::nullopt;
  }
  return secret;
}

}  // namespace assay::config
