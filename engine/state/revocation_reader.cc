// RevocationTable::Reader: all ids of a group of tokens at once, so that the memory of one is awaited beside that of
// the others, and without a branch per id that the processor could only guess.
//
//   round 1   the first word of tags of every id
//   round n   the next word, of those ids whose word had no free tag
//   then      the slots whose tags matched are compared: mostly none
#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "state/revocation_table.h"

namespace assay::state {
namespace {

using Found = std::optional<RevocationKind>;

// Tokens of one group: enough to keep the memory busy, few enough that none of it is pushed out again.
constexpr std::size_t kGroupTokens = 16;
constexpr std::size_t kProbesMax = kGroupTokens * kRevocationKindCount;

RevocationKind lowest_kind(std::uint32_t kinds) noexcept {
  return static_cast<RevocationKind>(std::countr_zero(kinds));
}

bool forbids(RevocationKind kind, std::int64_t issued_before_us, std::int64_t issued_at_us) noexcept {
  return !has_issued_before(kind) || issued_at_us < issued_before_us;
}

// One id on its way.
struct Probe {
  ShardView::Word shard;
  std::uint64_t alike;  // its tag in every byte
  std::uint32_t at;     // the word of tags to look at
  std::uint16_t token;  // in the group
  RevocationKind kind;
};

// Tags of one word that match.
struct Match {
  std::uint64_t tags;  // the top bit of each byte that may
  std::uint32_t at;
  std::uint16_t probe;
};

class Search {
 public:
  Search(std::span<const TokenTargets> tokens, std::span<Found> revoked) noexcept
      : tokens_(tokens), revoked_(revoked) {}

  void start(std::size_t token, RevocationKind kind, ShardView shard, std::uint64_t position) noexcept {
    const std::size_t at = shard.first_tag_word(position);
    __builtin_prefetch(shard.cells() + at);
    active_[active_count_] = static_cast<std::uint16_t>(active_count_);
    probes_[active_count_++] = {.shard = shard.word(),
                                .alike = ShardView::tags_alike(position),
                                .at = static_cast<std::uint32_t>(at),
                                .token = static_cast<std::uint16_t>(token),
                                .kind = kind};
  }

  void finish() noexcept {
    while (active_count_ != 0) {
      if (match_count_ + active_count_ > matches_.size()) compare_matches();
      look_at_words();
    }
    compare_matches();
  }

 private:
  // One round. Every result is written and the counts say which of them stay.
  void look_at_words() noexcept {
    std::size_t going_on = 0;
    for (std::size_t i = 0; i < active_count_; ++i) {
      const std::uint16_t index = active_[i];
      Probe& probe = probes_[index];
      const ShardView shard(probe.shard);
      const std::uint64_t tags = shard.tags(probe.at);
      const std::uint64_t alike = ShardView::zero_bytes(tags ^ probe.alike);
      matches_[match_count_] = {.tags = alike, .at = probe.at, .probe = index};
      match_count_ += static_cast<std::size_t>(alike != 0);
      probe.at = static_cast<std::uint32_t>(shard.tag_word_after(probe.at));
      active_[going_on] = index;
      going_on += static_cast<std::size_t>(ShardView::zero_bytes(tags) == 0);
    }
    active_count_ = going_on;
  }

  void compare_matches() noexcept {
    for (std::size_t i = 0; i < match_count_; ++i) {
      const Match& match = matches_[i];
      __builtin_prefetch(ShardView(probes_[match.probe].shard).slot_cells(ShardView::first_slot(match.at, match.tags)));
    }
    for (std::size_t i = 0; i < match_count_; ++i) compare(matches_[i]);
    match_count_ = 0;
  }

  void compare(const Match& match) noexcept {
    const Probe& probe = probes_[match.probe];
    const ShardView shard(probe.shard);
    const TokenTargets& token = tokens_[probe.token];
    const std::optional<std::size_t> slot = shard.find_in_word(match.at, match.tags, token.id(probe.kind));
    if (!slot || !forbids(probe.kind, shard.issued_before_us(*slot), token.issued_at_us())) return;
    Found& found = revoked_[probe.token];
    if (!found || probe.kind < *found) found = probe.kind;
  }

  std::span<const TokenTargets> tokens_;
  std::span<Found> revoked_;
  std::size_t active_count_ = 0;
  std::size_t match_count_ = 0;
  // Uninitialised: the counts say what is there.
  std::array<Probe, kProbesMax> probes_;
  std::array<std::uint16_t, kProbesMax> active_;  // indexes of probes
  std::array<Match, 2 * kProbesMax> matches_;
};

}  // namespace

void RevocationTable::Reader::find(std::span<const TokenTargets> tokens, std::span<Found> revoked) noexcept {
  ASSAY_DCHECK(tokens.size() == revoked.size());
  std::fill(revoked.begin(), revoked.end(), std::nullopt);
  const std::uint32_t held = table_->kinds_held();
  if (held == 0) return;
  const auto era = table_->eras_.observe(index_);
  for (std::size_t first = 0; first < tokens.size(); first += kGroupTokens) {
    const std::span<const TokenTargets> group = tokens.subspan(first, std::min(kGroupTokens, tokens.size() - first));
    Search search(group, revoked.subspan(first, group.size()));
    for (std::size_t i = 0; i < group.size(); ++i) {
      for (std::uint32_t kinds = group[i].kinds() & held; kinds != 0; kinds &= kinds - 1) {
        const RevocationKind kind = lowest_kind(kinds);
        const std::uint64_t position = table_->position_of_(group[i].id(kind));
        search.start(i, kind, era->directory->observe_shard(position), position);
      }
    }
    search.finish();
  }
}

}  // namespace assay::state
