#include "bench/kept_keys.h"

#include <string>
#include <string_view>

#include "bench/kept_file.h"

namespace assay::bench {
namespace {

// The private keys of a text that is one PEM after the other.
std::vector<signing::SigningKey> read_keys(std::string_view text) {
  constexpr std::string_view kEnd = "-----END PRIVATE KEY-----\n";
  std::vector<signing::SigningKey> keys;
  while (!text.empty()) {
    const std::size_t length = text.find(kEnd) + kEnd.size();
    keys.push_back(signing::SigningKey::from_private_pem(text.substr(0, length)).value());
    text.remove_prefix(length);
  }
  return keys;
}

}  // namespace

std::vector<signing::SigningKey> kept_rsa_keys(unsigned modulus_bits, std::size_t count) {
  const std::string name = "rsa-" + std::to_string(modulus_bits) + "x" + std::to_string(count) + ".pem";
  std::string text = read_kept(name);
  if (text.empty()) {
    for (std::size_t i = 0; i < count; ++i) text += signing::SigningKey::generate_rsa(modulus_bits).private_pem();
    write_kept(name, text);
  }
  return read_keys(text);
}

}  // namespace assay::bench
