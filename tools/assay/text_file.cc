#include "assay/text_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"

namespace assay::cli {
namespace {

tl::unexpected<std::string> failure(std::string_view verb, const std::string& path) {
  return tl::unexpected<std::string>("cannot " + std::string(verb) + " " + path + ": " +
                                     std::generic_category().message(errno));
}

}  // namespace

tl::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return failure("read", path);
  std::string content(bytes_max + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t got = read(file.number(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length > bytes_max) {
    return tl::unexpected<std::string>("cannot read " + path + ": it is longer than " + std::to_string(bytes_max) +
                                       " bytes");
  }
  content.resize(length);
  return content;
}

tl::expected<void, std::string> write_file(const std::string& path, std::string_view text, FileSecrecy secrecy) {
  const mode_t mode = secrecy == FileSecrecy::kOwnerOnly ? 0600 : 0644;
  const base::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.number() < 0) return failure("write", path);
  // A file that was there before keeps its own mode otherwise.
  if (secrecy == FileSecrecy::kOwnerOnly && fchmod(file.number(), mode) != 0) return failure("protect", path);
  while (!text.empty()) {
    const ssize_t put = write(file.number(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure("write", path);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace assay::cli
