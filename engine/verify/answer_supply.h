// Introspection answers on their way from the authorization server to the waiting tickets: one call per token however
// many checks wait. No I/O, no clock: the control machine sends the requests and tells the time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "assay/engine.h"
#include "assay/fetcher.h"
#include "verify/compiled_policy.h"
#include "verify/pipeline.h"
#include "verify/tickets.h"

namespace assay::verify {

// Thread-compatible: the control machine's mutex guards it.
class AnswerSupply {
 public:
  // `cache` must outlive the supply.
  explicit AnswerSupply(AnswerCache& cache) : cache_(cache) {}

  // Takes an order. Returns a request to send under `fetch_id`, or nothing if the order joined a call in flight.
  [[nodiscard]] std::optional<FetchRequest> on_order(const std::shared_ptr<TicketTable>& table,
                                                     const AnswerOrder& order, const OpaquePolicy& policy,
                                                     bool allow_plain_http, std::uint64_t fetch_id,
                                                     std::int64_t now_ns);

  // Settles everybody who waits for the call, and remembers the answer. Returns whether the id was one of these calls.
  bool on_result(std::uint64_t fetch_id, const FetchResult& result, Now now);

  // Settles calls that the fetcher has forgotten.
  void check_deadlines(std::int64_t now_ns);
  // The earliest deadline; the greatest int64 if nothing is in flight.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;

  // A worker goes away: nobody waits there any more.
  void forget(const TicketTable& table);

  // Finished calls: with an answer; without a document; with a document that is no answer.
  [[nodiscard]] std::uint64_t calls_good() const noexcept { return calls_good_; }
  [[nodiscard]] std::uint64_t calls_failed() const noexcept { return calls_failed_; }
  [[nodiscard]] std::uint64_t calls_bad() const noexcept { return calls_bad_; }

 private:
  struct Waiter {
    std::shared_ptr<TicketTable> table;
    std::uint32_t slot = 0;
  };
  struct Call {
    std::uint64_t answers_id = 0;
    std::string token;
    std::int64_t ttl_ns = 0;
    std::int64_t inactive_ttl_ns = 0;
    std::int64_t deadline_ns = 0;
    std::vector<Waiter> waiters;
  };
  using CallMap = absl::flat_hash_map<std::uint64_t, Call>;

  void remember(const Call& call, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer, Now now);
  void finish(CallMap::iterator found, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer, Error error);

  AnswerCache& cache_;
  CallMap calls_;                                                // by fetch id
  absl::flat_hash_map<std::string, std::uint64_t> by_question_;  // answers_id and token -> fetch id
  std::uint64_t calls_good_ = 0;
  std::uint64_t calls_failed_ = 0;
  std::uint64_t calls_bad_ = 0;
};

}  // namespace assay::verify
