// Property: a text is accepted exactly if OpenSSL decodes its padded, translated form and encodes the bytes back to the
// same text; then the bytes are the same. All variants that this processor runs agree, also on the offset of the fault.
// Reaches: kernel/base64url, every variant.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "fuzz/property.h"
#include "kernel/kernel.h"

namespace assay::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The bytes of a strict base64url text in OpenSSL's eyes.
std::optional<Bytes> decode_with_openssl(std::string text) {
  // EVP_DecodeBlock skips blanks and knows the other alphabet.
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.find_first_not_of(kAlphabet) != std::string::npos || text.size() % 4 == 1) return std::nullopt;
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');

  Bytes bytes(text.size() / 4 * 3);
  const auto* const characters = reinterpret_cast<const unsigned char*>(text.data());
  const int written = EVP_DecodeBlock(bytes.data(), characters, static_cast<int>(text.size()));
  if (written < 0 || static_cast<std::size_t>(written) != bytes.size()) return std::nullopt;
  bytes.resize(bytes.size() - padding);

  // OpenSSL ignores the unused bits of the last character; writing the bytes again shows them.
  Bytes again(text.size() + 1);
  EVP_EncodeBlock(again.data(), bytes.data(), static_cast<int>(bytes.size()));
  if (!std::equal(text.begin(), text.end(), again.begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    return std::nullopt;
  }
  return bytes;
}

void check_input(std::string_view input) {
  const std::optional<Bytes> expected = decode_with_openssl(std::string(input));

  static const base::CpuFeatures features = base::detect_cpu_features();
  Bytes specified(kernel::base64url_decoded_bytes(input.size()));
  const std::size_t specified_fault = kernel::decode_base64url_portable(input.data(), input.size(), specified.data());
  for (const kernel::Base64urlVariant& variant : kernel::base64url_variants()) {
    if (!variant.supported(features)) continue;
    Bytes bytes(specified.size());
    const std::size_t fault = variant.run(input.data(), input.size(), bytes.data());
    require((fault == kernel::kBase64urlAccepted) == expected.has_value(), "accepted exactly if OpenSSL agrees");
    if (expected) require(bytes == *expected, "the bytes are OpenSSL's");
    if (!expected) require(fault < input.size(), "a fault lies in the text");
    require(fault == specified_fault, "all variants name the same fault");
  }
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
