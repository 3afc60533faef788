// The keys of one issuer on their way from its source to the KeyCache: which document to fetch next, what to make of
// the answer, and who waits for it. No I/O, no clock: the control machine sends the requests and tells the time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "assay/engine.h"
#include "assay/expected.h"
#include "assay/fetcher.h"
#include "assay/policy.h"
#include "keys/http_freshness.h"
#include "keys/key_preparation.h"
#include "keys/refresh.h"
#include "verify/compiled_policy.h"
#include "verify/tickets.h"

namespace assay::verify {

// Finished attempts to get an issuer's keys, by result.
struct KeyFetchCounts {
  std::uint64_t replaced = 0;   // brought a key set that serves now
  std::uint64_t confirmed = 0;  // said that the set that serves is the latest
  std::uint64_t failed = 0;     // brought no document
  std::uint64_t unusable = 0;   // brought a document without one usable key
};

// Thread-compatible: the control machine's mutex guards it.
class KeySupply {
 public:
  // Publishes in `cache` the keys of a source that has them at hand. A source that is fetched has none yet, or those it
  // was read with.
  //   errors   bad_key_set, for keys at hand
  [[nodiscard]] static Expected<std::unique_ptr<KeySupply>> make(const IssuerPolicy& policy,
                                                                 std::shared_ptr<keys::KeyCache> cache);

  // Whether this supply serves `policy` as well: same name, source and fetch settings.
  [[nodiscard]] bool serves(const IssuerPolicy& policy) const noexcept;

  [[nodiscard]] const std::shared_ptr<IssuerRuntime>& runtime() const noexcept { return runtime_; }
  [[nodiscard]] const std::string& name() const noexcept { return policy_.name; }

  // The next request to send, if one is due. After it the next call is on_result: one fetch in flight.
  [[nodiscard]] std::optional<FetchRequest> next_request(std::int64_t now_ns);
  // Returns a further request where the answer leads to one (metadata to its key set, or the next well-known form).
  [[nodiscard]] std::optional<FetchRequest> on_result(const FetchResult& result, Now now);
  // Whether a fetched document has keys left to prepare.
  [[nodiscard]] bool is_preparing() const noexcept { return phase_ == Phase::kPreparing; }
  // Prepares up to `key_count` of them; publishes the set after the last. Precondition: is_preparing().
  void prepare(std::size_t key_count, Now now);

  // The order's check waits for keys. Its ticket settles by unknown_kid_wait at the latest.
  void on_order(const std::shared_ptr<TicketTable>& table, const AnswerOrder& order, std::int64_t now_ns);
  // As on_order, where nobody waits: the keys are fetched out of turn if that is of use.
  void order_key(const std::optional<base::Hash128>& kid, std::int64_t now_ns);
  // A worker goes away: nobody waits there any more.
  void forget(const TicketTable& table);
  // This supply goes away: settles every ticket.
  void abandon();

  // Withdraws keys that are too old to serve and settles tickets whose wait has ended. Gives up a fetch that the
  // fetcher has forgotten: returns whether it did, and the result is then not to be given to on_result.
  [[nodiscard]] bool check_time(std::int64_t now_ns);
  // When next_request, prepare or check_time may next have something to do; the greatest int64 if never.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;

  // The latest state published. Null `set`: no keys.
  [[nodiscard]] const keys::KeyState& state() const noexcept { return state_; }
  // Whether the source is fetched, again and again.
  [[nodiscard]] bool is_fetched() const noexcept { return !source_url_.empty() || !metadata_urls_.empty(); }
  [[nodiscard]] const KeyFetchCounts& counts() const noexcept { return counts_; }
  // Of all attempts, those that were started out of turn.
  [[nodiscard]] std::uint64_t forced_count() const noexcept { return refresh_.forced_count(); }
  // Whether keys serve past their freshness.
  [[nodiscard]] bool serves_stale(std::int64_t now_ns) const noexcept {
    return state_.set != nullptr && refresh_.is_stale(now_ns);
  }
  // Whether the latest document had not one usable key, so that an older set serves, or none.
  [[nodiscard]] bool latest_was_unusable() const noexcept { return latest_was_unusable_; }
  // Wall clock of the first of the good fetches without a gap that brought this key, us; 0 if none did.
  [[nodiscard]] std::int64_t first_seen_us(const keys::Key& key) const;

 private:
  enum class Phase : std::uint8_t { kIdle, kMetadata, kKeySet, kPreparing };
  // The document that the set in service was made of.
  struct Served {
    std::string url;
    std::string etag;
    std::string last_modified;
    base::Hash128 hash;  // keyed_hash of its text
  };
  struct Waiter {
    std::shared_ptr<TicketTable> table;
    std::uint32_t slot = 0;
  };
  // What a refused attempt counts as.
  enum class Failure : std::uint8_t { kNoDocument, kUnusable };

  KeySupply(const IssuerPolicy& policy, std::shared_ptr<keys::KeyCache> cache);
  [[nodiscard]] FetchRequest make_request(const std::string& url, std::size_t response_bytes_max, std::int64_t now_ns);
  [[nodiscard]] FetchRequest make_key_set_request(const std::string& url, std::int64_t now_ns);
  [[nodiscard]] std::optional<FetchRequest> on_metadata(const FetchResult& result, Now now);
  [[nodiscard]] std::optional<FetchRequest> try_next_metadata_url(std::string complaint, const FetchResult& result,
                                                                  Now now);
  void on_key_set(const FetchResult& result, Now now);
  void serve(std::unique_ptr<const keys::KeySet> set, Now now);
  // Tokens of keys that were taken out are common after a rotation: they shall not use up the budget.
  void remember_removed_kids(const keys::KeySet& next, Now now);
  void succeed(Now now);
  void fail_attempt(std::string complaint, Failure failure, std::int64_t retry_after_ns, std::int64_t now_ns);
  void publish();
  void settle_waiters();

  IssuerPolicy policy_;
  std::shared_ptr<IssuerRuntime> runtime_;
  keys::Refresh refresh_;
  Phase phase_ = Phase::kIdle;
  std::int64_t deadline_ns_ = 0;  // of the request in flight

  std::vector<std::string> metadata_urls_;  // discovery alone
  std::size_t metadata_index_ = 0;          // the form that answered last, or is being tried
  std::size_t metadata_tries_ = 0;          // in this attempt
  std::string metadata_complaint_;          // what it failed with, so far
  std::string source_url_;                  // of the key set; by discovery empty until the metadata was read
  std::optional<Served> served_;            // nothing while no fetched set serves
  bool is_conditional_ = false;             // the request in flight asks for a newer document than served_ only

  // Of the document that was fetched last.
  Served fetched_;
  std::optional<std::int64_t> fresh_for_ns_;
  std::optional<keys::KeyPreparation> preparation_;  // kPreparing

  keys::KeyState state_;
  absl::flat_hash_map<std::string, std::int64_t> first_seen_us_;  // keys of the set in service, by thumbprint and kid
  KeyFetchCounts counts_;
  bool latest_was_unusable_ = false;
  absl::flat_hash_map<std::uint64_t, Waiter> waiters_;  // by KeyWaiter::id
  std::uint64_t next_waiter_id_ = 1;
};

}  // namespace assay::verify
