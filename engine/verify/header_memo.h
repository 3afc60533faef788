// JOSE headers that one worker has parsed before. An issuer writes the same header into every token of one key: a
// byte-identical header segment need not be decoded and parsed again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "jose/header.h"

namespace assay::verify {

// Bounded, never cleared: a header says the same under every policy and key set. About 50 KiB, claimed at construction.
// Thread-confined.
class HeaderMemo {
 public:
  // Longer segments are not kept, in characters. Real ones have about 100.
  static constexpr std::size_t kSegmentBytesMax = 384;

  HeaderMemo();

  // Ends the lives of headers that were found before.
  void begin_batch() noexcept { ++batch_; }

  // What the segment says, if exactly these bytes are kept; null if not. Its views live until the next begin_batch().
  // Costs a comparison of the segment where it was found last, else a hash and a comparison.
  [[nodiscard]] const jose::JoseHeader* find(std::string_view segment) noexcept;

  // Keeps a header that was parsed from `segment`, when it is offered a second time: headers that are seen once push
  // out none. One that was found since the last attempt to push it out stays.
  void offer(std::string_view segment, const jose::JoseHeader& header) noexcept;

 private:
  static constexpr std::size_t kSets = 16;
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kOfferedMarks = 256;
  static constexpr std::uint8_t kCreditMax = 16;

  struct Entry {
    std::uint64_t batch = 0;  // in which it was found last
    std::size_t size = 0;     // of the segment; 0: the entry is free
    std::uint8_t credit = 0;  // attempts to push it out that it survives
    jose::JoseHeader header;  // its views are into texts
    std::array<char, kSegmentBytesMax> segment;
    std::array<char, kSegmentBytesMax> texts;  // what is decoded is shorter than the segment

    [[nodiscard]] std::string_view text() const noexcept { return {segment.data(), size}; }
  };
  struct Place {
    std::array<Entry, kWays>& set;
    std::uint64_t& offered;
    std::uint64_t hash;
  };
  [[nodiscard]] Place place_of(std::string_view segment) noexcept;
  [[nodiscard]] Entry* find_victim(std::array<Entry, kWays>& set) const noexcept;

  std::unique_ptr<std::array<std::array<Entry, kWays>, kSets>> sets_;
  Entry* latest_ = nullptr;                             // found last; it may hold another header since
  std::array<std::uint64_t, kOfferedMarks> offered_{};  // hashes of segments that were offered once
  std::uint64_t batch_ = 1;
};

}  // namespace assay::verify
