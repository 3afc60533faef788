// Runs a fuzz target over files and directories of inputs, without libFuzzer: seed corpora in ctest, findings by hand.
//
//   NAME_fuzz PATH...   each PATH a file or a directory (read recursively, in name order)
//   exit                0 all inputs ran; 2 there was none or one could not be read; a crash is the target's own
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);

namespace {

namespace fs = std::filesystem;

// Every regular file under `root`, sorted so that two runs meet the same inputs in the same order.
std::vector<fs::path> list_inputs(const fs::path& root) {
  std::vector<fs::path> inputs;
  if (fs::is_regular_file(root)) inputs.push_back(root);
  if (fs::is_directory(root)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// The input lives in a heap block of exactly its size, so that AddressSanitizer sees a read of one byte too many.
void run_input(const std::string& input) {
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t run_count = 0;
  for (int i = 1; i < argc; ++i) {
    const std::vector<fs::path> inputs = list_inputs(argv[i]);
    if (inputs.empty()) {
      std::fprintf(stderr, "%s: no input under %s\n", argv[0], argv[i]);
      return 2;
    }
    for (const fs::path& path : inputs) {
      const std::optional<std::string> input = read_file(path);
      if (!input) {
        std::fprintf(stderr, "%s: cannot read %s\n", argv[0], path.c_str());
        return 2;
      }
      run_input(*input);
      ++run_count;
    }
  }
  std::printf("%zu inputs replayed\n", run_count);
  return run_count == 0 ? 2 : 0;
}
