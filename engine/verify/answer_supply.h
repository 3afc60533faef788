// Introspection answers on their way from the authorization server to the waiting tickets: one call per token however
// many checks wait. No I/O, no clock: the control machine sends the requests and tells the time.
//
//   order --> joins a call about the same token
//         --> a new call --> asks the fleet first, where answers are shared; its answer settles the call
//                        --> refused: the rate is used up (overloaded), the breaker is open (introspection_unavailable)
//                        --> waits for a token of Assay's own, where one is needed and none is fresh
//                        --> sent; 401 to a call with such a token: once more with a new one
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "assay/engine.h"
#include "assay/fetcher.h"
#include "verify/answer_sharing.h"
#include "verify/compiled_policy.h"
#include "verify/introspection_endpoint.h"
#include "verify/pipeline.h"
#include "verify/tickets.h"

namespace assay::verify {

// What one issuer's calls came to.
struct AnswerCounts {
  std::uint64_t joined = 0;       // orders that joined a call under way
  std::uint64_t too_many = 0;     // orders over the rate
  std::uint64_t shut = 0;         // orders while the breaker was open
  std::uint64_t tokens_good = 0;  // tokens of Assay's own that came
  std::uint64_t tokens_failed = 0;
  std::uint64_t retried = 0;                               // calls made once more after a 401
  std::array<std::uint64_t, kShareOutcomeCount> shared{};  // questions to the fleet, by ShareOutcome
};

// Thread-compatible: the control machine's mutex guards it.
class AnswerSupply {
 public:
  // `cache` and `sharing` must outlive the supply. Null: no answers are shared.
  explicit AnswerSupply(AnswerCache& cache, const AnswerSharing* sharing = nullptr)
      : cache_(cache), sharing_(sharing) {}

  // The issuers of the policy from now on, by issuer index. One whose name and settings stay keeps its breaker, its
  // rate and its token; calls under way go on as they were. Precondition: policy_faults finds nothing wrong.
  void set_issuers(std::span<const IssuerPolicy> issuers);

  // Takes an order of the policy that set_issuers was told of, to an issuer of opaque tokens: makes a call, joins one,
  // or settles the order at once. Asks the fleet by itself.
  void on_order(const std::shared_ptr<TicketTable>& table, const AnswerOrder& order, Now now);

  // A request to send now; its result goes to on_result.
  struct Outgoing {
    std::uint64_t fetch_id = 0;
    FetchRequest request;
  };
  // What the other calls have made since the last time.
  [[nodiscard]] std::vector<Outgoing> take_requests() { return std::exchange(outgoing_, {}); }

  // Takes a result. Settles everybody who waits for that call, and remembers the answer. Returns whether the id was one
  // of these requests.
  bool on_result(std::uint64_t fetch_id, const FetchResult& result, Now now);

  // Takes what the fleet has under a question that on_order put: an answer settles and is remembered, anything else has
  // the issuer asked. Returns whether the id was one of this supply's.
  bool on_shared(std::uint64_t fetch_id, const SharedValue& value, Now now);

  // Settles calls that the fetcher has forgotten, and asks the issuer where the fleet did not answer in time. Cost: of
  // the overdue ones alone.
  void check_deadlines(Now now);
  // The earliest deadline; the greatest int64 if nothing is under way.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;

  // The answer that is on its way about this token, if one is, may be from before its rights changed: it settles who
  // waits already, and is neither joined nor remembered. What is remembered is the cache's to erase.
  void forbid_keeping(std::uint64_t answers_id, std::string_view token);

  // A worker goes away: nobody waits there any more.
  void forget(const TicketTable& table);

  // Finished calls: with an answer; without a document; with a document that is no answer.
  [[nodiscard]] std::uint64_t calls_good() const noexcept { return calls_good_; }
  [[nodiscard]] std::uint64_t calls_failed() const noexcept { return calls_failed_; }
  [[nodiscard]] std::uint64_t calls_bad() const noexcept { return calls_bad_; }
  [[nodiscard]] std::size_t calls_under_way() const noexcept { return calls_.size(); }

  // Null where no answers are shared.
  [[nodiscard]] const AnswerSharing* sharing() const noexcept { return sharing_; }

  // Of each issuer of opaque tokens.
  void for_each_endpoint(const std::function<void(const IntrospectionEndpoint&, const AnswerCounts&)>& visit) const;

  // The fetch ids of a supply have this bit, so that they meet no other's.
  static constexpr std::uint64_t kFetchIdBit = std::uint64_t{1} << 63;

 private:
  struct Waiter {
    std::shared_ptr<TicketTable> table;
    std::uint32_t slot = 0;
  };
  // An endpoint and what goes on there. Shared with its calls: they outlive a reload.
  struct Source {
    explicit Source(const IssuerPolicy& issuer) : endpoint(issuer) {}
    IntrospectionEndpoint endpoint;
    std::optional<SealDigest> scope;               // nothing: its answers are not shared
    std::uint64_t token_fetch_id = 0;              // 0: none under way
    std::vector<std::uint64_t> waiting_for_token;  // calls, by fetch id; some may be over by now
    AnswerCounts counts;
  };
  struct Call {
    std::shared_ptr<Source> source;
    std::uint64_t answers_id = 0;
    std::string token;
    issuer::CallGate::Admission admission = issuer::CallGate::Admission::kCall;
    std::int64_t deadline_ns = 0;
    std::uint64_t token_number = 0;  // of Assay's own token that it carries
    bool is_retry = false;           // it was answered 401 once
    bool may_be_kept = true;         // false: neither joined nor remembered
    bool asks_fleet = false;         // the issuer is not asked yet
    AnswerPlace place;               // where its source has a scope
    // What was in its place, empty for nothing, when the issuer had not answered yet. Nothing: not known, so that the
    // answer is not written there.
    std::optional<std::string> seen;
    std::vector<Waiter> waiters;
  };
  using CallMap = absl::flat_hash_map<std::uint64_t, Call>;

  [[nodiscard]] bool ask_fleet(std::uint64_t fetch_id, Call& call, Now now);
  void ask_issuer(CallMap::iterator found, Now now);
  void start(std::uint64_t fetch_id, Call& call, Now now);
  void send(std::uint64_t fetch_id, Call& call, Now now);
  void set_deadline(std::uint64_t fetch_id, std::int64_t& deadline_ns, std::int64_t due_ns);
  void fetch_token(const std::shared_ptr<Source>& source, Now now);
  void on_token_result(std::uint64_t fetch_id, const FetchResult& result, Now now);
  void fail_waiting(Source& source, const FetchResult& result, std::int64_t now_ns);
  [[nodiscard]] bool tries_again(CallMap::iterator found, const FetchResult& result, Now now);
  void on_answer(CallMap::iterator found, const FetchResult& result, Now now);
  void on_overdue(std::uint64_t fetch_id, Now now);
  void remember(const Call& call, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                const AnswerSpan& span, Now now);
  void share(Call& call, const issuer::IntrospectionAnswer& answer, const AnswerSpan& span, Now now);
  void finish(CallMap::iterator found, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer, Error error);

  AnswerCache& cache_;
  const AnswerSharing* const sharing_;
  std::vector<std::shared_ptr<Source>> sources_;  // by issuer index; null where an issuer has no opaque tokens
  std::uint64_t next_fetch_ = 0;
  CallMap calls_;                                                // by fetch id, which a call keeps
  absl::flat_hash_map<std::string, std::uint64_t> by_question_;  // answers_id and token -> fetch id
  struct TokenFetch {
    std::shared_ptr<Source> source;
    std::int64_t deadline_ns = 0;
  };
  absl::flat_hash_map<std::uint64_t, TokenFetch> token_fetches_;  // by fetch id
  std::set<std::pair<std::int64_t, std::uint64_t>> deadlines_;    // with the fetch id of a call or token fetch
  std::vector<Outgoing> outgoing_;
  std::uint64_t calls_good_ = 0;
  std::uint64_t calls_failed_ = 0;
  std::uint64_t calls_bad_ = 0;
};

}  // namespace assay::verify
