#include "config/key_files.h"

#include <utility>

#include "assay/limits.h"
#include "assay/policy.h"

namespace assay::config {
namespace {

// Whether the text has a block's both ends. What is in between is for those who read PEM.
bool is_whole_pem(std::string_view text) {
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string_view::npos || text.find(kPemRecordMark) != std::string_view::npos) return false;
  const std::size_t end = text.find("-----END ", begin);
  return end != std::string_view::npos && text.find("-----", end + 9) != std::string_view::npos;
}

bool is_kid(std::string_view name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return !name.empty();
}

}  // namespace

tl::expected<std::string, std::string> read_key_text(const ConfigFiles& files, const std::string& path,
                                                     std::size_t bytes_max) {
  if (!is_folder_path(path)) return files.read_file(path, bytes_max);
  const auto folder = files.read_folder(path, bytes_max);
  if (!folder) return tl::unexpected<std::string>(folder.error());
  if (folder->size() > kKeysPerIssuerMax) {
    return tl::unexpected<std::string>("holds " + std::to_string(folder->size()) + " keys, over " +
                                       std::to_string(kKeysPerIssuerMax));
  }
  std::string text;
  for (const FolderFile& file : *folder) {
    const std::string kid = file.name.substr(0, file.name.rfind('.'));
    if (!is_kid(kid)) return tl::unexpected<std::string>("a file's name is no kid");
    if (!is_whole_pem(file.content)) return tl::unexpected<std::string>(file.name + " is not one whole PEM block");
    text.append(1, kPemRecordMark).append(kid).append(1, '\n').append(file.content);
  }
  // The records' names and marks count, too: the engine reads no more than this.
  if (text.size() > bytes_max) return tl::unexpected<std::string>("too long");
  return text;
}

}  // namespace assay::config
