#include "config/named_file.h"

#include <utility>

namespace assay::config {

std::string resolve(const ReadContext& context, const std::string& name) {
  // An absolute name replaces the folder.
  return (context.folder / name).lexically_normal().string();
}

std::optional<std::string> read_named_file(const ReadContext& context, const NamedFile& file, std::size_t bytes_max,
                                           TableReader& reader) {
  auto content = context.files.read_file(file.path, bytes_max);
  if (!content) {
    reader.complain_at(file.place, file.key,
                       "cannot read " + file.path + ": " + content.error() + "; accepted: a readable file of at most " +
                           std::to_string(bytes_max) + " bytes");
    return std::nullopt;
  }
  if (content->empty()) {
    reader.complain_at(file.place, file.key, file.path + " is empty; accepted: a file with content");
    return std::nullopt;
  }
  return std::move(*content);
}

std::string without_line_end(std::string text) {
  if (!text.ends_with('\n')) return text;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace assay::config
