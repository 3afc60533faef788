// What the pipeline found last, for one batch: its checks mostly come of one issuer, by one way, to one path, with one
// kid and one scope. Each entry holds all that its finding depends on, and serves while all of that is the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "assay/token.h"
#include "base/keyed_hash.h"
#include "jose/scope.h"
#include "keys/key_set.h"
#include "verify/compiled_policy.h"
#include "verify/routes.h"

namespace assay::verify {

// Views are of the batch's checks, of its policy and of its arena: dropped where one of them changes.
struct LatestLookups {
  struct JwtIssuer {
    const CompiledEntrance* entrance = nullptr;  // null: none
    std::string_view iss;
    std::optional<std::uint32_t> index;
  };
  struct Kid {
    std::string_view text;  // null data: none
    base::Hash128 hash;
  };
  struct Target {
    std::string_view method;
    std::string_view path;  // null data: none
    RouteMatch route;
  };
  struct Scope {
    const CompiledIssuer* issuer = nullptr;  // null: none
    std::string_view text;
    std::span<const jose::ScopeValue> granted;
  };
  // Keys of a token with a kid.
  struct Keys {
    const keys::KeySet* set = nullptr;  // null: none
    base::Hash128 kid;
    Alg alg{};
    keys::Candidates candidates;
  };
  // Rights that a scope meets.
  struct RightsMet {
    const RouteRights* rights = nullptr;  // null: none
    std::span<const jose::ScopeValue> granted;
  };
  // What verdicts show of the policy and the keys outlives both: copies.
  struct IssuerName {
    const CompiledIssuer* issuer = nullptr;  // null: none
    std::string_view copy;
  };
  struct KeyId {
    const keys::Key* key = nullptr;  // null: none
    std::string_view copy;
  };
  struct ScopeTexts {
    std::span<const jose::ScopeValue> granted;  // null data: none
    std::span<const std::string_view> texts;
  };

  JwtIssuer jwt_issuer;
  Kid kid;
  Keys keys;
  Target target;
  Scope scope;
  RightsMet rights_met;
  IssuerName issuer_name;
  KeyId key_id;
  ScopeTexts scope_texts;
};

}  // namespace assay::verify
