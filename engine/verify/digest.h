// SHA-256 of signing inputs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "kernel/radix52.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace assay::verify {

using Sha256Hash = std::array<std::uint8_t, kernel::kHashBytes>;

// A fetched algorithm and a context that is used again for every message. Thread-confined; movable.
class Sha256 {
 public:
  // Fetches from OpenSSL's default provider. Stops the program if OpenSSL lacks it.
  Sha256();

  // Hashes `message`, of any size. False if OpenSSL fails; `hash` is then unspecified. Allocates nothing.
  [[nodiscard]] bool hash(std::string_view message, Sha256Hash& hash) noexcept;

  // As hash of the pieces joined in their order.
  [[nodiscard]] bool hash(std::span<const std::string_view> pieces, Sha256Hash& hash) noexcept;

 private:
  struct Free {
    void operator()(evp_md_st* algorithm) const noexcept;
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_st, Free> algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace assay::verify
