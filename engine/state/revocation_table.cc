#include "state/revocation_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace assay::state {
namespace {

RevocationEntry entry_of(const RevocationRecord& record) noexcept {
  return {.id = target_id_of(record.id),
          .kind = record.kind,
          .issued_before_us = record.issued_before_us,
          .forget_at_us = record.forget_at_us};
}

// Replaced memory that waits during one apply() before its era is ended.
constexpr std::size_t kBagBytesMax = std::size_t{16} << 20;

}  // namespace

RevocationTable::RevocationTable()
    : bags_(1),
      directory_(std::make_unique<Directory>(0)),
      eras_(std::make_unique<const Era>(*directory_, bags_.back())),
      place_by_index_(1, 0),
      places_(1),
      live_bytes_(directory_->bytes()) {
  directory_->publish_shard(0, places_[0].shard.view());
}

void RevocationTable::raise_times(RevocationRecord& record) const noexcept {
  const RevocationEntry entry = entry_of(record);
  const std::uint64_t position = position_of_(entry.id);
  const RevocationEntry later = place_of(position).shard.with_later_times(entry, position);
  record.issued_before_us = later.issued_before_us;
  record.forget_at_us = later.forget_at_us;
}

void RevocationTable::apply(std::span<const RevocationRecord> records) {
  for (const RevocationRecord& record : records) {
    const RevocationEntry entry = entry_of(record);
    const std::uint64_t position = position_of_(entry.id);
    switch (record.operation) {
      case RevocationOperation::kRevoke: revoke(entry, position); break;
      case RevocationOperation::kLift: lift(entry.id, position); break;
    }
  }
  turn_era();
}

void RevocationTable::revoke(const RevocationEntry& entry, std::uint64_t position) {
  count(entry.kind, 1);
  const RevocationEntry later = place_of(position).shard.with_later_times(entry, position);
  if (const std::optional<RevocationKind> had = place_of(position).shard.replace(later, position)) {
    count(*had, -1);  // the same kind, unless somebody else's log says otherwise
    return;
  }
  while (place_of(position).shard.is_full()) grow(position);
  place_of(position).shard.add(entry, position);
}

void RevocationTable::lift(const TargetId& id, std::uint64_t position) noexcept {
  const std::optional<RevocationKind> kind = place_of(position).shard.erase(id, position);
  if (kind) count(*kind, -1);
}

void RevocationTable::count(RevocationKind kind, std::ptrdiff_t change) noexcept {
  std::size_t& of_kind = counts_[static_cast<std::size_t>(kind)];
  of_kind += static_cast<std::size_t>(change);
  entry_count_ += static_cast<std::size_t>(change);
  const std::uint32_t bit = TokenTargets::bit_of(kind);
  const std::uint32_t held = of_kind == 0 ? kinds_held() & ~bit : kinds_held() | bit;
  if (held != kinds_held()) kinds_held_.store(held, std::memory_order_relaxed);  // [T2]
}

void RevocationTable::grow(std::uint64_t position) {
  Place& place = place_of(position);
  if (place.shard.live_count() * 6 / 5 < RevocationShard::kRoomMax) {
    rebuild(place, place.shard.live_count());
    return;
  }
  if (place.depth == directory_->depth) double_directory();
  split(place_by_index_[directory_->index_of(position)]);
}

void RevocationTable::rebuild(Place& place, std::size_t room) {
  RevocationShard next(room);
  place.shard.for_each([&](std::size_t, const RevocationEntry& entry) { next.add(entry, position_of_(entry.id)); });
  exchange_shard(place, std::move(next));
}

void RevocationTable::split(std::size_t place_index) {
  const std::size_t upper_index = places_.size();
  places_.emplace_back();
  Place& lower = places_[place_index];
  Place& upper = places_[upper_index];
  ++lower.depth;
  upper.depth = lower.depth;
  lower.prefix *= 2;
  upper.prefix = lower.prefix + 1;

  const unsigned shift = 64 - lower.depth;
  std::array<std::size_t, 2> rooms{};
  lower.shard.for_each(
      [&](std::size_t, const RevocationEntry& entry) { ++rooms[position_of_(entry.id) >> shift & 1]; });
  std::array<RevocationShard, 2> halves{RevocationShard(rooms[0]), RevocationShard(rooms[1])};
  lower.shard.for_each([&](std::size_t, const RevocationEntry& entry) {
    const std::uint64_t position = position_of_(entry.id);
    halves[position >> shift & 1].add(entry, position);
  });
  const std::size_t width = directory_->size() >> upper.depth;
  std::fill_n(place_by_index_.begin() + static_cast<std::ptrdiff_t>(upper.prefix * width), width,
              static_cast<std::uint32_t>(upper_index));
  exchange_shard(upper, std::move(halves[1]));
  exchange_shard(lower, std::move(halves[0]));
}

void RevocationTable::double_directory() {
  auto next = std::make_unique<Directory>(directory_->depth + 1);
  std::vector<std::uint32_t> place_by_index(next->size());
  for (std::size_t i = 0; i < next->size(); ++i) {
    place_by_index[i] = place_by_index_[i / 2];
    next->publish_shard(i, places_[place_by_index[i]].shard.view());
  }
  place_by_index_ = std::move(place_by_index);
  live_bytes_ += next->bytes() - directory_->bytes();
  retire(directory_->bytes()).directories.push_back(std::exchange(directory_, std::move(next)));
  turn_era();
}

void RevocationTable::exchange_shard(Place& place, RevocationShard next) {
  live_bytes_ += next.bytes() - place.shard.bytes();
  std::swap(place.shard, next);
  const std::size_t width = directory_->size() >> place.depth;
  for (std::size_t i = 0; i < width; ++i) {
    directory_->publish_shard(static_cast<std::size_t>(place.prefix) * width + i, place.shard.view());
  }
  if (next.bytes() == 0) return;
  retire(next.bytes()).blocks.push_back(next.release_block());
  if (bags_.back().bytes > kBagBytesMax) turn_era();
}

RevocationTable::Bag& RevocationTable::retire(std::size_t bytes) noexcept {
  waiting_bytes_ += bytes;
  bags_.back().bytes += bytes;
  return bags_.back();
}

void RevocationTable::turn_era() {
  if (bags_.back().bytes != 0) {
    bags_.emplace_back();
    eras_.publish(std::make_unique<const Era>(*directory_, bags_.back()));
  } else if (bags_.size() > 1) {
    eras_.reclaim();
  }
  while (bags_.size() > 1 && bags_.front().is_era_dropped) {
    waiting_bytes_ -= bags_.front().bytes;
    bags_.pop_front();
  }
}

bool RevocationTable::step_sweep(std::int64_t now_us) {
  bool is_round_over = false;
  for (std::size_t passed = 0; passed < kShardsPassedPerStep && !is_round_over; ++passed) {
    Place& place = places_[next_swept_];
    next_swept_ = (next_swept_ + 1) % places_.size();
    is_round_over = next_swept_ == 0;
    if (place.shard.earliest_forget_us() > now_us) continue;
    sweep_place(place, now_us);
    break;
  }
  turn_era();
  return is_round_over;
}

void RevocationTable::sweep_place(Place& place, std::int64_t now_us) {
  RevocationShard& shard = place.shard;
  std::int64_t earliest_us = kNeverForgotten;
  shard.for_each([&](std::size_t slot, const RevocationEntry& entry) {
    if (entry.forget_at_us > now_us) {
      earliest_us = std::min(earliest_us, entry.forget_at_us);
      return;
    }
    shard.erase_slot(slot);
    count(entry.kind, -1);
  });
  shard.note_earliest_forget(earliest_us);
  if (shard.live_count() == 0) {
    exchange_shard(place, RevocationShard());
  } else if (shard.live_count() * 8 < shard.room() * 5) {  // a rebuilt one would be a quarter smaller
    rebuild(place, shard.live_count());
  }
}

std::int64_t RevocationTable::earliest_forget_us() const noexcept {
  std::int64_t earliest_us = kNeverForgotten;
  for (const Place& place : places_) earliest_us = std::min(earliest_us, place.shard.earliest_forget_us());
  return earliest_us;
}

std::vector<RevocationEntry> RevocationTable::list(const std::optional<TargetId>& after, std::size_t count_max) const {
  using Placed = std::pair<std::uint64_t, RevocationEntry>;
  const auto key_of = [](const Placed& placed) {
    return std::tuple(placed.first, placed.second.id.high, placed.second.id.low);
  };
  const auto comes_before = [&key_of](const Placed& a, const Placed& b) { return key_of(a) < key_of(b); };
  const Placed start(after ? position_of_(*after) : 0, {.id = after.value_or(TargetId{})});

  std::vector<RevocationEntry> listed;
  for (std::size_t index = directory_->index_of(start.first);
       index < directory_->size() && listed.size() < count_max;) {
    const Place& place = places_[place_by_index_[index]];
    std::vector<Placed> here;
    place.shard.for_each([&](std::size_t, const RevocationEntry& entry) {
      const Placed placed(position_of_(entry.id), entry);
      if (!after || comes_before(start, placed)) here.push_back(placed);
    });
    const std::size_t taken = std::min(here.size(), count_max - listed.size());
    std::partial_sort(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(taken), here.end(), comes_before);
    for (std::size_t i = 0; i < taken; ++i) listed.push_back(here[i].second);
    index = static_cast<std::size_t>(place.prefix + 1) * (directory_->size() >> place.depth);
  }
  return listed;
}

}  // namespace assay::state
