#include "config/disk_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"

namespace assay::config {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

// Why a file was not read: what errno had where that is the reason, and words for people.
struct ReadFailure {
  int number = 0;
  std::string words;
};
using Failed = tl::unexpected<ReadFailure>;

Failed failed_by_errno() {
  const int number = errno;
  return Failed({.number = number, .words = std::generic_category().message(number)});
}

// Which files are read: regular ones, or pipes and devices, too.
enum class Readable : std::uint8_t { kRegular, kAny };

// Up to `bytes_max` bytes; one more is "too long".
tl::expected<std::string, ReadFailure> read_whole(const std::string& path, std::size_t bytes_max, Readable readable) {
  // Without O_NONBLOCK opening a pipe would wait for its writer.
  const int wait = readable == Readable::kAny ? 0 : O_NONBLOCK;
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | wait));
  struct stat facts {};
  if (file.number() < 0 || fstat(file.number(), &facts) != 0) return failed_by_errno();
  if (S_ISDIR(facts.st_mode)) return Failed({.words = "is a folder"});
  if (!S_ISREG(facts.st_mode) && readable == Readable::kRegular) return Failed({.words = "is no regular file"});
  std::string content;
  std::size_t room = std::min(bytes_max, static_cast<std::size_t>(facts.st_size)) + 1;
  while (content.size() <= bytes_max) {
    const std::size_t held = content.size();
    content.resize(held + room);
    const ssize_t count = read(file.number(), content.data() + held, room);
    if (count < 0 && errno != EINTR) return failed_by_errno();
    content.resize(held + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return content;
    room = std::min(bytes_max + 1 - std::min(bytes_max, content.size()), kReadBytes);
  }
  return Failed({.words = "too long"});
}

bool is_key_file(const std::string& name) {
  return !name.starts_with('.') && (name.ends_with(".pem") || name.ends_with(".crt"));
}

// The sorted names of the key files in a folder.
tl::expected<std::vector<std::string>, std::string> list_key_files(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (is_key_file(name)) names.push_back(std::move(name));
  }
  if (error) return tl::unexpected<std::string>(error.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

tl::expected<std::string, std::string> DiskFiles::read_file(const std::string& path, std::size_t bytes_max) const {
  auto content = read_whole(path, bytes_max, Readable::kRegular);
  if (!content) return tl::unexpected<std::string>(std::move(content.error().words));
  return std::move(*content);
}

tl::expected<std::vector<FolderFile>, std::string> DiskFiles::read_folder(const std::string& path,
                                                                          std::size_t bytes_max) const {
  const auto names = list_key_files(path);
  if (!names) return tl::unexpected<std::string>(names.error());
  std::vector<FolderFile> files;
  for (const std::string& name : *names) {
    auto content = read_whole((std::filesystem::path(path) / name).string(), bytes_max, Readable::kRegular);
    const bool went_away = !content && content.error().number == ENOENT;
    if (went_away) continue;
    if (!content) return tl::unexpected<std::string>(name + ": " + content.error().words);
    bytes_max -= content->size();
    files.push_back({.name = name, .content = std::move(*content)});
  }
  return files;
}

tl::expected<std::string, std::string> read_file_or_pipe(const std::string& path, std::size_t bytes_max) {
  auto content = read_whole(path, bytes_max, Readable::kAny);
  if (!content) return tl::unexpected<std::string>(std::move(content.error().words));
  return std::move(*content);
}

std::optional<std::string> DiskFiles::read_variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here writes it
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace assay::config
