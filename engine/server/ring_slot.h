// What the io_uring transport remembers of a connection, and how a completion names it. Of ring.cc alone.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::server {

// What a completion is about, in its user_data. The generation tells a completion of an earlier connection of the slot.
//
//   63    56 55          32 31         0
//   [  op   | generation   |   index   ]
enum class RingOperation : std::uint64_t { kUnobserved, kAccept, kReceive, kSend, kPoll };
inline constexpr std::uint32_t kRingGenerationMask = 0xFFFFFF;

[[nodiscard]] constexpr std::uint64_t ring_tag(RingOperation operation, std::uint32_t index,
                                               std::uint32_t generation = 0) noexcept {
  return (static_cast<std::uint64_t>(operation) << 56) | (std::uint64_t{generation} << 32) | index;
}

struct RingListener {
  int fd = -1;
  bool armed = false;
};

struct RingSlot {
  int fd = -1;
  std::uint32_t generation = 0;
  bool wants_bytes = false;  // receiving should be armed
  bool receiving = false;    // a receive is in the kernel
  bool cancelling = false;   // and its cancellation too
  bool sending = false;      // a send is in the kernel
  bool closing = false;
  std::string_view unsent;
};

}  // namespace assay::server
