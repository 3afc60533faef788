// RSA keys that benchmarks sign with, made once and kept under build/bench_corpus: eight keys of 4096 bits take half a
// minute.
#pragma once

#include <cstddef>
#include <vector>

#include "signing/signing_key.h"

namespace assay::bench {

// `count` keys of `modulus_bits`, the same for every run in one clone. Stops the program where they cannot
// be written.
[[nodiscard]] std::vector<signing::SigningKey> kept_rsa_keys(unsigned modulus_bits, std::size_t count);

}  // namespace assay::bench
