// The keys of one issuer on their way from its source to its KeyCache: which document to fetch next, and what to make
// of the answer. No I/O, no clock: the control machine sends the requests and tells the time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/fetcher.h"
#include "assay/policy.h"
#include "keys/refresh.h"
#include "verify/compiled_policy.h"

namespace assay::verify {

// Thread-compatible: the control machine's mutex guards it.
class KeySupply {
 public:
  // Publishes the keys of a source that needs no network at once.
  //   errors   bad_key_set, for those
  [[nodiscard]] static Expected<std::unique_ptr<KeySupply>> make(const IssuerPolicy& policy);

  // Whether this supply serves `policy` as well: same name, source and fetch settings.
  [[nodiscard]] bool serves(const IssuerPolicy& policy) const noexcept;

  [[nodiscard]] const std::shared_ptr<IssuerRuntime>& runtime() const noexcept { return runtime_; }
  [[nodiscard]] const std::string& name() const noexcept { return policy_.name; }

  // The next request to send, if one is due. After it the next call is on_result: one fetch in flight.
  [[nodiscard]] std::optional<FetchRequest> next_request(std::int64_t now_ns);
  // Returns a further request where the answer leads to one (metadata to its key set, or the next well-known form).
  [[nodiscard]] std::optional<FetchRequest> on_result(const FetchResult& result, std::int64_t now_ns);
  // Withdraws keys that are too old to serve.
  void check_staleness(std::int64_t now_ns);
  // When next_request or check_staleness may next have something to do; the greatest int64 if never.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;

  // The latest state published. Null `set`: no keys.
  [[nodiscard]] const keys::KeyState& state() const noexcept { return state_; }
  [[nodiscard]] std::uint64_t fetches_good() const noexcept { return fetches_good_; }
  [[nodiscard]] std::uint64_t fetches_failed() const noexcept { return fetches_failed_; }

 private:
  enum class Phase : std::uint8_t { kIdle, kMetadata, kKeySet };

  explicit KeySupply(const IssuerPolicy& policy);
  [[nodiscard]] bool has_url() const noexcept;
  [[nodiscard]] FetchRequest make_request(const std::string& url, std::size_t response_bytes_max) const;
  [[nodiscard]] std::optional<FetchRequest> on_metadata(const FetchResult& result, std::int64_t now_ns);
  [[nodiscard]] std::optional<FetchRequest> try_next_metadata_url(std::string complaint, const FetchResult& result,
                                                                  std::int64_t now_ns);
  void on_key_set(const FetchResult& result, std::int64_t now_ns);
  void fail_attempt(std::string complaint, const FetchResult& result, std::int64_t now_ns);
  void publish();

  IssuerPolicy policy_;
  std::shared_ptr<IssuerRuntime> runtime_ = std::make_shared<IssuerRuntime>();
  keys::Refresh refresh_;
  Phase phase_ = Phase::kIdle;
  std::vector<std::string> metadata_urls_;
  std::size_t metadata_index_ = 0;  // the form that answered last, or is being tried
  std::size_t metadata_tries_ = 0;  // in this attempt
  keys::KeyState state_;
  std::uint64_t fetches_good_ = 0;
  std::uint64_t fetches_failed_ = 0;
};

}  // namespace assay::verify
