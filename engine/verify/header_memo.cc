#include "verify/header_memo.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

#include "base/check.h"
#include "base/same_text.h"

namespace assay::verify {

HeaderMemo::HeaderMemo() : sets_(std::make_unique<std::array<std::array<Entry, kWays>, kSets>>()) {}

// Whoever makes headers collide costs himself and others a parse, as everybody pays without a memo.
HeaderMemo::Place HeaderMemo::place_of(std::string_view segment) noexcept {
  const std::uint64_t hash = absl::Hash<absl::string_view>()(absl::string_view(segment.data(), segment.size()));
  return {.set = (*sets_)[hash % kSets], .offered = offered_[(hash >> 32) % kOfferedMarks], .hash = hash};
}

const jose::JoseHeader* HeaderMemo::find(std::string_view segment) noexcept {
  if (segment.empty()) return nullptr;
  if (latest_ == nullptr || !base::same_text(latest_->text(), segment)) {
    const std::span<Entry> set = place_of(segment).set;
    const auto found =
        std::find_if(set.begin(), set.end(), [&](const Entry& entry) { return entry.text() == segment; });
    if (found == set.end()) return nullptr;
    latest_ = &*found;
  }
  latest_->batch = batch_;
  if (latest_->credit < kCreditMax) ++latest_->credit;
  return &latest_->header;
}

HeaderMemo::Entry* HeaderMemo::find_victim(std::array<Entry, kWays>& set) const noexcept {
  Entry& weakest =
      *std::min_element(set.begin(), set.end(), [](const Entry& a, const Entry& b) { return a.credit < b.credit; });
  if (weakest.batch == batch_) return nullptr;
  if (weakest.credit == 0) return &weakest;
  for (Entry& entry : set) --entry.credit;  // none has less than the weakest
  return nullptr;
}

void HeaderMemo::offer(std::string_view segment, const jose::JoseHeader& header) noexcept {
  if (segment.empty() || segment.size() > kSegmentBytesMax || find(segment) != nullptr) return;
  const Place place = place_of(segment);
  if (place.offered != place.hash) {
    place.offered = place.hash;
    return;
  }
  Entry* const entry = find_victim(place.set);
  if (entry == nullptr) return;
  ASSAY_CHECK(header.unverified_kid.size() + header.typ.size() <= entry->texts.size());
  char* const typ = std::copy(header.unverified_kid.begin(), header.unverified_kid.end(), entry->texts.begin());
  std::copy(header.typ.begin(), header.typ.end(), typ);
  std::copy(segment.begin(), segment.end(), entry->segment.begin());
  entry->size = segment.size();
  entry->credit = 1;
  entry->header = header;
  entry->header.unverified_kid = {entry->texts.data(), header.unverified_kid.size()};
  entry->header.typ = {typ, header.typ.size()};
}

}  // namespace assay::verify
