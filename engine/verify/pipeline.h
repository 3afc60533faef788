// The order in which a token is checked, for a whole batch, stage by stage. Read pipeline.cc from top to bottom.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "assay/engine.h"
#include "base/arena.h"
#include "issuer/introspection.h"
#include "jose/json.h"
#include "kernel/kernel.h"
#include "state/introspection_cache.h"
#include "state/verified_cache.h"
#include "verify/check_state.h"
#include "verify/compiled_policy.h"
#include "verify/header_memo.h"
#include "verify/kept_answer.h"
#include "verify/latest_lookups.h"
#include "verify/missing_key.h"
#include "verify/revocation_stage.h"
#include "verify/signature_stage.h"
#include "verify/status_stage.h"

namespace assay::verify {

using AnswerCache = state::IntrospectionCache<KeptAnswer>;

// Where the pipeline turns to when the answer about an opaque token is not remembered, or a key is missing.
class AnswerSource : public MissingKeys {
 public:
  // What a look-up says: an answer, an error (introspection_unavailable, overloaded), or a ticket to wait with.
  struct Found {
    std::shared_ptr<const issuer::IntrospectionAnswer> answer;
    Error error;
    Ticket ticket;
  };
  // Redeems the check's settled ticket, or orders the answer.
  [[nodiscard]] virtual Found find_or_order(const Check& check, const CompiledIssuer& issuer) noexcept = 0;
  // Has the remembered answer about the check's token asked anew; nobody waits for it.
  virtual void refresh(const Check& check, const CompiledIssuer& issuer) noexcept = 0;

 protected:
  ~AnswerSource() = default;
};

// Never asks the network: what is not remembered ends as pending, without a ticket. For control alone.
class NoAnswerSource final : public AnswerSource {
 public:
  [[nodiscard]] Found find_or_order(const Check& /*check*/, const CompiledIssuer& /*issuer*/) noexcept override {
    return {.answer = nullptr, .error = Error{.code = ErrorCode::kPendingAnswer}, .ticket = {}};
  }
  void refresh(const Check& /*check*/, const CompiledIssuer& /*issuer*/) noexcept override {}
  [[nodiscard]] std::optional<ErrorCode> redeem_key(const Check& /*check*/, const CompiledIssuer& /*issuer*/,
                                                    OrderKind /*kind*/, std::string_view /*kid*/) noexcept override {
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Ticket> order_key(const CompiledIssuer& /*issuer*/, OrderKind /*kind*/,
                                                std::string_view /*kid*/) noexcept override {
    return std::nullopt;
  }
};

// What a worker counts of its remembered tokens.
enum class VerifiedCount : std::uint8_t { kHits, kMisses, kEntries, kBytes };
using VerifiedCounters = base::Counters<4>;

// What a pipeline's engine gives it: all must outlive the pipeline.
struct PipelineParts {
  const kernel::KernelTable& kernels;
  RsaTrust rsa_trust;
  keys::KeyCache& keys;
  AnswerCache& answers;
  AnswerSource& source;
  RevocationSource revocations;
  state::StatusBoard& status_lists;
  VerifiedCounters& verified_counters;
  std::size_t verified_cache_bytes;
};

// One worker's pipeline: scratch, readers, prepared OpenSSL contexts. Thread-confined.
class Pipeline {
 public:
  Pipeline(base::ReaderIndex reader, const PipelineParts& parts);

  // Runs up to kBatchMax checks through all stages. Afterwards no state is open: each is accepted, refused or pending.
  // `policy` and the states' views of it and of key sets live until release(), other views until the next run.
  void run(const CompiledPolicy& policy, std::span<CheckState> states, Now now) noexcept;

  // The verdict of a state that was run and not released yet. Its views live until the next run.
  [[nodiscard]] Verdict make_verdict(const CheckState& state) noexcept;

  // Lets go of the keys that run() pinned.
  void release() noexcept;

  // Takes the remembered tokens out of the counters; no run() follows. The next worker of this index counts its own.
  void retire() noexcept;

 private:
  // Runs a stage for all checks that are still open.
  template <void (Pipeline::*kStage)(CheckState&) noexcept>
  void each(std::span<CheckState> states) noexcept;

  void read_request(CheckState& state) noexcept;
  void seek_verified(CheckState& state) noexcept;
  void fetch_verified(CheckState& state) noexcept;
  void find_verified(CheckState& state) noexcept;
  void read_shape(CheckState& state) noexcept;
  void read_header(CheckState& state) noexcept;
  [[nodiscard]] Expected<void> parse_header(CheckState& state) noexcept;
  void read_payload(CheckState& state) noexcept;
  void find_answer(CheckState& state) noexcept;
  void choose_issuer(CheckState& state) noexcept;
  void check_claims(CheckState& state) noexcept;
  void seek_keys(CheckState& state) noexcept;
  void find_keys(CheckState& state) noexcept;
  void doubt_signatures(std::span<CheckState> states) noexcept;
  void check_rights(CheckState& state) noexcept;
  void remember_verified(std::span<const CheckState> states) noexcept;
  void count_verified(VerifiedCount count, std::uint64_t amount) noexcept;
  void show_verified(VerifiedCount gauge, std::uint64_t value) noexcept;

  [[nodiscard]] Error decode_segment(std::string_view segment, std::size_t offset, std::size_t padding_bytes,
                                     std::span<const std::uint8_t>& decoded) noexcept;
  [[nodiscard]] const keys::KeyView& key_view() noexcept;
  [[nodiscard]] std::optional<std::uint32_t> find_jwt_issuer(const CompiledEntrance& entrance,
                                                             const jose::Claims& claims) noexcept;
  [[nodiscard]] bool still_holds(const state::VerifiedEntry& entry) noexcept;
  [[nodiscard]] Expected<RouteMatch> find_route(const Check& check) noexcept;
  [[nodiscard]] std::optional<std::span<const jose::ScopeValue>> find_granted(const CheckState& state) noexcept;
  [[nodiscard]] bool has_required_scopes(const CheckState& state, const RouteRights& rights) noexcept;
  // In the arena; null data where it has no room. What is returned serves until the next call.
  [[nodiscard]] const std::string_view& name_for_verdict(const CompiledIssuer& issuer) noexcept;
  [[nodiscard]] const std::string_view& key_id_for_verdict(const CheckState& state) noexcept;
  [[nodiscard]] const std::span<const std::string_view>& scope_for_verdict(const CheckState& state) noexcept;

  base::ReaderIndex reader_;
  const kernel::KernelTable& kernels_;
  keys::KeyCache& key_cache_;
  AnswerCache& answers_;
  AnswerSource& source_;
  base::Arena arena_;
  jose::JsonReader json_;
  HeaderMemo headers_;
  SignatureStage signatures_;
  RevocationStage revocations_;
  StatusStage statuses_;
  state::VerifiedCache verified_;
  VerifiedCounters& verified_counters_;
  keys::KeyCache::Pin key_pin_;             // of the batch that runs; empty until it asks for keys
  LatestLookups latest_;                    // of the batch that runs
  const CompiledPolicy* policy_ = nullptr;  // of the batch that runs
  Now now_;                                 // of the batch that runs
};

}  // namespace assay::verify
