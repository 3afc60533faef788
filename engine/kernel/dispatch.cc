#include <array>
#include <bitset>

#include "kernel/kernel.h"

namespace assay::kernel {
namespace {

// The names by which kernels are forced.
enum class Kernel : std::uint8_t { kBase64url, kDots, kJson, kRsa, kSha256 };
constexpr std::array<std::string_view, 5> kKernelNames{"base64url", "dots", "json", "rsa", "sha256"};

template <typename V>
const V* find_preferred(std::span<const V> variants, base::CpuFeatures features) noexcept {
  for (const V& variant : variants) {
    if (variant.supported(features)) return &variant;
  }
  return nullptr;
}

template <typename V>
bool force(V& chosen, std::span<const V> variants, std::string_view name, base::CpuFeatures features) noexcept {
  for (const V& variant : variants) {
    if (variant.name != name || !variant.supported(features)) continue;
    chosen = variant;
    return true;
  }
  return false;
}

bool force(KernelTable& table, Kernel kernel, std::string_view name, base::CpuFeatures features) noexcept {
  switch (kernel) {
    case Kernel::kBase64url: return force(table.base64url, base64url_variants(), name, features);
    case Kernel::kDots: return force(table.dots, dots_variants(), name, features);
    case Kernel::kJson: return force(table.json, json_variants(), name, features);
    case Kernel::kRsa: return force(table.rsa, rsa_variants(), name, features);
    case Kernel::kSha256: return force(table.sha256, sha256_variants(), name, features);
  }
  return false;
}

KernelTable preferred_kernels(base::CpuFeatures features) noexcept {
  return {.base64url = *find_preferred(base64url_variants(), features),
          .dots = *find_preferred(dots_variants(), features),
          .json = *find_preferred(json_variants(), features),
          .rsa = *find_preferred(rsa_variants(), features),
          .sha256 = *find_preferred(sha256_variants(), features)};
}

}  // namespace

Expected<KernelTable> select_kernels(std::string_view forced, base::CpuFeatures features) noexcept {
  if (forced == "portable") return preferred_kernels({});
  KernelTable table = preferred_kernels(features);
  if (forced.empty()) return table;

  std::bitset<kKernelNames.size()> seen;
  for (std::size_t start = 0; start <= forced.size();) {
    const std::string_view entry = forced.substr(start, forced.find(',', start) - start);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return fail(ErrorCode::kUnknownKernel, start);
    std::size_t index = 0;
    while (index < kKernelNames.size() && kKernelNames[index] != entry.substr(0, equals)) ++index;
    if (index == kKernelNames.size() || seen.test(index) ||
        !force(table, static_cast<Kernel>(index), entry.substr(equals + 1), features)) {
      return fail(ErrorCode::kUnknownKernel, start);
    }
    seen.set(index);
    start += entry.size() + 1;
  }
  return table;
}

}  // namespace assay::kernel
