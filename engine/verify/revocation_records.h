// From what people name to records of the log: tokens are read as every entrance reads them, ids are made, and each
// record is told when it may be forgotten.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/revocation_log.h"
#include "verify/pipeline.h"
#include "verify/target_digest.h"

namespace assay::verify {

// Gathers the records of one call of revoke or lift. For control alone.
class RevocationRecords {
 public:
  // An opaque token among the targets, and whose answers about it are remembered. `text` is the target's.
  struct OpaqueToken {
    std::uint64_t answers_id = 0;
    std::string_view text;
  };

  // `pipeline` and `policy` must outlive this; the pipeline asks nobody and is run by nobody else meanwhile.
  RevocationRecords(RevocationOperation operation, std::string_view id_key, Pipeline& pipeline,
                    const CompiledPolicy& policy, Now now);

  // Adds the records that `target` comes to: none for a JWT that does not verify here, several for an opaque token that
  // may be of several issuers.
  //   returns  kDone; kNothing; kBadTarget; kUnverified; kOtherClient; kFailed: OpenSSL fails
  [[nodiscard]] RevocationOutcome add(const RevocationTarget& target);
  // What is wrong with the target, after kBadTarget. A static text.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }

  [[nodiscard]] const std::vector<OpaqueToken>& opaque_tokens() const noexcept { return opaque_tokens_; }
  // All records, one for each id: the one that was added last.
  [[nodiscard]] std::vector<RevocationRecord> take() &&;

 private:
  [[nodiscard]] RevocationOutcome refuse(std::string_view fault) noexcept;
  [[nodiscard]] RevocationOutcome add_token(const RevocationTarget& target);
  [[nodiscard]] RevocationOutcome add_named(const RevocationTarget& target, const IssuerPolicy& issuer);
  // Nothing where the check came to no token that could be accepted.
  [[nodiscard]] RevocationOutcome add_checked(const CheckState& state, const Trace& trace, std::string_view issued_to);
  [[nodiscard]] RevocationOutcome add_record(const state::TargetName& name, std::int64_t issued_before_us,
                                             std::int64_t forget_at_us);
  [[nodiscard]] const CompiledIssuer* find_issuer(std::string_view name) const noexcept;

  RevocationOperation operation_;
  Pipeline& pipeline_;
  const CompiledPolicy& policy_;
  Now now_;
  TargetDigest digest_;
  Sha256 sha256_;
  std::vector<RevocationRecord> records_;
  std::vector<OpaqueToken> opaque_tokens_;
  std::string_view fault_;
};

}  // namespace assay::verify
