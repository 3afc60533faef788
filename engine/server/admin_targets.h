// What a body of the admin listener says is to be revoked or lifted: one JSON object, or one on each line.
//
//   {"kind": "subject", "issuer": "credicorp", "value": "alice"}
//   {"kind": "subject_issued_before", "value": "alice", "issued_before": 1710223631.5}
//
//   kind           name_of(RevocationKind)
//   issuer         IssuerPolicy::name; may be left out where RevocationTarget::issuer_name may be empty
//   value          the token, jti, subject ...; none with issuer_issued_before
//   issued_before  seconds since the epoch, with the two kinds that end in it and with no other
//
// Another member is refused, and so is a member of another type.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/error.h"
#include "assay/expected.h"
#include "assay/json.h"

namespace assay::server {

// Longest JSON object that the admin listener reads, in bytes: a token of kTokenBytesMax, and how it may be escaped.
inline constexpr std::size_t kAdminObjectBytesMax = std::size_t{64} * 1024;
static_assert(kAdminObjectBytesMax >= 2 * kTokenBytesMax);

// Why `text` was not read as one JSON object, as a sentence for people; it holds no value that was read.
//
//   error   of a JsonObjectReader of kAdminObjectBytesMax bytes that was given `text`
[[nodiscard]] std::string object_fault(std::string_view text, const Error& error);

// Targets and the texts that they are views of.
class AdminTargets {
 public:
  // Takes copies of the views of `target`.
  void add(const RevocationTarget& target);
  [[nodiscard]] std::span<const RevocationTarget> targets() const noexcept { return targets_; }

 private:
  [[nodiscard]] std::string_view keep(std::string_view text);

  std::vector<RevocationTarget> targets_;
  std::deque<std::string> texts_;  // a deque never moves what it holds
};

// Reads the one object of `body`. The error is a sentence for people; it holds no value that was read.
[[nodiscard]] tl::expected<AdminTargets, std::string> read_target(std::string_view body, JsonObjectReader& reader);

// Reads `body` as one object on each line (NDJSON), at least one; a line end behind the last is allowed, an empty line
// is not. Target i is of line i + 1. The error names the first kNamedFaultsMax lines that are wrong and says why.
[[nodiscard]] tl::expected<AdminTargets, std::string> read_target_lines(std::string_view body,
                                                                        JsonObjectReader& reader);

}  // namespace assay::server
