// SipHash-2-4-128, after the description of its authors (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
#include "base/keyed_hash.h"

#include <bit>
#include <cstring>
#include <errno.h>
#include <sys/random.h>

#include "base/check.h"

namespace assay::base {
namespace {

// Words are read from memory as they lie: SipHash is defined over little-endian words.
static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

SipKey draw_key() noexcept {
  SipKey key{};
  auto* bytes = reinterpret_cast<unsigned char*>(key.data());
  for (std::size_t filled = 0; filled < sizeof(key);) {
    const ssize_t got = getrandom(bytes + filled, sizeof(key) - filled, 0);
    // Without a secret key anybody could aim at one bucket: there is no second choice.
    ASSAY_CHECK(got > 0 || errno == EINTR);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return key;
}

const SipKey& process_key() noexcept {
  static const SipKey key = draw_key();
  return key;
}

// The four words v0..v3 of SipHash between two message words.
class SipState {
 public:
  explicit SipState(const SipKey& key) noexcept
      : v0_(key[0] ^ 0x736f6d6570736575U),
        v1_(key[1] ^ 0x646f72616e646f6dU ^ 0xeeU),  // 0xee: 128-bit output
        v2_(key[0] ^ 0x6c7967656e657261U),
        v3_(key[1] ^ 0x7465646279746573U) {}

  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  // Absorbs `bytes` and the last word: up to seven bytes, with the length of the whole message (mod 256) on top.
  void absorb_last(std::string_view bytes, std::size_t message_bytes) noexcept {
    while (bytes.size() >= kWordBytes) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data(), kWordBytes);
      absorb(word);
      bytes.remove_prefix(kWordBytes);
    }
    std::uint64_t last = 0;
    if (!bytes.empty()) std::memcpy(&last, bytes.data(), bytes.size());
    absorb(last | static_cast<std::uint64_t>(message_bytes) << 56);
  }

  [[nodiscard]] Hash128 finish() noexcept {
    Hash128 hash;
    v2_ ^= 0xeeU;
    for (int i = 0; i < 4; ++i) round();
    hash.low = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xddU;
    for (int i = 0; i < 4; ++i) round();
    hash.high = v0_ ^ v1_ ^ v2_ ^ v3_;
    return hash;
  }

 private:
  void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace

Hash128 keyed_hash_for_test(const SipKey& key, std::string_view bytes) noexcept {
  SipState state(key);
  state.absorb_last(bytes, bytes.size());
  return state.finish();
}

Hash128 keyed_hash(std::string_view bytes) noexcept { return keyed_hash_for_test(process_key(), bytes); }

Hash128 keyed_hash(std::uint64_t domain, std::string_view bytes) noexcept {
  SipState state(process_key());
  state.absorb(domain);
  state.absorb_last(bytes, kWordBytes + bytes.size());
  return state.finish();
}

}  // namespace assay::base
