// Which variant of each kernel runs: chosen once when an engine opens, handed down, const from then on.
//
// engine/kernel/kernel.cmake names the variants and what they need; it generates their lists.
#pragma once

#include <span>
#include <string_view>

#include "assay/expected.h"
#include "base/cpu.h"
#include "kernel/base64url.h"
#include "kernel/dots.h"
#include "kernel/json_tokens.h"
#include "kernel/rsa_public_x8.h"
#include "kernel/sha256.h"

namespace assay::kernel {

// One variant of a kernel. `Function` is a pointer to a plain noexcept function.
template <typename Function>
struct Variant {
  std::string_view name;    // the instruction set ("avx2"), or "portable"; static
  Function run = nullptr;   // null: nothing of ours runs, OpenSSL or simdjson does the work
  base::CpuFeatures needs;  // may run where all of these are; the source was compiled for them

  [[nodiscard]] constexpr bool supported(base::CpuFeatures features) const noexcept { return features.has_all(needs); }
};

using Base64urlVariant = Variant<std::size_t (*)(const char*, std::size_t, std::uint8_t*) noexcept>;
using DotsVariant = Variant<std::size_t (*)(const char*, std::size_t, std::size_t (&)[kDotsMax]) noexcept>;
using JsonVariant = Variant<std::size_t (*)(const char*, std::size_t, std::uint32_t*) noexcept>;
using RsaVariant = Variant<std::uint32_t (*)(const RsaKeyLanes&, const RsaSignatureLanes&) noexcept>;
using Sha256Variant = Variant<void (*)(Sha256Job* const*, std::size_t) noexcept>;

// The variants of a kernel that were compiled in, the preferred ones first: for tests, probes and benchmarks, which run
// those that are supported. At least one needs nothing.
[[nodiscard]] std::span<const Base64urlVariant> base64url_variants() noexcept;
[[nodiscard]] std::span<const DotsVariant> dots_variants() noexcept;
[[nodiscard]] std::span<const JsonVariant> json_variants() noexcept;
[[nodiscard]] std::span<const RsaVariant> rsa_variants() noexcept;
[[nodiscard]] std::span<const Sha256Variant> sha256_variants() noexcept;

// The chosen variants. The default is what every processor runs.
struct KernelTable {
  Base64urlVariant base64url = {.name = "portable", .run = decode_base64url_portable, .needs = {}};
  DotsVariant dots = {.name = "portable", .run = find_dots_portable, .needs = {}};
  JsonVariant json = {.name = "portable", .run = nullptr, .needs = {}};
  RsaVariant rsa = {.name = "portable", .run = nullptr, .needs = {}};
  Sha256Variant sha256 = {.name = "portable", .run = nullptr, .needs = {}};
};

// Chooses the variants for a processor with `features`.
//
//   forced    "": the first supported variant of each kernel
//             "portable": the same for a processor without any features
//             else "kernel=variant[,kernel=variant]...": these, and of other kernels the first supported
//   errors    unknown_kernel: no kernel or variant of that name, a variant that needs more than `features`, a kernel
//             named twice (offset = start of the entry in `forced`)
[[nodiscard]] Expected<KernelTable> select_kernels(std::string_view forced, base::CpuFeatures features) noexcept;

}  // namespace assay::kernel
