#include "store/wal_extent.h"

#include <array>
#include <cstddef>
#include <fstream>
#include <span>
#include <string_view>

#include "store/big_endian.h"

namespace assay::store {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kMagic = 0x377f0682;  // its lowest bit says how the checksum reads its words
constexpr std::size_t kHeadBytes = 32;
constexpr std::size_t kHeadSummedBytes = 24;
constexpr std::size_t kPageBytesAt = 8;
constexpr std::size_t kFrameHeadBytes = 24;
constexpr std::size_t kFrameSummedBytes = 8;
constexpr std::size_t kSaltBytes = 4;
constexpr std::size_t kHeadSaltsAt = 16;
constexpr std::size_t kFrameSaltsAt = 8;
constexpr std::size_t kFrameSumAt = 16;
constexpr std::size_t kPageBytesMax = 65536;

// Precondition: a whole number of pairs of words.
class RunningSum {
 public:
  explicit RunningSum(std::uint32_t magic) : reads_big_endian_((magic & 1) != 0) {}

  void add(Bytes bytes) noexcept {
    for (std::size_t at = 0; at < bytes.size(); at += 2 * sizeof(std::uint32_t)) {
      first_ += word(bytes, at) + second_;
      second_ += word(bytes, at + sizeof(std::uint32_t)) + first_;
    }
  }

  // Whether the sum stands at `at`.
  [[nodiscard]] bool is_at(Bytes bytes, std::size_t at) const noexcept {
    return get_u32(bytes.data() + at) == first_ && get_u32(bytes.data() + at + sizeof first_) == second_;
  }

 private:
  [[nodiscard]] std::uint32_t word(Bytes bytes, std::size_t at) const noexcept {
    const std::uint32_t value = get_u32(bytes.data() + at);
    return reads_big_endian_ ? value : __builtin_bswap32(value);
  }

  bool reads_big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

// Fills `bytes`, or as much of it as there is; returns the part that was read.
Bytes read_next(std::ifstream& file, std::span<std::uint8_t> bytes) {
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes.first(static_cast<std::size_t>(file.gcount()));
}

// Whether a frame, or what is there of it, is of the round that the head began. One damaged salt leaves the other.
bool is_of_round(Bytes head, Bytes frame) noexcept {
  if (frame.size() < kFrameHeadBytes) return false;
  const auto agrees = [&](std::size_t at) {
    return get_u32(frame.data() + kFrameSaltsAt + at) == get_u32(head.data() + kHeadSaltsAt + at);
  };
  return agrees(0) || agrees(kSaltBytes);
}

bool has_both_salts(Bytes head, Bytes frame) noexcept {
  return get_u32(frame.data() + kFrameSaltsAt) == get_u32(head.data() + kHeadSaltsAt) &&
         get_u32(frame.data() + kFrameSaltsAt + kSaltBytes) == get_u32(head.data() + kHeadSaltsAt + kSaltBytes);
}

}  // namespace

WalExtent measure_wal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<std::uint8_t, kHeadBytes> head{};
  const std::size_t head_bytes = read_next(file, head).size();
  if (head_bytes == 0) return {};
  const std::uint32_t magic = get_u32(head.data());
  RunningSum sum(magic);
  sum.add(Bytes(head).first(kHeadSummedBytes));
  const std::size_t page_bytes = get_u32(head.data() + kPageBytesAt);
  const bool is_head = head_bytes == kHeadBytes && (magic & ~1U) == kMagic && sum.is_at(head, kHeadSummedBytes);
  if (!is_head || page_bytes % (2 * sizeof(std::uint32_t)) != 0 || page_bytes > kPageBytesMax) return {0, true};

  WalExtent extent{.whole_bytes = kHeadBytes};
  std::string frame_bytes(kFrameHeadBytes + page_bytes, '\0');
  const std::span<std::uint8_t> frame(reinterpret_cast<std::uint8_t*>(frame_bytes.data()), frame_bytes.size());
  for (;;) {
    const Bytes read = read_next(file, frame);
    bool is_whole = read.size() == frame.size() && has_both_salts(head, read);
    if (is_whole) {
      sum.add(read.first(kFrameSummedBytes));
      sum.add(read.subspan(kFrameHeadBytes));
      is_whole = sum.is_at(read, kFrameSumAt);
    }
    if (!is_whole) {
      extent.is_broken = is_of_round(head, read);
      return extent;
    }
    extent.whole_bytes += frame.size();
  }
}

}  // namespace assay::store
