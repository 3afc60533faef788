// Finds repeated member names of large JSON objects in linear time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "jose/json.h"

namespace assay::jose {

// The member names of one document's large objects, each under its object. Open addressing, at most half full.
// Thread-confined.
class NameTable {
 public:
  struct Slot {
    std::uint32_t object = 0;
    std::uint32_t member_plus_one = 0;  // 0: free
  };

  // Slots that a document of this size needs. The smallest member, `"":0,`, has five bytes: there are at least twice as
  // many slots as names.
  static constexpr std::size_t slot_count(std::size_t document_bytes) noexcept {
    return std::bit_ceil(document_bytes / 2 + 1);
  }

  // `room` must outlive the table and has slot_count(largest document) slots; their content does not matter.
  explicit NameTable(std::span<Slot> room) noexcept : room_(room) {}

  // Forgets all names. Cost: none until the first insert, which clears the slots that this document needs.
  void begin_document(std::size_t document_bytes) noexcept {
    document_bytes_ = document_bytes;
    used_ = {};
  }

  // A member by the indexes of its object and of itself among the document's nodes.
  struct Member {
    std::uint32_t object;
    std::uint32_t index;
  };

  // Adds a name; false if `member.object` has it already.
  //
  //   nodes     of the document; hold every member inserted before, not yet this one
  //   cost      one keyed hash of the name: nobody can aim at one slot
  [[nodiscard]] bool insert(std::span<const JsonNode> nodes, Member member, std::string_view name) noexcept;

 private:
  std::span<Slot> room_;
  std::span<Slot> used_;
  std::size_t document_bytes_ = 0;
};

}  // namespace assay::jose
