#include "verify/sha256_self_test.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace assay::verify {
namespace {

// The messages are beginnings of one text: of 0, 31, 62 .. bytes. That is every rest of a block below 64 that matters,
// one block and two for the padding, and neighbours of different block counts.
constexpr std::size_t kMessageCount = 64;
constexpr std::size_t kLengthStep = 31;

// How many are hashed at once: lanes are all idle but one, or all busy, or some are; then there is more than one group.
constexpr std::array<std::size_t, 8> kCompanies = {1, 2, 3, 10, 13, 16, 29, 64};

// SHA-256 of the messages' hashes one after another. Made with Python's hashlib.
constexpr std::array<std::uint8_t, kernel::kHashBytes> kHashOfHashes = {
    0x60, 0x4d, 0x95, 0xb4, 0x75, 0x34, 0x25, 0xe6, 0x0c, 0x6b, 0xfc, 0xf8, 0xb7, 0x1f, 0x10, 0x18,
    0x11, 0x8f, 0x25, 0x88, 0x95, 0x27, 0xbc, 0x2e, 0x42, 0xaa, 0xf7, 0xed, 0x1d, 0x7a, 0x39, 0x25};

std::vector<std::uint8_t> make_text() {
  std::vector<std::uint8_t> text(kMessageCount * kLengthStep);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 7 % 251);
  return text;
}

bool passes(const kernel::Sha256Variant& variant, std::span<const std::uint8_t> text, std::size_t company) {
  std::array<kernel::Sha256Job, kMessageCount> jobs;
  std::array<kernel::Sha256Job*, kMessageCount> order;
  for (std::size_t i = 0; i < kMessageCount; ++i) {
    kernel::pad_sha256(text.data(), i * kLengthStep, jobs[i]);
    order[i] = &jobs[i];
  }
  for (std::size_t at = 0; at < kMessageCount; at += company) {
    variant.run(&order[at], std::min(company, kMessageCount - at));
  }
  std::vector<std::uint8_t> hashes;
  for (const kernel::Sha256Job& job : jobs) hashes.insert(hashes.end(), std::begin(job.hash), std::end(job.hash));
  kernel::pad_sha256(hashes.data(), hashes.size(), jobs[0]);
  variant.run(order.data(), 1);
  return std::equal(kHashOfHashes.begin(), kHashOfHashes.end(), std::begin(jobs[0].hash));
}

}  // namespace

bool passes_sha256_self_test(const kernel::Sha256Variant& variant) {
  if (variant.run == nullptr) return true;
  const std::vector<std::uint8_t> text = make_text();
  return std::all_of(kCompanies.begin(), kCompanies.end(),
                     [&](std::size_t company) { return passes(variant, text, company); });
}

}  // namespace assay::verify
