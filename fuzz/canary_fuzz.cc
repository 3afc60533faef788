// Property: none. The canary aborts on inputs that begin with "assay", so that a fuzzing set-up in which findings go
// unseen is itself found: tools/fuzz.sh fails if the canary survives, ctest fails if its replay does.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  static constexpr char kTrigger[] = {'a', 's', 's', 'a', 'y'};
  if (count < sizeof(kTrigger)) return 0;
  // One branch a byte: coverage leads the fuzzer from each byte to the next.
  for (std::size_t i = 0; i < sizeof(kTrigger); ++i) {
    if (bytes[i] != static_cast<std::uint8_t>(kTrigger[i])) return 0;
  }
  std::abort();
}
