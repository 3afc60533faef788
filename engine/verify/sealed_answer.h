// Introspection answers as a fleet shares them: under which key, and what is sealed into the value.
//
//   key      digest of the scope and the token. The scope is the digest of what must be alike for two nodes to take
//   each
//            other's answers: the issuer, whom it knows the asker as, and how long answers live
//   sealed   for the key, so that no value is taken under another one:
//
//   0     1     2                34         42            50           58
//   +-----+-----+----------------+----------+-------------+------------+-------------
//   | 01  | kind| scope          | asked_us | fresh_until | expires_us | JSON
//   +-----+-----+----------------+----------+-------------+------------+-------------
//                                  big-endian; a mark ends before them
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/policy.h"
#include "assay/shared_answers.h"
#include "verify/evp_seal.h"

namespace assay::verify {

// Where an answer is kept.
struct AnswerPlace {
  SealDigest scope{};
  SharedKey key{};
};

// An answer on its way between nodes. Times are microseconds since 1970 of the asking node's wall clock.
struct SharedAnswer {
  std::int64_t asked_us = 0;        // when the issuer's answer came
  std::int64_t fresh_until_us = 0;  // not before asked_us
  std::int64_t expires_us = 0;      // not before fresh_until_us
  std::string json;                 // the issuer's answer
};

// Immutable: may be shared.
class AnswerSealer {
 public:
  // As FleetSeal.
  explicit AnswerSealer(std::string_view fleet_key) : seal_(fleet_key) {}

  // Errors: nothing if OpenSSL fails, here and below. Precondition: issuer.opaque is there.
  [[nodiscard]] std::optional<SealDigest> scope_of(const IssuerPolicy& issuer) const;
  [[nodiscard]] std::optional<AnswerPlace> place_of(const SealDigest& scope, std::string_view token) const;

  // Empty if OpenSSL fails, here and below.
  [[nodiscard]] std::string seal(const AnswerPlace& place, const SharedAnswer& answer) const;
  // What takes the place of an answer that was erased. No two are alike.
  [[nodiscard]] std::string seal_mark(const AnswerPlace& place) const;

  struct Opened {
    std::optional<SharedAnswer> answer;  // nothing: a mark
  };
  // Nothing where no node of this fleet has sealed it for this place.
  [[nodiscard]] std::optional<Opened> open(const AnswerPlace& place, std::string_view sealed) const;

 private:
  FleetSeal seal_;
};

}  // namespace assay::verify
