// Property: whatever the interleaving of Reader::find() with apply(), growth, splits and step_sweep(),
//   1  an id that is revoked all the while is always found, whatever happens to the block that it lies in;
//   2  an id that was never revoked is never found;
//   3  a revocation or lift that is known to have returned is seen, and no reader sees an issued-before time go back;
//   4  what was replaced is freed, and nothing of it while a reader can reach it.
// Method: one control thread, as the table demands. Steady ids are revoked before the readers start. Flickering ids are
// revoked and lifted in turns; each has a ledger cell that goes up before and after each change, odd while it is under
// way, so that a reader that reads the same even number before and after its look knows what it had to find. Rising ids
// have an issued-before time that only grows, noted once it is applied. Filler ids come and go by hundreds of
// thousands, so that shards are rebuilt, split, emptied and freed; a freed block is unmapped, so a late read of it
// stops the program. Failures are counted and read after joining.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "state/revocation_table.h"

namespace assay::state {
namespace {

constexpr std::int64_t kRunNs = 1'000'000'000;
constexpr std::size_t kReaders = 4;
constexpr std::size_t kIds = 256;           // of each sort but filler
constexpr std::uint64_t kFillers = 60'000;  // live at once at most
constexpr std::size_t kBatch = 16;

enum Sort : std::uint64_t { kSteady = 1, kFlickering = 2, kRising = 3, kNever = 4, kFiller = 5 };

RevocationRecord record_of(Sort sort, std::uint64_t number) {
  RevocationRecord record;
  record.kind = sort == kRising ? RevocationKind::kSubjectIssuedBefore : RevocationKind::kJti;
  const std::uint64_t name = static_cast<std::uint64_t>(sort) << 32 | number;
  for (std::size_t i = 0; i < 8; ++i) {
    record.id[i] = static_cast<std::uint8_t>(name >> (56 - 8 * i));
    record.id[8 + i] = static_cast<std::uint8_t>(name * 0x9E3779B97F4A7C15U >> (56 - 8 * i));
  }
  return record;
}

struct Findings {
  std::uint64_t looks = 0;
  std::uint64_t judged = 0;     // looks at flickering ids between changes
  std::uint64_t lost = 0;       // against property 1
  std::uint64_t invented = 0;   // against property 2
  std::uint64_t stale = 0;      // against property 3
  std::uint64_t went_back = 0;  // against property 3
};

class RevocationTableStress : public testing::Test {
 protected:
  void revoke(RevocationRecord record) { table_.apply({&record, 1}); }

  void control_until(std::int64_t end_ns) {
    std::uint64_t turn = 0;
    std::vector<RevocationRecord> fillers;
    for (; base::monotonic_ns() < end_ns; ++turn) {
      const std::size_t i = turn % kIds;
      flicker(i);
      rise(i);
      fillers.clear();
      for (std::uint64_t j = 0; j < 64; ++j) {
        RevocationRecord record = record_of(kFiller, (turn * 64 + j) % (2 * kFillers));
        record.forget_at_us = static_cast<std::int64_t>(turn + 1 + kFillers / 64) * 1'000'000;
        fillers.push_back(record);
      }
      table_.apply(fillers);
      most_entries_ = std::max(most_entries_, table_.entry_count());
      table_.step_sweep(static_cast<std::int64_t>(turn) * 1'000'000);
      // Now and then everything may go, so that shards shrink and blocks are freed.
      if (turn % 4'000 == 3'999) sweep_all();
    }
  }
  void sweep_all() {
    for (int rounds = 0; rounds < 2;) {  // the first one may begin in the middle
      rounds += table_.step_sweep(kNeverForgotten - 1) ? 1 : 0;
    }
  }

  void flicker(std::size_t i) {
    std::atomic<std::uint64_t>& changes = flicker_[i];
    const std::uint64_t before = changes.load(std::memory_order_relaxed);  // this thread's own [S1]
    changes.store(before + 1, std::memory_order_seq_cst);                  // [S1]
    RevocationRecord record = record_of(kFlickering, i);
    if (before % 4 == 2) record.operation = RevocationOperation::kLift;
    revoke(record);
    changes.store(before + 2, std::memory_order_seq_cst);  // [S1]
  }
  void rise(std::size_t i) {
    RevocationRecord record = record_of(kRising, i);
    record.issued_before_us = rising_[i].load(std::memory_order_relaxed) + 1;  // this thread's own [S2]
    revoke(record);
    rising_[i].store(record.issued_before_us, std::memory_order_release);  // [S2]
  }

  // What a reader knew of a batch before it looked.
  struct Known {
    std::array<std::uint64_t, kBatch> changes{};
    std::array<std::int64_t, kBatch> floor_us{};
  };

  [[nodiscard]] Findings read_until_stopped(base::ReaderIndex index) {
    Findings findings;
    RevocationTable::Reader reader(table_, index);
    std::vector<TokenTargets> tokens(4 * kBatch);
    std::vector<std::optional<RevocationKind>> found(tokens.size());
    for (std::size_t first = index; !stopped_.load(std::memory_order_relaxed);
         first = (first + kBatch) % kIds) {  // [S3]
      Known known;
      for (std::size_t i = 0; i < kBatch; ++i) {
        const std::size_t id = (first + i) % kIds;
        known.changes[i] = flicker_[id].load(std::memory_order_seq_cst);  // [S1]
        known.floor_us[i] = rising_[id].load(std::memory_order_acquire);  // [S2]
        tokens[4 * i] = target(kSteady, id, 0);
        tokens[4 * i + 1] = target(kNever, id, 0);
        tokens[4 * i + 2] = target(kFlickering, id, 0);
        tokens[4 * i + 3] = target(kRising, id, known.floor_us[i] - 1);
      }
      reader.find(tokens, found);
      ++findings.looks;
      for (std::size_t i = 0; i < kBatch; ++i)
        judge(&found[4 * i], known.changes[i], flicker_[(first + i) % kIds], findings);
    }
    return findings;
  }

  static TokenTargets target(Sort sort, std::uint64_t number, std::int64_t issued_at_us) {
    const RevocationRecord record = record_of(sort, number);
    TokenTargets token(issued_at_us);
    token.set(record.kind, target_id_of(record.id));
    return token;
  }

  static void judge(const std::optional<RevocationKind>* found, std::uint64_t changes_before,
                    const std::atomic<std::uint64_t>& changes, Findings& findings) {
    findings.lost += found[0] ? 0U : 1U;
    findings.invented += found[1] ? 1U : 0U;
    findings.went_back += found[3] ? 0U : 1U;
    // A change that begins after this load is not of the look's past, and one before it is seen here.
    if (changes_before % 2 != 0 || changes.load(std::memory_order_seq_cst) != changes_before) return;  // [S1]
    ++findings.judged;
    findings.stale += found[2].has_value() == (changes_before % 4 == 2) ? 0U : 1U;
  }

  RevocationTable table_;
  std::size_t most_entries_ = 0;
  std::array<std::atomic<std::uint64_t>, kIds> flicker_{};  // changes begun and ended; revoked where it is 2 mod 4
  std::array<std::atomic<std::int64_t>, kIds> rising_{};    // issued-before time of the latest record applied
  std::atomic<bool> stopped_{false};
};

TEST_F(RevocationTableStress, ReadersSeeWhatIsRevokedWhileShardsAreRebuiltSplitAndFreed) {
  for (std::size_t i = 0; i < kIds; ++i) {
    revoke(record_of(kSteady, i));
    rise(i);
  }
  std::vector<Findings> findings(kReaders);
  std::vector<std::thread> readers;
  for (base::ReaderIndex reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([this, reader, &findings] { findings[reader] = read_until_stopped(reader); });
  }
  control_until(base::monotonic_ns() + kRunNs);
  stopped_.store(true, std::memory_order_relaxed);  // [S3]
  for (std::thread& reader : readers) reader.join();

  for (const Findings& seen : findings) {
    EXPECT_GT(seen.looks, 0U);
    EXPECT_GT(seen.judged, 0U);
    EXPECT_EQ(seen.lost, 0U);
    EXPECT_EQ(seen.invented, 0U);
    EXPECT_EQ(seen.stale, 0U);
    EXPECT_EQ(seen.went_back, 0U);
  }
  EXPECT_GT(most_entries_, 4 * kIds);
  sweep_all();
  table_.step_sweep(0);
  EXPECT_EQ(table_.waiting_bytes(), 0U);
  EXPECT_LE(table_.entry_count(), 3 * kIds);
}

}  // namespace
}  // namespace assay::state
