// One status list of one issuer on its way from its URL to the StatusBoard: when to fetch it, what to make of the
// answer, and until when it serves. No I/O, no clock: the control machine sends the requests and tells the time.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "assay/engine.h"
#include "assay/fetcher.h"
#include "assay/policy.h"
#include "issuer/status_list.h"
#include "keys/fetch_schedule.h"
#include "keys/key_cache.h"
#include "state/status_board.h"
#include "verify/status_list_token.h"

namespace assay::verify {

// Finished attempts to get a status list, by result.
struct StatusFetchCounts {
  std::uint64_t replaced = 0;                                 // brought a list that serves now
  std::uint64_t failed = 0;                                   // brought no document
  std::array<std::uint64_t, kStatusListFaultCount> faults{};  // brought one that was refused
};

// Thread-compatible: the control machine's mutex guards it.
class StatusSupply {
 public:
  // Precondition: the issuer has a status_list, and `url` is one of its URLs.
  StatusSupply(const IssuerPolicy& issuer, std::string url, const std::shared_ptr<state::StatusBoard>& board);

  // Whether this supply serves that list of `issuer` as well: same URL, keys, bounds and times.
  [[nodiscard]] bool serves(const IssuerPolicy& issuer, const std::string& url) const;

  [[nodiscard]] const std::string& issuer_name() const noexcept { return issuer_.name; }
  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  [[nodiscard]] const std::shared_ptr<state::StatusSeat>& seat() const noexcept { return seat_; }

  // The request to send, if one is due. After it the next call is on_result: one fetch in flight. Nothing is fetched
  // while the issuer has no keys, and at once where its keys have changed since a list was judged.
  [[nodiscard]] std::optional<FetchRequest> next_request(const keys::KeyState& keys, std::int64_t now_ns);
  // Judges the answer. Returns the key that the issuer's set lacks for it, if that is what is wrong.
  [[nodiscard]] std::optional<WantedKey> on_result(const FetchResult& result, const keys::KeyState& keys, Now now);
  // Whether a list is being decompressed.
  [[nodiscard]] bool is_preparing() const noexcept { return phase_ == Phase::kInflating; }
  // Decompresses a slice of it; publishes the list after the last. Precondition: is_preparing().
  void prepare(Now now);

  // Withdraws a list that may no longer serve. Gives up a fetch that the fetcher has forgotten: returns whether it did,
  // and the result is then not to be given to on_result.
  [[nodiscard]] bool check_time(Now now);
  // When next_request, prepare or check_time may next have something to do, but for a list that lapses by its `exp` or
  // while there are no keys; the greatest int64 if never. `keys` as of next_request.
  [[nodiscard]] std::int64_t next_due_ns(const keys::KeyState& keys) const noexcept;

  struct Served {
    std::int64_t issued_us = 0;
    std::int64_t expires_us = 0;
    std::uint64_t status_count = 0;
    std::size_t bytes = 0;
  };
  // Of the list that serves; nothing if none does.
  [[nodiscard]] const std::optional<Served>& served() const noexcept { return served_; }
  // Why the latest attempt brought no list; empty where it did.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }
  [[nodiscard]] const StatusFetchCounts& counts() const noexcept { return counts_; }
  // Whether a list serves past its freshness.
  [[nodiscard]] bool serves_stale(std::int64_t now_ns) const noexcept { return served_ && schedule_.is_stale(now_ns); }

 private:
  enum class Phase : std::uint8_t { kIdle, kFetching, kInflating };

  void fail_attempt(std::string complaint, std::int64_t retry_after_ns, std::int64_t now_ns);
  void refuse(StatusListFault fault, std::string_view detail, std::int64_t now_ns);
  void withdraw();

  IssuerPolicy issuer_;
  std::string url_;
  std::shared_ptr<state::StatusSeat> seat_;
  keys::FetchSchedule schedule_;
  Phase phase_ = Phase::kIdle;
  std::int64_t deadline_ns_ = 0;            // of the request in flight
  std::int64_t seen_ns_ = 0;                // of the latest check_time
  std::uint64_t keys_generation_ = 0;       // of the keys by which a token was judged last
  JudgedStatusList judged_;                 // kInflating
  std::optional<std::int64_t> http_fresh_;  // kInflating: what the answer's headers say, ns
  std::optional<Served> served_;
  // Of all lists that served: an earlier one, which may lack what was revoked since, never serves again.
  std::int64_t newest_issued_us_ = std::numeric_limits<std::int64_t>::min();
  std::string last_error_ = "not fetched yet";
  StatusFetchCounts counts_;
};

}  // namespace assay::verify
