#include "verify/text_self_test.h"

#include <string>

#include <gtest/gtest.h>

#include "base/cpu.h"

namespace assay::verify {
namespace {

constexpr std::size_t kWrongFrom = 100;  // from this length on the broken kernels are wrong

std::size_t break_base64url(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  const std::size_t fault = kernel::decode_base64url_portable(text, characters, bytes);
  if (characters >= kWrongFrom) bytes[kWrongFrom / 2] ^= 1;
  return fault;
}

std::size_t accept_base64url(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  static_cast<void>(kernel::decode_base64url_portable(text, characters, bytes));
  return kernel::kBase64urlAccepted;
}

std::size_t miss_dots(const char* text, std::size_t characters, std::size_t (&dots)[kernel::kDotsMax]) noexcept {
  return kernel::find_dots_portable(text, characters > kWrongFrom ? kWrongFrom : characters, dots);
}

std::size_t break_last_byte(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  const std::size_t fault = kernel::decode_base64url_portable(text, characters, bytes);
  if (characters % 4 == 3) bytes[kernel::base64url_decoded_bytes(characters) - 1] ^= 1;
  return fault;
}

std::size_t miss_last_dots(const char* text, std::size_t characters, std::size_t (&dots)[kernel::kDotsMax]) noexcept {
  return kernel::find_dots_portable(text, characters / 128 * 128, dots);
}

std::size_t find_no_tokens(const char* /*text*/, std::size_t /*bytes*/, std::uint32_t* /*offsets*/) noexcept {
  return 0;
}

TEST(TextSelfTest, PassesEveryVariantThatRunsHere) {
  const base::CpuFeatures here = base::detect_cpu_features();
  for (const char* const forced : {"", "portable"}) {
    EXPECT_TRUE(passes_text_self_test(kernel::select_kernels(forced, here).value())) << forced;
  }
  for (const kernel::Base64urlVariant& variant : kernel::base64url_variants()) {
    if (!variant.supported(here)) continue;
    EXPECT_TRUE(passes_text_self_test({.base64url = variant})) << variant.name;
  }
}

TEST(TextSelfTest, FindsAKernelThatIsWrong) {
  EXPECT_FALSE(passes_text_self_test({.base64url = {.name = "wrong byte", .run = break_base64url, .needs = {}}}));
  EXPECT_FALSE(passes_text_self_test({.base64url = {.name = "accepts all", .run = accept_base64url, .needs = {}}}));
  EXPECT_FALSE(passes_text_self_test({.dots = {.name = "misses some", .run = miss_dots, .needs = {}}}));
  EXPECT_FALSE(passes_text_self_test({.base64url = {.name = "wrong end", .run = break_last_byte, .needs = {}}}));
  EXPECT_FALSE(passes_text_self_test({.dots = {.name = "misses the end", .run = miss_last_dots, .needs = {}}}));
  EXPECT_FALSE(passes_text_self_test({.json = {.name = "finds none", .run = find_no_tokens, .needs = {}}}));
}

}  // namespace
}  // namespace assay::verify
