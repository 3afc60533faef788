// Property: whatever the interleaving of find() with insert(), erase() and sweep(),
//   1  an answer that is found is whole, alive, and that of the issuer and token asked for;
//   2  no reader sees the answers of one token go back, nor one older than an insert() or erase() it knows to have
//      returned;
//   3  every answer is freed exactly once, and the accounts end at zero;
//   4  no answer is found at or after its expiry.
// Method: an answer carries its token's number and a Checked generation, which grows with every write of the test. Two
// writers own half of the tokens each and note, per token, the generation of the latest write that has returned;
// readers read that floor before they ask. Failures are counted and read after joining. Time is the test's own: an
// answer expires at its generation plus a life, and readers ask for times up to two lives after the floor.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "state/introspection_cache.h"
#include "tests/concurrency/ledger.h"

namespace assay::state {
namespace {

constexpr std::uint64_t kGenerationsMax = 4'000'000;
constexpr std::int64_t kRunNs = 1'000'000'000;
constexpr std::size_t kTokens = 64;
constexpr std::size_t kWriters = 2;
constexpr std::size_t kReaders = 4;
constexpr std::int64_t kLifeNs = 1'000;

class Answer {
 public:
  Answer(std::size_t token, std::uint64_t generation, base::Ledger& ledger)
      : token_(token), active_(generation % 4 != 0), checked_(generation, ledger) {}
  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] std::size_t bytes() const { return 200; }
  [[nodiscard]] std::size_t token() const { return token_; }
  [[nodiscard]] const base::Checked& checked() const { return checked_; }

 private:
  std::size_t token_;
  bool active_;
  base::Checked checked_;
};

struct Findings {
  std::uint64_t found = 0;
  std::uint64_t wrong = 0;      // against property 1
  std::uint64_t went_back = 0;  // against property 2
  std::uint64_t missed = 0;     // against property 2
  std::uint64_t expired = 0;    // against property 4
};

class IntrospectionCacheStress : public testing::Test {
 protected:
  using Cache = IntrospectionCache<Answer>;

  IntrospectionCacheStress() {
    for (std::size_t i = 0; i < kTokens; ++i) tokens_.push_back("token-" + std::to_string(i));
  }

  // Even tokens belong to issuer 1, odd ones to issuer 2; every second pair shares its text.
  [[nodiscard]] Cache::Key key_of(std::size_t token) const {
    return {.issuer = 1 + token % 2, .token = tokens_[token % 4 == 1 ? token - 1 : token]};
  }

  // Writes the tokens of one writer in turn: mostly insert, now and then erase, now and then sweep.
  void write_until(std::int64_t end_ns, std::size_t writer) {
    for (std::size_t turn = 0; base::monotonic_ns() < end_ns; ++turn) {
      const std::size_t token = (turn * 7 % (kTokens / kWriters)) * kWriters + writer;
      const std::uint64_t generation = next_.fetch_add(1, std::memory_order_relaxed);  // a number alone [S2]
      if (generation >= kGenerationsMax) return;
      if (turn % 5 == 4) {
        cache_->erase(key_of(token));
        ledger_.note_freed(generation);  // a generation that no answer carries
      } else {
        auto answer = std::make_shared<const Answer>(token, generation, ledger_);
        const std::int64_t expires_ns = static_cast<std::int64_t>(generation) + kLifeNs;
        cache_->insert(key_of(token), std::move(answer),
                       {.fresh_until_ns = expires_ns - kLifeNs / 2, .expires_ns = expires_ns});
      }
      floors_[token].store(generation, std::memory_order_release);  // [S1]
      if (turn % 16 == 0) cache_->sweep(static_cast<std::int64_t>(generation));
    }
  }

  [[nodiscard]] Findings read_until_stopped(base::ReaderIndex reader) {
    Findings findings;
    std::array<std::uint64_t, kTokens> latest{};
    std::int64_t later_ns = 0;
    for (std::size_t token = reader; !stopped_.load(std::memory_order_relaxed);
         token = (token + 1) % kTokens) {                                          // [S2]
      const std::uint64_t floor = floors_[token].load(std::memory_order_acquire);  // [S1]
      later_ns = (later_ns + 37) % (2 * kLifeNs);
      const std::int64_t now_ns = static_cast<std::int64_t>(floor) + later_ns;
      const std::shared_ptr<const Answer> answer = cache_->find(key_of(token), now_ns, reader).answer;
      if (answer == nullptr) continue;
      ++findings.found;
      const std::uint64_t generation = answer->checked().generation();
      findings.wrong += answer->token() != token || !answer->checked().is_alive(ledger_);
      findings.went_back += generation < latest[token];
      findings.missed += generation < floor;
      findings.expired += static_cast<std::int64_t>(generation) + kLifeNs <= now_ns;
      latest[token] = generation;
    }
    return findings;
  }

  base::Ledger ledger_{kGenerationsMax + 2};
  std::vector<std::string> tokens_;
  std::unique_ptr<Cache> cache_ = std::make_unique<Cache>(std::size_t{16} * 1024);  // too small for all tokens
  std::atomic<std::uint64_t> next_{1};
  std::array<std::atomic<std::uint64_t>, kTokens> floors_{};  // latest write of the token that has returned
  std::atomic<bool> stopped_{false};
};

TEST_F(IntrospectionCacheStress, ReadersFindWholeRightAndFreshAnswersWhileTheyAreReplaced) {
  std::vector<Findings> findings(kReaders);
  std::vector<std::thread> readers;
  for (base::ReaderIndex reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([this, reader, &findings] { findings[reader] = read_until_stopped(reader); });
  }
  const std::int64_t end_ns = base::monotonic_ns() + kRunNs;
  std::thread second_writer([this, end_ns] { write_until(end_ns, 1); });
  write_until(end_ns, 0);
  second_writer.join();
  stopped_.store(true, std::memory_order_relaxed);  // [S2]
  for (std::thread& reader : readers) reader.join();

  for (const Findings& seen : findings) {
    EXPECT_GT(seen.found, 0U);
    EXPECT_EQ(seen.wrong, 0U);
    EXPECT_EQ(seen.went_back, 0U);
    EXPECT_EQ(seen.missed, 0U);
    EXPECT_EQ(seen.expired, 0U);
  }
  EXPECT_GT(cache_->not_kept_count(), 0U);
  for (std::size_t token = 0; token < kTokens; ++token) cache_->erase(key_of(token));
  EXPECT_EQ(cache_->entry_count(), 0U);
  EXPECT_EQ(cache_->bytes(), 0U);
  cache_.reset();
  const std::uint64_t end = std::min(next_.load(), kGenerationsMax);
  EXPECT_GT(end, 1000U);
  ledger_.note_freed(0);  // no write has generation 0
  EXPECT_EQ(ledger_.count_not_freed_once(end), 0U);
}

}  // namespace
}  // namespace assay::state
