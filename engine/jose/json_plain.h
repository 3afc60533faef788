// Runs of JSON values as nearly all are: names and strings without escapes, dates, nothing blank between them. The walk
// (json_walk.h) hands over where such a run may begin, and goes on where it ends.
#pragma once

#include <cstdint>
#include <span>

#include "base/attributes.h"
#include "base/same_text.h"
#include "jose/json.h"

namespace assay::jose {

// Where a document's top-level members are listed.
struct Listing {
  std::span<Claim> room;  // empty: they are nodes as all others, and none is sought
  const SoughtNames& sought;
  FoundMembers& found;

  // Notes a member if its name is sought; null if it is not.
  //   ends, mark   name_ends and name_mark of its name
  ASSAY_ALWAYS_INLINE const SoughtName* note(std::uint64_t ends, std::uint8_t mark,
                                             const Claim& member) const noexcept {
    const SoughtName& one = sought.by_mark[mark];
    if (one.ends != ends || one.size != member.name.size()) return nullptr;
    if (one.size > sizeof(ends) && !base::same_text(sought.names[one.number], member.name)) return nullptr;
    found.add(one.number, member);
    return &one;
  }
};

// A run of values: where it begins and then ends.
struct PlainRun {
  const std::uint32_t* token;       // of the first name or element; then where the run stopped
  const std::uint32_t* tokens_end;  // there the size of the text stands
  std::uint32_t values_max;         // that may be taken; then how many more might have been
  std::uint64_t marks;              // of the object's names
  Claim* claim;                     // the next of listed members
  std::uint32_t node_count;         // of the document so far
};

// Each takes values for as long as they are plain. True if it stopped behind one of them; false if it stopped where a
// name or element should be: at one that is not plain or whose name is to be looked at twice, or at the end of the
// tokens. Preconditions: `nodes`, or the listing, have room for values_max more; the
// document has no escapes.

// Strings, dates, and arrays of strings, which are the root's members.
[[nodiscard]] bool list_plain_members(const char* text, PlainRun& run, const Listing& listing,
                                      std::span<JsonNode> nodes) noexcept;
// Strings and dates, which are members of any object.
[[nodiscard]] bool take_plain_members(const char* text, PlainRun& run, std::span<JsonNode> nodes) noexcept;
// Strings, which are elements.
[[nodiscard]] bool take_plain_elements(const char* text, PlainRun& run, std::span<JsonNode> nodes) noexcept;

}  // namespace assay::jose
