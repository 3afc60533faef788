// What an engine accepts: plain data that a host fills in by hand or the configuration reader from TOML.
//
// A Policy is checked and compiled by Engine::open and Control::reload; `policy_faults` says in words what is wrong.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/limits.h"

namespace assay {

// JWS algorithms. `none` does not exist. RFC 7518 sec 3.1, RFC 8037 sec 3.1.
enum class Alg : std::uint8_t {
  kRS256,
  kRS384,
  kRS512,
  kPS256,
  kPS384,
  kPS512,
  kES256,
  kES384,
  kES512,
  kEdDSA,
  kHS256,
  kHS384,
  kHS512,
};
inline constexpr std::size_t kAlgCount = 13;

// Where an issuer's verification keys come from.
struct KeySource {
  enum class Kind : std::uint8_t {
    kNone,       // the issuer has opaque tokens only
    kDiscovery,  // `text` is the metadata URL; empty: both well-known forms of `issuer` are tried (RFC 8414 sec 3)
    kJwksUrl,    // `text` is the URL of a JWK Set
    kJwksText,   // `text` is a JWK Set (RFC 7517 sec 5)
    kPem,        // `text` is one public key in PEM: a SubjectPublicKeyInfo or an X.509 certificate (RFC 7468)
    kPemFolder,  // `text` is any number of those, each a record: kPemRecordMark, the kid, LF, the PEM
    kSecret,     // `text` is the HMAC secret's bytes; the issuer then has no other key
  };
  Kind kind = Kind::kNone;
  std::string text;
  // kJwksText, kPem, kPemFolder: the absolute path that `text` was read from, a folder's with "/" at the end. It is
  // read again every `refresh`, through the Fetcher, from the URL "file://" and this path. Empty: `text` stays what it
  // is.
  std::string file = {};
};

// ASCII "record separator": it occurs in no PEM and no kid of a kPemFolder.
inline constexpr char kPemRecordMark = '\x1e';

// How the text of a granted scope is read (docs/architecture.md).
enum class ScopeGrammar : std::uint8_t {
  kSpace,      // RFC 6749 sec 3.3; arrays of strings are read in every grammar
  kComma,      // values separated by exactly one comma
  kBracketed,  // level[perm,perm],general
};

// Whether a granted `*` widens.
enum class ScopeWildcard : std::uint8_t {
  kOff,
  kLastSegment,  // `partners:*` grants `partners:` with any non-empty rest
  kAll,          // also a bare `*` grants everything
};

struct ScopeRule {
  ScopeGrammar grammar = ScopeGrammar::kSpace;
  ScopeWildcard wildcard = ScopeWildcard::kOff;
};

// How Assay says who it is at an authorization server.
enum class ClientAuthentication : std::uint8_t {
  kBasic,          // id and secret in the Authorization header (RFC 6749 sec 2.3.1)
  kPost,           // id and secret in the body (RFC 6749 sec 2.3.1)
  kPrivateKeyJwt,  // a JWT that Assay signs (RFC 7523 sec 2.2)
};

// Asking the authorization server about opaque tokens. RFC 7662.
struct OpaquePolicy {
  std::string introspection_url;  // https, unless allow_plain_http
  std::string client_id;
  std::string client_secret;  // of kBasic and kPost
  ClientAuthentication authentication = ClientAuthentication::kBasic;
  std::string private_key_pem = {};  // of kPrivateKeyJwt: one unencrypted private key
  Alg private_key_alg = Alg::kRS256;
  std::string private_key_id = {};      // `kid` of the JWT; empty: none
  std::string assertion_audience = {};  // `aud` of the JWT; empty: the URL that is called
  // Where Assay gets a bearer token of its own for introspection calls (RFC 6749 sec 4.4); the client authenticates
  // there and not at the introspection endpoint. Empty: the client authenticates with each introspection call.
  std::string token_url = {};
  std::string token_scope = {};  // asked for there; empty: none

  std::chrono::microseconds ttl{std::chrono::seconds(60)};           // ceiling for a remembered active answer
  std::chrono::microseconds ttl_min{std::chrono::seconds(1)};        // floor, where `exp` comes sooner
  std::chrono::microseconds inactive_ttl{std::chrono::seconds(10)};  // for a remembered inactive one
  // How long beyond `ttl` an active answer goes on to serve while it is asked anew; never beyond its `exp`.
  std::chrono::microseconds stale{0};
  std::chrono::milliseconds timeout{2000};  // of one call

  std::uint32_t calls_per_second = 1000;  // at most, with as many at once after a pause
  // Checks of one worker that may wait for this issuer; 0: an equal share of kPendingMax.
  std::uint32_t pending_max = 0;

  friend bool operator==(const OpaquePolicy&, const OpaquePolicy&) = default;
};

// Taking security event tokens that the issuer pushes. RFC 8935. They are verified by the issuer's keys and algorithms.
struct EventsPolicy {
  std::string audience;                                       // one of the token's `aud`
  std::chrono::microseconds max_age{std::chrono::hours(24)};  // since `iat`; for as long none acts twice

  friend bool operator==(const EventsPolicy&, const EventsPolicy&) = default;
};

// Following what the issuer says of its JWTs after it issued them. draft-ietf-oauth-status-list, lists in the JWT
// format. Lists are verified by the issuer's keys and algorithms.
struct StatusListPolicy {
  // Of the lists, as tokens name them byte for byte; https, unless allow_plain_http. No other is ever fetched: a token
  // that names one is refused.
  std::vector<std::string> urls;
  bool required = false;  // a token that names no list is refused

  // Between good fetches, where the list does not say when to come back (`ttl`, else the answer's Cache-Control).
  std::chrono::microseconds refresh{std::chrono::minutes(5)};
  // What the list says counts between these bounds. Nothing: the shorter of refresh and ten seconds; refresh.
  std::optional<std::chrono::microseconds> refresh_floor;
  std::optional<std::chrono::microseconds> refresh_ceiling;
  // How long a list serves after its last good fetch while fetching fails, within its `exp`; at least refresh and
  // ceiling.
  std::chrono::microseconds max_stale{std::chrono::hours(1)};

  std::chrono::milliseconds timeout{10'000};  // of one fetch

  std::size_t token_bytes_max = std::size_t{4} * 1024 * 1024;  // of a list as it is fetched
  std::size_t list_bytes_max = std::size_t{8} * 1024 * 1024;   // of a list decompressed: so many times 8 / bits tokens

  [[nodiscard]] std::chrono::microseconds floor_in_effect() const {
    return refresh_floor.value_or(std::min<std::chrono::microseconds>(refresh, std::chrono::seconds(10)));
  }
  [[nodiscard]] std::chrono::microseconds ceiling_in_effect() const { return refresh_ceiling.value_or(refresh); }
  friend bool operator==(const StatusListPolicy&, const StatusListPolicy&) = default;
};

// Greatest IssuerPolicy::leeway.
inline constexpr std::chrono::hours kLeewayMax{24};

// Greatest duration of every other kind: sums of times stay far from the end of their range.
inline constexpr std::chrono::hours kDurationMax{24 * 366};

// When keys from a URL are fetched, and for how long they serve.
struct RefreshPolicy {
  // Between good fetches, where the answer does not say how long it is fresh (Cache-Control, Expires).
  std::chrono::microseconds interval{std::chrono::minutes(10)};
  // An answer's own freshness counts between these bounds. Nothing: the shorter of interval and a minute; interval.
  std::optional<std::chrono::microseconds> floor;
  std::optional<std::chrono::microseconds> ceiling;
  // How long keys serve after their last good fetch while fetching fails; at least interval and ceiling.
  std::chrono::microseconds max_stale{std::chrono::hours(24)};

  // A token that no key of the set answers to has the keys fetched out of turn: as often as this, and so many times at
  // once after a pause. A kid that such a fetch did not bring is unknown for forced_fetch_every.
  std::chrono::microseconds forced_fetch_every{std::chrono::seconds(30)};
  std::uint32_t forced_fetch_burst = 2;
  // How long its check waits for that fetch; 0: not at all, the check is answered at once.
  std::chrono::milliseconds unknown_kid_wait{200};

  [[nodiscard]] std::chrono::microseconds floor_in_effect() const {
    return floor.value_or(std::min<std::chrono::microseconds>(interval, std::chrono::minutes(1)));
  }
  [[nodiscard]] std::chrono::microseconds ceiling_in_effect() const { return ceiling.value_or(interval); }
  friend bool operator==(const RefreshPolicy&, const RefreshPolicy&) = default;
};

struct IssuerPolicy {
  std::string name;    // unique; appears in logs, metrics and X-Assay-Issuer is the token's own iss
  std::string issuer;  // equals the token's `iss` byte for byte; "": tokens without `iss`

  KeySource keys;
  std::vector<Alg> algorithms{Alg::kRS256, Alg::kPS256, Alg::kES256, Alg::kEdDSA};
  RefreshPolicy refresh;  // of keys from a URL
  std::chrono::milliseconds fetch_timeout{5000};
  bool allow_plain_http = false;  // development only: http:// for this issuer's URLs

  std::optional<OpaquePolicy> opaque;
  std::optional<EventsPolicy> events;           // nothing: none are taken from this issuer
  std::optional<StatusListPolicy> status_list;  // nothing: what its tokens say of their status is not looked at

  std::vector<std::string> audiences;  // any of them; empty only with audience_unchecked
  bool audience_unchecked = false;
  std::chrono::microseconds leeway{0};
  bool exp_optional = false;                                // needs max_token_life
  std::optional<std::chrono::microseconds> max_token_life;  // since `iat`; a token without `iat` is then refused
  std::vector<std::string> required_claims;                 // present and not empty
  // Accepted `typ`; case and "application/" do not matter. Empty: any.
  std::vector<std::string> token_types;
  ScopeRule scope;
};

// A method and path that tokens may be let through to.
struct RoutePolicy {
  std::string path;                     // exact, or a prefix when it ends in "/*"; the longest wins
  std::vector<std::string> methods;     // empty: any; none of them empty
  std::vector<std::string> issuers;     // names; empty: the only issuer
  std::vector<std::string> scopes;      // all of them
  std::vector<std::string> any_scopes;  // at least one of them
  std::vector<std::string> required_claims;
};

// Which issuers' tokens may come in by one way (a listener of the sidecar), and what they need there. Check::entrance
// is an index into these.
struct EntrancePolicy {
  std::vector<std::string> issuers = {};  // names; empty: all
  bool uses_routes = true;                // false: method and path are not looked at, and `scopes` is all that is asked
  std::vector<std::string> scopes = {};   // all of them; none where uses_routes
};

struct Policy {
  std::vector<IssuerPolicy> issuers;
  std::vector<EntrancePolicy> entrances{EntrancePolicy{}};
  std::vector<RoutePolicy> routes;
  bool unmatched_authenticated = true;  // a path that no route names: accept whoever is authenticated; else `no_route`
  std::size_t max_token_bytes = kTokenBytesMax;
  std::size_t introspection_cache_bytes = std::size_t{64} * 1024 * 1024;
};

// Everything in `policy` that Engine::open would refuse, one sentence each, naming the issuer or route. Empty: none.
[[nodiscard]] std::vector<std::string> policy_faults(const Policy& policy);

}  // namespace assay
