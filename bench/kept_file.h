// Files that benchmarks keep under build/bench_corpus, so that what is slow to make is made once.
#pragma once

#include <string>
#include <string_view>

namespace assay::bench {

// The whole file of that name; empty if there is none.
[[nodiscard]] std::string read_kept(const std::string& name);

// Writes it, whole or not at all: another program may be making the same file. Stops the program if that fails.
void write_kept(const std::string& name, std::string_view text);

}  // namespace assay::bench
