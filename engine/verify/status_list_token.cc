#include "verify/status_list_token.h"

#include <algorithm>
#include <utility>

#include "assay/limits.h"
#include "base/arena.h"
#include "base/letter_case.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/json.h"
#include "jose/numeric_date.h"
#include "verify/checks.h"
#include "verify/decoded_jws.h"

namespace assay::verify {
namespace {

// Two segments and an empty third: what `alg` none would make. RFC 7515 sec A.5.
bool lacks_signature(std::string_view text) noexcept {
  return text.ends_with('.') && std::count(text.begin(), text.end(), '.') == 2;
}

StatusListFault fault_of_header(ErrorCode code) noexcept {
  if (code == ErrorCode::kUnsupportedAlg) return StatusListFault::kAlgNotAllowed;
  return code == ErrorCode::kWrongType ? StatusListFault::kWrongType : StatusListFault::kMalformed;
}

// One token on its way through the checks. Each check notes the fault and returns false where the token fails.
class Judge {
 public:
  Judge(const IssuerPolicy& issuer, std::string_view url, std::int64_t not_before_us, std::int64_t wall_us)
      : issuer_(issuer), url_(url), not_before_us_(not_before_us), wall_us_(wall_us) {}

  JudgedStatusList judge(std::string_view compact, const keys::KeySet& keys) {
    if (lacks_signature(compact)) {
      refuse(StatusListFault::kUnsigned);
      return std::move(judged_);
    }
    const Expected<CompactJws> split = jose::split_compact(compact);
    if (!split) return std::move(judged_);
    const Expected<DecodedJws> jws = DecodedJws::decode(*split);
    if (!jws) {
      refuse(fault_of_header(jws.error().code));
      return std::move(judged_);
    }
    if (check_header(jws->header()) && check_signature(*jws, keys)) read_payload(jws->unverified_payload());
    return std::move(judged_);
  }

 private:
  bool refuse(StatusListFault fault, std::string_view detail = {}) {
    judged_.fault = fault;
    judged_.detail = detail;
    return false;
  }

  bool check_header(const jose::JoseHeader& header) {
    if (!base::equals_ignoring_case(header.typ, jose::kStatusListType)) return refuse(StatusListFault::kWrongType);
    const std::vector<Alg>& allowed = issuer_.algorithms;
    const bool is_allowed = std::find(allowed.begin(), allowed.end(), header.unverified_alg) != allowed.end();
    return is_allowed || refuse(StatusListFault::kAlgNotAllowed);
  }

  bool check_signature(const DecodedJws& jws, const keys::KeySet& keys) {
    EvpVerifier verifier;
    const Expected<void> verified = jws.check_signature(keys, verifier);
    if (verified) return true;
    const bool is_unknown = verified.error().code == ErrorCode::kUnknownKey;
    // A kid that is known names its key for good; without one, a rotated key shows only in what does not verify.
    const jose::JoseHeader& header = jws.header();
    if (is_unknown || !header.has_kid) {
      judged_.wanted_key.emplace();
      if (header.has_kid) judged_.wanted_key->kid = base::keyed_hash(header.unverified_kid);
    }
    const bool is_bad = verified.error().code == ErrorCode::kBadSignature;
    return refuse(is_bad ? StatusListFault::kBadSignature : StatusListFault::kUnknownKey);
  }

  void read_payload(std::string_view payload) {
    base::Arena arena(kScratchBytesPerCheck);
    jose::JsonReader json(payload.size());
    const Expected<jose::JsonDocument> document = jose::read_payload(json, payload, arena);
    if (!document) {
      refuse(StatusListFault::kMalformed);
      return;
    }
    jose::Claims claims;
    if (jose::read_claims(*document, arena, claims) != ErrorCode::kNone) {
      refuse(StatusListFault::kBadClaims, jose::find_bad_claim(*document));
      return;
    }
    if (!check_names(claims) || !check_times(claims)) return;
    base::Arena tree_arena(payload.size());
    const Expected<jose::JsonValue> root = json.read(payload, tree_arena);  // once more, as a tree
    if (!root) {
      refuse(StatusListFault::kMalformed);
      return;
    }
    const bool is_fit = read_ttl(*root) && start_list(root->find("status_list"));
    if (is_fit) refuse(StatusListFault::kNone);
  }

  bool check_names(const jose::Claims& claims) {
    if (claims.sub.empty()) return refuse(StatusListFault::kBadClaims, "sub");
    if (!claims.iat) return refuse(StatusListFault::kBadClaims, "iat");
    // The draft asks for no `iss`: the key says whose list it is. One that is there must be right.
    const bool contradicts = claims.has_iss && claims.iss != issuer_.issuer;
    if (contradicts) return refuse(StatusListFault::kWrongIssuer);
    if (claims.sub != url_) return refuse(StatusListFault::kWrongSubject);
    // RFC 7519 sec 4.1.3: only where there is one.
    std::string_view detail;
    const bool is_for_others = claims.has_aud && check_audience(claims, issuer_, detail) != ErrorCode::kNone;
    return !is_for_others || refuse(StatusListFault::kWrongAudience);
  }

  bool check_times(const jose::Claims& claims) {
    const std::int64_t leeway_us = issuer_.leeway.count();
    if (claims.exp) judged_.expires_us = claims.exp->us + leeway_us;
    if (wall_us_ >= judged_.expires_us) return refuse(StatusListFault::kExpired);
    if (check_issued_at(claims, issuer_, wall_us_) != ErrorCode::kNone) {
      return refuse(StatusListFault::kFromFuture, "iat");
    }
    if (check_not_before(claims, issuer_, wall_us_) != ErrorCode::kNone) {
      return refuse(StatusListFault::kFromFuture, "nbf");
    }
    judged_.issued_us = claims.iat->us;
    return judged_.issued_us >= not_before_us_ || refuse(StatusListFault::kOlder);
  }

  bool read_ttl(jose::JsonValue root) {
    const jose::JsonValue::Found ttl = root.find("ttl");
    if (!ttl) return true;
    if (ttl.value.kind() != JsonKind::kNumber) return refuse(StatusListFault::kBadClaims, "ttl");
    const Expected<NumericDate> seconds = jose::parse_numeric_date(ttl.value.text(), jose::Rounding::kDown);
    if (!seconds || seconds->us == 0) return refuse(StatusListFault::kBadClaims, "ttl");
    judged_.ttl_us = seconds->us;
    return true;
  }

  bool start_list(const jose::JsonValue::Found& member) {
    if (!member) return refuse(StatusListFault::kBadClaims, "status_list");
    const Expected<issuer::StatusListText> text = issuer::read_status_list(member.value);
    if (!text) return refuse(StatusListFault::kBadList);
    Expected<issuer::StatusListInflater> list =
        issuer::StatusListInflater::start(text->compressed, issuer_.status_list->list_bytes_max);
    if (!list) return refuse(StatusListFault::kBadList);
    judged_.bits = text->bits;
    judged_.list = std::move(*list);
    return true;
  }

  const IssuerPolicy& issuer_;
  const std::string_view url_;
  const std::int64_t not_before_us_;
  const std::int64_t wall_us_;
  JudgedStatusList judged_;
};

}  // namespace

JudgedStatusList judge_status_list(std::string_view compact, const IssuerPolicy& issuer, std::string_view url,
                                   const keys::KeySet& keys, std::int64_t not_before_us, std::int64_t wall_us) {
  return Judge(issuer, url, not_before_us, wall_us).judge(compact, keys);
}

}  // namespace assay::verify
