#include "config/issuer_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/letter_case.h"
#include "config/events_reader.h"
#include "config/key_source_reader.h"
#include "config/opaque_reader.h"
#include "config/refresh_reader.h"
#include "config/status_list_reader.h"
#include "config/tenants.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr DurationBounds kLeewayBounds{milliseconds(0), minutes(10)};
constexpr DurationBounds kTokenLifeBounds{seconds(1), hours(24 * 366)};

constexpr std::string_view kKeySourceForm =
    "one of discovery, jwks, public_key and secret_file for signed tokens, opaque for opaque ones, or both";
constexpr std::string_view kAlgorithmsForm =
    "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA; HS256, HS384, HS512 with secret_file alone";
constexpr std::string_view kAudiencesForm = "an array of audiences, or \"unchecked\"";

constexpr std::array<Choice<bool>, 2> kExpChoices{{{"required", false}, {"optional", true}}};
constexpr std::array<Choice<ScopeGrammar>, 3> kGrammarChoices{
    {{"space", ScopeGrammar::kSpace}, {"comma", ScopeGrammar::kComma}, {"bracketed", ScopeGrammar::kBracketed}}};

bool is_taken(const std::string& name, const Configuration& others) {
  const auto has_name = [&name](const auto& other) { return other.name == name; };
  return std::any_of(others.policy.issuers.begin(), others.policy.issuers.end(), has_name) ||
         std::any_of(others.tenant_groups.begin(), others.tenant_groups.end(), has_name);
}

void read_identity(TableReader& reader, const Configuration& others, IssuerPolicy& issuer) {
  reader.require("name", kIssuerNameForm);
  if (const TomlValue* name = reader.read_string("name")) {
    issuer.name = name->text;
    if (!is_issuer_name(name->text)) reader.complain_value("name", *name, kIssuerNameForm);
    if (is_taken(issuer.name, others))
      reader.complain_at(name->place, "name", "\"" + issuer.name + "\" is there twice; accepted: unique names");
  }
  if (has_key_source(reader)) reader.require("issuer", "the token's iss, or \"\" for tokens without iss");
  if (const TomlValue* iss = reader.read_text("issuer")) issuer.issuer = iss->text;
  reader.read_boolean("allow_plain_http", issuer.allow_plain_http);
}

void read_algorithms(TableReader& reader, IssuerPolicy& issuer) {
  const bool has_secret = issuer.keys.kind == KeySource::Kind::kSecret;
  if (has_secret) reader.require("algorithms", "HS256, HS384 or HS512");
  const std::vector<PlacedText> names = reader.read_strings("algorithms");
  if (names.empty()) return;
  issuer.algorithms.clear();
  for (const PlacedText& name : names) {
    const std::optional<Alg> alg = parse_algorithm(name.text);
    if (!alg) {
      const std::string finding = base::equals_ignoring_case(name.text, "none")
                                      ? "\"none\" would accept tokens that nobody signed and does not exist here"
                                      : "\"" + name.text + "\" is no JWS algorithm of this version";
      reader.complain_at(name.place, "algorithms", finding + "; accepted: " + std::string(kAlgorithmsForm));
    } else if (is_hmac(*alg) != has_secret) {
      const std::string_view accepted = has_secret ? "HS256, HS384 and HS512" : "HS algorithms with secret_file alone";
      reader.complain_at(name.place, "algorithms",
                         name.text + " does not go with this issuer's keys; accepted: " + std::string(accepted));
    } else {
      issuer.algorithms.push_back(*alg);
    }
  }
}

void read_audiences(TableReader& reader, IssuerPolicy& issuer) {
  const TomlValue* value = reader.take("audiences");
  if (value == nullptr) {
    if (has_key_source(reader)) reader.require("audiences", kAudiencesForm);
    // Answers of an introspection endpoint are about this client already. RFC 7662 sec 2.2 makes `aud` optional.
    issuer.audience_unchecked = true;
  } else if (value->kind != TomlValue::Kind::kString) {
    issuer.audiences = reader.read_plain_strings("audiences");
  } else if (value->text == "unchecked") {
    issuer.audience_unchecked = true;
  } else {
    reader.complain_value("audiences", *value, kAudiencesForm);
  }
}

void read_claim_rules(TableReader& reader, IssuerPolicy& issuer) {
  reader.read_duration("leeway", kLeewayBounds, issuer.leeway);
  std::chrono::microseconds life{};
  if (reader.read_duration("max_token_life", kTokenLifeBounds, life)) issuer.max_token_life = life;
  if (reader.read_choice<bool>("exp", kExpChoices, issuer.exp_optional) && issuer.exp_optional &&
      !reader.has("max_token_life")) {
    reader.complain("exp", "\"optional\" needs max_token_life; accepted: \"required\", or max_token_life beside it");
  }
  issuer.required_claims = reader.read_plain_strings("require_claims");
  for (const PlacedText& type : reader.read_strings("types")) {
    issuer.token_types.push_back(type.text);
    if (type.text == "secevent+jwt") {
      reader.complain_at(type.place, "types",
                         "\"secevent+jwt\" is the type of events, never of access tokens; accepted: types of access "
                         "tokens, and an events table");
    }
    if (type.text == "statuslist+jwt") {
      reader.complain_at(type.place, "types",
                         "\"statuslist+jwt\" is the type of status lists, never of access tokens; accepted: types of "
                         "access tokens, and a status_list table");
    }
    if (type.text.starts_with("application/")) {
      reader.complain_at(
          type.place, "types",
          "\"" + type.text + "\" is written without its prefix; accepted: \"" + type.text.substr(12) + "\"");
    }
  }
}

void read_scope(const TomlValue& table, Faults& faults, ScopeRule& rule) {
  TableReader reader(table, "issuer.scope", faults);
  reader.read_choice<ScopeGrammar>("grammar", kGrammarChoices, rule.grammar);
  if (const TomlValue* wildcard = reader.take("wildcard")) {
    if (wildcard->kind == TomlValue::Kind::kBoolean) {
      rule.wildcard = wildcard->boolean ? ScopeWildcard::kLastSegment : ScopeWildcard::kOff;
    } else if (wildcard->kind == TomlValue::Kind::kString && wildcard->text == "all") {
      rule.wildcard = ScopeWildcard::kAll;
    } else {
      reader.complain_at(wildcard->place, "wildcard", "is none of its values; accepted: false, true, \"all\"");
    }
  }
  reader.finish();
}

void read_issuer(const TomlValue& table, const ReadContext& context, Configuration& out) {
  TableReader reader(table, "issuer", context.faults);
  IssuerPolicy issuer;
  IssuerSources sources;
  read_identity(reader, out, issuer);
  read_key_source(reader, context, issuer, sources);
  const bool has_keys = has_key_source(reader);
  if (const TomlValue* opaque = reader.read_table("opaque")) read_opaque(*opaque, context, issuer, sources);
  if (!has_keys && !reader.has("opaque")) {
    reader.complain("discovery", "nothing says how tokens are verified; accepted: " + std::string(kKeySourceForm));
  }
  if (has_keys) {
    read_algorithms(reader, issuer);
  } else {
    for (const std::string_view key : {"algorithms", "types"}) {
      reader.refuse_without_effect(key, "this issuer's tokens are opaque");
    }
  }
  read_audiences(reader, issuer);
  read_claim_rules(reader, issuer);
  if (const TomlValue* events = reader.read_table("events")) read_events(*events, reader, context.faults, issuer);
  if (const TomlValue* lists = reader.read_table("status_list")) {
    read_status_list(*lists, reader, context.faults, issuer);
  }
  if (const TomlValue* scope = reader.read_table("scope")) read_scope(*scope, context.faults, issuer.scope);
  read_refresh_rules(reader, issuer);
  reader.finish();
  out.policy.issuers.push_back(std::move(issuer));
  out.sources.push_back(std::move(sources));
}

void read_tenants(const TomlValue& table, const ReadContext& context, Configuration& out) {
  TableReader reader(table, "issuer", context.faults);
  TenantGroup group;
  if (const TomlValue* name = reader.read_string("name")) group.name = name->text;
  if (is_taken(group.name, out)) {
    reader.complain("name", "\"" + group.name + "\" is there twice; accepted: unique names");
  }
  const std::size_t first = out.policy.issuers.size();
  const std::size_t faults_before = context.faults.count();
  for (const TomlValue& one : write_out_tenants(table, context.faults)) {
    read_issuer(one, context, out);
    // What is wrong with one tenant is wrong with the others, too: said once.
    if (context.faults.count() != faults_before) break;
  }
  for (std::size_t i = first; i < out.policy.issuers.size(); ++i) group.issuers.push_back(out.policy.issuers[i].name);
  out.tenant_groups.push_back(std::move(group));
}

}  // namespace

void read_issuers(TableReader& document, const ReadContext& context, Configuration& out) {
  const std::vector<const TomlValue*> tables = document.read_tables("issuer");
  if (!document.has("issuer")) document.require("issuer", "one [[issuer]] for each authorization server");
  if (tables.size() > kIssuersMax) {
    document.complain(
        "issuer", "there are " + std::to_string(tables.size()) + "; accepted: at most " + std::to_string(kIssuersMax));
  }
  for (const TomlValue* table : tables) {
    has_tenants(*table) ? read_tenants(*table, context, out) : read_issuer(*table, context, out);
  }
  if (out.policy.issuers.size() > kIssuersMax && tables.size() <= kIssuersMax) {
    document.complain("issuer", "with all tenants there are " + std::to_string(out.policy.issuers.size()) +
                                    "; accepted: at most " + std::to_string(kIssuersMax));
  }
}

}  // namespace assay::config
