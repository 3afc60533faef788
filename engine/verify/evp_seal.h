// What the nodes of a fleet can make and read, and nobody else: digests and sealed values, by OpenSSL.
//
//   root      the fleet's id key
//   digest    HMAC-SHA-256 under HKDF(root, "... digest")
//   value     AES-256-GCM under HKDF(HKDF(root, "... value"), place): every place has a key of its own, so that 96-bit
//             nonces drawn at random do not meet however long the fleet's key lives
//
//   0        12                    -16
//   +--------+---------------------+---------+
//   | nonce  | ciphertext          | tag     |
//   +--------+---------------------+---------+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::verify {

using SealDigest = std::array<std::uint8_t, 32>;

// Immutable: may be shared. Its keys are wiped when it ends.
class FleetSeal {
 public:
  // `fleet_key` is not kept. Precondition: at least kHmacSecretBytesMin. Stops the program if OpenSSL lacks the
  // algorithms.
  explicit FleetSeal(std::string_view fleet_key);
  ~FleetSeal();
  FleetSeal(const FleetSeal&) = delete;
  FleetSeal& operator=(const FleetSeal&) = delete;

  // The keyed digest of `parts`, each after its length, so that no two lists of parts are one.
  //   returns   nothing if OpenSSL fails (memory)
  //   spec      RFC 2104
  [[nodiscard]] std::optional<SealDigest> digest(std::span<const std::string_view> parts) const;

  // Encrypts `plain` and binds it to `place`.
  //   returns   kOverheadBytes more than `plain`; empty if OpenSSL fails (memory, no randomness)
  //   cost      about 5 us and 1 ns per byte; for the control side
  //   spec      RFC 5116 sec 5.2, RFC 5869
  [[nodiscard]] std::string seal(std::string_view place, std::string_view plain) const;

  // What was sealed for `place`; nothing where this is not what some node of the fleet made for it, bit for bit.
  [[nodiscard]] std::optional<std::string> open(std::string_view place, std::string_view sealed) const;

  static constexpr std::size_t kNonceBytes = 12;
  static constexpr std::size_t kTagBytes = 16;
  static constexpr std::size_t kOverheadBytes = kNonceBytes + kTagBytes;

 private:
  using Key = std::array<unsigned char, 32>;

  Key digest_key_{};
  Key value_key_{};
};

}  // namespace assay::verify
