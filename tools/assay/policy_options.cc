#include "assay/policy_options.h"

#include <array>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "assay/terminal.h"
#include "assay/text_file.h"
#include "config/value_text.h"
#include "jose/jwk.h"
#include "keys/key.h"
#include "keys/key_set.h"

namespace assay::cli {
namespace {

using Complaints = std::vector<std::string>;

constexpr std::array<const char*, 10> kOptionNames{"--jwks",   "--issuer",         "--audience",      "--any-audience",
                                                   "--alg",    "--require-scope",  "--require-claim", "--typ",
                                                   "--leeway", "--max-token-bytes"};

// "a,b" is two elements. An empty element is a slip that would loosen or break a rule.
std::vector<std::string> split_list(const std::vector<std::string>& texts, std::string_view option,
                                    Complaints& complaints) {
  std::vector<std::string> elements;
  for (const std::string& text : texts) {
    std::size_t start = 0;
    for (;;) {
      const std::size_t comma = text.find(',', start);
      elements.push_back(text.substr(start, comma - start));
      if (elements.back().empty()) complaints.push_back(std::string(option) + " has an empty element; leave it out");
      if (comma == std::string::npos) break;
      start = comma + 1;
    }
  }
  return elements;
}

std::vector<Alg> read_algorithms(const PolicyOptions& options, Complaints& complaints) {
  std::vector<Alg> algorithms;
  for (const std::string& name : split_list(options.algorithms, "--alg", complaints)) {
    const std::optional<Alg> alg = config::parse_algorithm(name);
    if (alg) algorithms.push_back(*alg);
    if (alg || name.empty()) continue;
    complaints.push_back("--alg " + printable(name) +
                         " is no algorithm; accepted: RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA");
  }
  return algorithms;
}

// Why none of the keys of a set can be used, a line each.
Complaints key_complaints(const std::string& path, const std::string& text) {
  const Expected<std::vector<jose::Jwk>> jwks = jose::parse_jwk_set(text);
  if (!jwks) {
    return {path +
            " is neither a JWK Set ({\"keys\":[...]}) nor one public key in PEM (\"-----BEGIN PUBLIC KEY-----\")"};
  }
  Complaints complaints{path + " holds no usable key" + (jwks->empty() ? ": its list is empty" : "")};
  for (const jose::Jwk& jwk : *jwks) {
    const keys::Key key = keys::make_key(jwk);
    complaints.push_back("  key " + (key.kid ? '"' + printable(*key.kid) + '"' : "without kid") + " (" +
                         printable(key.type_text) + "): " + std::string(jose::facts_of(key.prepared.defect).text));
  }
  return complaints;
}

}  // namespace

void declare_policy_options(CLI::App& command, PolicyOptions& options) {
  constexpr const char* kGroup = "What is accepted (instead of --config)";
  const auto list = [&](const char* name, std::vector<std::string>& target, const char* help, const char* type) {
    command.add_option(name, target, help)->type_name(type)->allow_extra_args(false)->group(kGroup);
  };
  command.add_option("--jwks", options.jwks, "The issuer's keys: a JWK Set, or one public key in PEM")
      ->type_name("FILE")
      ->group(kGroup);
  list("--issuer", options.issuer, "The token's iss, byte for byte; \"\" for tokens without iss. Required", "TEXT");
  list("--audience", options.audiences, "Accepted aud; repeat or use commas for any of several", "TEXT");
  command.add_flag("--any-audience", options.any_audience, "Do not check aud")->group(kGroup);
  list("--alg", options.algorithms, "Accepted algorithms; repeat or use commas [RS256,PS256,ES256,EdDSA]", "NAME");
  list("--require-scope", options.scopes, "Scope that the token must grant; repeat or use commas for all of several",
       "TEXT");
  list("--require-claim", options.claims, "Claim that must be there and not be empty; repeat or use commas", "NAME");
  list("--typ", options.types, "Accepted typ of the header, without \"application/\" [any]", "TEXT");
  command.add_option("--leeway", options.leeway, "How far clocks may differ: 500ms, 30s, 2m [0s]")
      ->type_name("DURATION")
      ->group(kGroup);
  command.add_option("--max-token-bytes", options.max_token_bytes, "Longer tokens are refused [16384]")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kTokenBytesMax))
      ->group(kGroup);
}

std::vector<std::string> given_policy_options(const CLI::App& command) {
  std::vector<std::string> given;
  for (const char* name : kOptionNames) {
    if (command.count(name) > 0) given.emplace_back(name);
  }
  return given;
}

tl::expected<KeySource, std::vector<std::string>> read_key_file(const std::string& path) {
  tl::expected<std::string, std::string> text = read_file(path, kJwksBytesMax);
  if (!text) return tl::unexpected<Complaints>({text.error()});
  const std::size_t start = text->find_first_not_of(" \t\r\n");
  const bool is_pem = start != std::string::npos && text->compare(start, 10, "-----BEGIN") == 0;
  KeySource source{.kind = is_pem ? KeySource::Kind::kPem : KeySource::Kind::kJwksText, .text = std::move(*text)};
  if (keys::KeySet::make(source)) return source;
  if (is_pem) {
    return tl::unexpected<Complaints>({path +
                                       " is not one usable public key in PEM; accepted: one \"-----BEGIN PUBLIC "
                                       "KEY-----\" of RSA (2048 bits or more), EC P-256, P-384, P-521 or Ed25519"});
  }
  return tl::unexpected<Complaints>(key_complaints(path, source.text));
}

tl::expected<Policy, std::vector<std::string>> make_policy(const PolicyOptions& options) {
  Complaints complaints;
  IssuerPolicy issuer;
  issuer.name = kCommandLineIssuer;
  if (options.jwks.empty()) complaints.emplace_back("say where the keys are: --jwks FILE, or --config FILE");
  if (options.issuer.empty()) complaints.emplace_back("say whose tokens: --issuer TEXT (\"\" for tokens without iss)");
  if (options.issuer.size() > 1) complaints.emplace_back("--issuer is given twice; one issuer at a time");
  if (options.audiences.empty() != options.any_audience) {
    complaints.emplace_back("say for whom the tokens are: either --audience TEXT or --any-audience");
  }
  if (options.issuer.size() == 1) issuer.issuer = options.issuer.front();
  issuer.audiences = split_list(options.audiences, "--audience", complaints);
  issuer.audience_unchecked = options.any_audience;
  if (!options.algorithms.empty()) issuer.algorithms = read_algorithms(options, complaints);
  issuer.required_claims = split_list(options.claims, "--require-claim", complaints);
  issuer.token_types = split_list(options.types, "--typ", complaints);
  const auto leeway = config::parse_duration(options.leeway);
  if (leeway) issuer.leeway = *leeway;
  if (!leeway) complaints.push_back("--leeway is no duration; accepted: " + std::string(config::kDurationForm));
  if (!options.jwks.empty()) {
    tl::expected<KeySource, Complaints> keys = read_key_file(options.jwks);
    if (keys) issuer.keys = std::move(*keys);
    if (!keys) complaints.insert(complaints.end(), keys.error().begin(), keys.error().end());
  }
  Policy policy;
  policy.max_token_bytes = options.max_token_bytes;
  const std::vector<std::string> scopes = split_list(options.scopes, "--require-scope", complaints);
  if (!scopes.empty()) {
    RoutePolicy route;
    route.path = "/*";
    route.scopes = scopes;
    policy.routes.push_back(std::move(route));
  }
  policy.issuers.push_back(std::move(issuer));
  if (complaints.empty()) complaints = policy_faults(policy);
  if (!complaints.empty()) return tl::unexpected<Complaints>(std::move(complaints));
  return policy;
}

}  // namespace assay::cli
