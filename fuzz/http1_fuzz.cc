// Property: the strict HTTP/1.1 reader gives the same outcome however its input is cut, and whatever it accepts, llhttp
// accepts and reads alike (method, target, version, fields, body, number of requests).
//
// Input: the first byte says where the stream is cut; the rest is the stream.
// Reaches: server/http1 (whole), through exact-size buffers; tests/server/http1_oracle.h for the comparison.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/server/http1_oracle.h"

namespace {

using assay::server::StreamOutcome;

[[noreturn]] void report(const char* property, const char* detail) {
  std::fprintf(stderr, "http1_fuzz: %s: %s\n", property, detail);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  const StreamOutcome whole = assay::server::read_whole(stream);
  const std::size_t cut = stream.empty() ? 0 : bytes[0] * stream.size() / 256;
  if (!(assay::server::read_in_two(stream, cut) == whole)) report("cut in two", "another outcome");
  if (!(assay::server::read_in_chunks(stream, 1) == whole)) report("byte by byte", "another outcome");
  const std::string difference = assay::server::disagreement(stream, whole);
  if (!difference.empty()) report("against llhttp", difference.c_str());
  return 0;
}
