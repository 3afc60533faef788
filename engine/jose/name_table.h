// Finds repeated member names of large JSON objects in linear time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "jose/json.h"

namespace assay::jose {

// The names of a document as far as it was read. An object's index is that of its node. The root's members are nodes as
// all others, or else they are listed and their indexes are those in the list.
struct NamesSoFar {
  std::span<const JsonNode> nodes;
  std::span<const Claim> members;  // the root's; empty: they are nodes, or there are none yet

  // Indexes of an object's members: the first; behind them all, for an object that is not closed yet; behind one.
  [[nodiscard]] std::uint32_t first_of(std::uint32_t object) const noexcept {
    return is_listed(object) ? 0 : object + 1;
  }
  [[nodiscard]] std::uint32_t end_of(std::uint32_t object) const noexcept {
    return static_cast<std::uint32_t>(is_listed(object) ? members.size() : nodes.size());
  }
  [[nodiscard]] std::uint32_t behind(std::uint32_t object, std::uint32_t member) const noexcept {
    return is_listed(object) ? member + 1 : nodes[member].end;
  }
  [[nodiscard]] std::string_view name_of(std::uint32_t object, std::uint32_t member) const noexcept {
    return is_listed(object) ? members[member].name : nodes[member].name;
  }

 private:
  [[nodiscard]] bool is_listed(std::uint32_t object) const noexcept { return object == 0 && !members.empty(); }
};

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

  // A member by the indexes of its object and of itself.
  struct Member {
    std::uint32_t object;
    std::uint32_t index;
  };

  // Adds a name; false if `member.object` has it already.
  //
  //   names     of the document; hold every member inserted before, not yet this one
  //   cost      one keyed hash of the name: nobody can aim at one slot
  [[nodiscard]] bool insert(const NamesSoFar& names, Member member, std::string_view name) noexcept;

 private:
  std::span<Slot> room_;
  std::span<Slot> used_;
  std::size_t document_bytes_ = 0;
};

}  // namespace assay::jose
