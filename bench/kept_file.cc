#include "bench/kept_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace assay::bench {
namespace {

std::filesystem::path path_of(const std::string& name) { return std::filesystem::path(ASSAY_BENCH_CORPUS_DIR) / name; }

}  // namespace

std::string read_kept(const std::string& name) {
  std::ifstream file(path_of(name));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_kept(const std::string& name, std::string_view text) {
  const std::filesystem::path path = path_of(name);
  std::error_code error;  // of the last step: a folder that cannot be made is a file that cannot be written
  std::filesystem::create_directories(path.parent_path(), error);
  const std::filesystem::path part = path.string() + "." + std::to_string(getpid());
  std::ofstream file(part);
  file << text;
  file.close();
  std::filesystem::rename(part, path, error);
  if (file && !error) return;
  std::cerr << "bench: cannot write " << path.string() << '\n';
  std::abort();
}

}  // namespace assay::bench
