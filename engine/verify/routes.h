// Which rights a method and path ask for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "assay/expected.h"
#include "assay/policy.h"
#include "jose/scope.h"

namespace assay::verify {

// What one route asks of the tokens of one issuer.
struct RouteRights {
  std::uint32_t issuer = 0;  // index into the policy's issuers
  std::vector<jose::RequiredScope> all_scopes;
  std::vector<jose::RequiredScope> any_scopes;
};

struct Route {
  std::string path;  // without the "*" of a prefix
  std::vector<std::string> methods;
  std::vector<RouteRights> rights;  // one per issuer that may come here
  std::vector<std::string> required_claims;
  std::string scope_text;  // required scopes, space-separated: what a challenge names

  [[nodiscard]] bool takes_method(std::string_view method) const noexcept;
  // Null if tokens of this issuer may not come here.
  [[nodiscard]] const RouteRights* find_rights(std::uint32_t issuer) const noexcept;
};

// What every token needs that comes in where routes are not used. Precondition: `policy` has no faults.
[[nodiscard]] Route make_entrance_route(const Policy& policy, const EntrancePolicy& entrance);

// What a look-up says.
struct RouteMatch {
  enum class Kind : std::uint8_t {
    kUnmatchedAuthenticated,  // no route names the path, or there are no routes: authentication is enough
    kNoRoute,                 // refused, whatever the token is
    kRoute,
  };
  Kind kind = Kind::kNoRoute;
  const Route* route = nullptr;  // kRoute alone
};

class RouteTable {
 public:
  RouteTable() = default;  // no routes: authentication is enough
  // Precondition: `policy` has no faults.
  explicit RouteTable(const Policy& policy);

  // Finds the longest route for a path; among those of one path, the one that takes the method.
  //
  //   path      may end in a query, which is not looked at
  //   errors    ambiguous_path, where routes exist: the path can mean two things to two readers (offset = where)
  //   cost      one look-up per "/" within the longest route's length
  [[nodiscard]] Expected<RouteMatch> match(std::string_view method, std::string_view path) const noexcept;

 private:
  using RouteList = std::vector<std::uint32_t>;  // indexes into routes_, one per set of methods
  [[nodiscard]] RouteMatch choose(const RouteList& list, std::string_view method) const noexcept;

  std::vector<Route> routes_;
  absl::flat_hash_map<std::string, RouteList> exact_;
  absl::flat_hash_map<std::string, RouteList> prefix_;  // keys end in "/"
  std::size_t prefix_bytes_max_ = 0;
  bool unmatched_authenticated_ = true;
};

// Checks that every reader of a path means the same by it. RFC 3986 sec 3.3 and 6.2.2.
//   errors   ambiguous_path: not starting with "/"; "//", ".", ".." segments; "\", ";", "#"; bytes outside 0x21-0x7E;
//            a broken percent escape, or one for a byte that stands for itself or for "/", "\", "." or a control byte,
//            or in overlong UTF-8
[[nodiscard]] Expected<void> check_path(std::string_view path) noexcept;

// The path before a query.
[[nodiscard]] constexpr std::string_view path_of_target(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

}  // namespace assay::verify
