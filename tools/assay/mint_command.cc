// assay mint: signs test tokens. For development: it signs whatever it is told.
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "assay/commands.h"
#include "assay/engine.h"
#include "assay/json_argument.h"
#include "assay/terminal.h"
#include "assay/text_file.h"
#include "config/value_text.h"
#include "jose/numeric_date.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::cli {
namespace {

using signing::json_string;
using signing::SigningKey;

struct MintOptions {
  std::string key, generate, alg, kid;
  std::vector<std::string> claims, headers;
  std::optional<std::string> issuer, subject, scope;
  std::vector<std::string> audiences;
  std::string expires_in = "1h";
  std::string now;
  std::string payload_file;
  std::uint32_t count = 1;
  std::string jwks_out, key_out;
};

using Complaint = tl::unexpected<std::string>;

constexpr std::array kPrivateKeyAlgs{Alg::kRS256, Alg::kRS384, Alg::kRS512, Alg::kPS256, Alg::kPS384,
                                     Alg::kPS512, Alg::kES256, Alg::kES384, Alg::kES512, Alg::kEdDSA};
constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 20;
constexpr unsigned kGeneratedModulusBits = 2048;
constexpr std::uint32_t kCountMax = 1'000'000;
constexpr int kJtiDigits = 8;

struct Signer {
  SigningKey key;
  Alg alg;
};

tl::expected<Alg, std::string> read_algorithm(const std::string& name) {
  const std::optional<Alg> alg = config::parse_algorithm(name);
  if (alg && !config::is_hmac(*alg)) return *alg;
  return Complaint(printable(name) +
                   " is no algorithm of a private key; accepted: RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 "
                   "EdDSA");
}

SigningKey generate_key(Alg alg) {
  for (const auto& [curve_alg, curve] :
       {std::pair(Alg::kES256, signing::Curve::kP256), std::pair(Alg::kES384, signing::Curve::kP384),
        std::pair(Alg::kES512, signing::Curve::kP521)}) {
    if (alg == curve_alg) return SigningKey::generate_ec(curve);
  }
  return alg == Alg::kEdDSA ? SigningKey::generate_ed25519() : SigningKey::generate_rsa(kGeneratedModulusBits);
}

tl::expected<Signer, std::string> make_signer(const MintOptions& options) {
  if (options.key.empty() == options.generate.empty()) {
    return Complaint("say what to sign with: either --key FILE or --generate ALG");
  }
  if (!options.generate.empty()) {
    if (!options.alg.empty()) return Complaint("--generate names the algorithm already; leave --alg out");
    const tl::expected<Alg, std::string> alg = read_algorithm(options.generate);
    if (!alg) return Complaint("--generate: " + alg.error());
    return Signer{.key = generate_key(*alg), .alg = *alg};
  }
  const tl::expected<std::string, std::string> pem = read_file(options.key, kPayloadBytesMax);
  if (!pem) return Complaint(pem.error());
  tl::expected<SigningKey, std::string> key = SigningKey::from_private_pem(*pem);
  if (!key) return Complaint(options.key + ": " + key.error());
  if (!options.alg.empty()) {
    const tl::expected<Alg, std::string> alg = read_algorithm(options.alg);
    if (!alg) return Complaint("--alg: " + alg.error());
    if (!key->can_sign(*alg)) return Complaint("--alg " + options.alg + " cannot be signed with a key of this type");
    return Signer{.key = std::move(*key), .alg = *alg};
  }
  for (const Alg alg : kPrivateKeyAlgs) {
    if (key->can_sign(alg)) return Signer{.key = std::move(*key), .alg = alg};
  }
  return Complaint(options.key + ": no algorithm is signed with a key of this type");
}

// Members of one object by name; a second one of a name is a complaint.
class Members {
 public:
  explicit Members(const char* option) : option_(option) {}

  [[nodiscard]] bool has(std::string_view name) const {
    for (const auto& [existing, json] : members_) {
      if (existing == name) return true;
    }
    return false;
  }
  void add(std::string_view name, std::string json) { members_.emplace_back(name, std::move(json)); }

  // "NAME=JSON", each name once.
  [[nodiscard]] tl::expected<void, std::string> add_all(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::size_t equals = text.find('=');
      const std::string shown = std::string(option_) + " " + printable(text);
      if (equals == std::string::npos || equals == 0) return Complaint(shown + " is not written NAME=JSON");
      const std::string name = text.substr(0, equals);
      if (has(name)) return Complaint(shown + ": " + printable(name) + " is set twice");
      if (!check_json_value(text.substr(equals + 1))) {
        return Complaint(shown + " has no JSON value after =; a text needs its quotes: '" + printable(name) +
                         "=\"text\"'");
      }
      add(name, text.substr(equals + 1));
    }
    return {};
  }

  [[nodiscard]] std::string text() const {
    signing::JsonObject object;
    for (const auto& [name, json] : members_) object.add_json(name, json);
    return object.text();
  }

 private:
  const char* option_;
  std::vector<std::pair<std::string, std::string>> members_;
};

std::string audience_json(const std::vector<std::string>& audiences) {
  if (audiences.size() == 1) return json_string(audiences.front());
  std::string list;
  for (const std::string& audience : audiences) list.append(list.empty() ? "" : ",").append(json_string(audience));
  return "[" + list + "]";
}

std::string date_json(std::int64_t us) {
  char text[jose::kNumericDateTextMax];
  return {text, jose::format_numeric_date(NumericDate{.us = us}, text)};
}

tl::expected<std::int64_t, std::string> read_now(const MintOptions& options) {
  if (options.now.empty()) return Now::read().wall_us / 1'000'000 * 1'000'000;
  const Expected<NumericDate> date = parse_epoch(options.now);
  if (!date) return Complaint("--now is no time; accepted: seconds since the epoch such as 1710223631.577478");
  return date->us;
}

// The jti of token `index` where several are minted: as long as every other, so that the tokens are too.
std::string jti_json(std::uint32_t index) {
  const std::string digits = std::to_string(index);
  return json_string("token-" + std::string(kJtiDigits - digits.size(), '0') + digits);
}

// The payload that the options describe, of token `index` (0 ..).
tl::expected<std::string, std::string> make_claims(const MintOptions& options, std::uint32_t index) {
  Members members("--claim");
  if (options.issuer) members.add("iss", json_string(*options.issuer));
  if (options.subject) members.add("sub", json_string(*options.subject));
  if (!options.audiences.empty()) members.add("aud", audience_json(options.audiences));
  if (options.scope) members.add("scope", json_string(*options.scope));
  if (const auto added = members.add_all(options.claims); !added) return Complaint(added.error());
  if (options.count > 1) {
    if (members.has("jti")) return Complaint("--count sets jti; leave --claim jti=... out");
    members.add("jti", jti_json(index));
  }
  const auto life = config::parse_duration(options.expires_in);
  if (!life) return Complaint("--expires-in is no duration; accepted: " + std::string(config::kDurationForm));
  const tl::expected<std::int64_t, std::string> now_us = read_now(options);
  if (!now_us) return Complaint(now_us.error());
  if (!members.has("iat")) members.add("iat", date_json(*now_us));
  if (!members.has("exp")) {
    members.add("exp", date_json(*now_us + std::chrono::microseconds(*life).count()));
  }
  return members.text();
}

tl::expected<std::string, std::string> make_payload(const CLI::App& command, const MintOptions& options,
                                                    std::uint32_t index) {
  if (options.payload_file.empty()) return make_claims(options, index);
  for (const char* name :
       {"--issuer", "--subject", "--audience", "--scope", "--claim", "--expires-in", "--now", "--count"}) {
    if (command.count(name) > 0) return Complaint(std::string(name) + " and --payload-file exclude each other");
  }
  return read_file(options.payload_file, kPayloadBytesMax);
}

tl::expected<std::string, std::string> make_header(const MintOptions& options, Alg alg) {
  Members members("--header");
  members.add("alg", json_string(config::format_algorithm(alg)));
  if (!options.kid.empty()) members.add("kid", json_string(options.kid));
  if (const auto added = members.add_all(options.headers); !added) return Complaint(added.error());
  return members.text();
}

tl::expected<void, std::string> write_keys(const MintOptions& options, const Signer& signer) {
  if (!options.jwks_out.empty()) {
    const std::string jwk =
        signer.key.public_jwk({.kid = options.kid, .alg = config::format_algorithm(signer.alg), .use = "sig"});
    auto written = write_file(options.jwks_out, signing::jwk_set(jwk) + "\n", FileSecrecy::kPublic);
    if (!written) return written;
  }
  if (options.key_out.empty()) return {};
  return write_file(options.key_out, signer.key.private_pem(), FileSecrecy::kOwnerOnly);
}

// The tokens, a line end behind each.
tl::expected<std::string, std::string> mint(const CLI::App& command, const MintOptions& options) {
  const tl::expected<Signer, std::string> signer = make_signer(options);
  if (!signer) return Complaint(signer.error());
  tl::expected<std::string, std::string> header = make_header(options, signer->alg);
  if (!header) return header;
  std::string lines;
  for (std::uint32_t i = 0; i < options.count; ++i) {
    tl::expected<std::string, std::string> payload = make_payload(command, options, i);
    if (!payload) return payload;
    lines += signing::sign_jwt({.header_json = *header, .payload_json = *payload}, signer->key, signer->alg) + "\n";
  }
  if (const auto written = write_keys(options, *signer); !written) return Complaint(written.error());
  return lines;
}

ExitStatus run_mint(const CLI::App& command, const MintOptions& options) {
  const tl::expected<std::string, std::string> lines = mint(command, options);
  if (!lines) {
    complain(lines.error());
    return ExitStatus::kUsage;
  }
  complain("mint is for development only: it signs whatever it is told");
  std::fputs(lines->c_str(), stdout);
  return ExitStatus::kAccepted;
}

void declare_options(CLI::App& command, MintOptions& options) {
  const auto text = [&](const char* name, std::string& target, const char* help, const char* type) {
    command.add_option(name, target, help)->type_name(type);
  };
  const auto list = [&](const char* name, std::vector<std::string>& target, const char* help, const char* type) {
    command.add_option(name, target, help)->type_name(type)->allow_extra_args(false);
  };
  const auto claim = [&](const char* name, std::optional<std::string>& target, const char* help) {
    command.add_option(name, target, help)->type_name("TEXT");
  };
  text("--key", options.key, "Private key to sign with: unencrypted PEM", "FILE");
  text("--generate", options.generate, "Sign with a new key for this algorithm: RS256, ES256, EdDSA, ...", "ALG");
  text("--alg", options.alg, "Algorithm for --key [RS256, ES256, ES384, ES512 or EdDSA by the key's type]", "ALG");
  text("--kid", options.kid, "kid of the header and of the key in --jwks-out", "TEXT");
  claim("--issuer", options.issuer, "iss");
  claim("--subject", options.subject, "sub");
  list("--audience", options.audiences, "aud; repeat for a list", "TEXT");
  claim("--scope", options.scope, "scope, values separated by blanks");
  text("--expires-in", options.expires_in, "exp this long after iat [1h]", "DURATION");
  text("--now", options.now, "iat: seconds since the epoch [now]", "EPOCH");
  list("--claim", options.claims, "Another claim, or iat or exp as they shall be; repeat", "NAME=JSON");
  list("--header", options.headers, "Another member of the header; repeat", "NAME=JSON");
  text("--payload-file", options.payload_file, "Sign this file's exact bytes instead of claims", "FILE");
  command.add_option("--count", options.count, "So many tokens, one a line, each with its own jti [1]")
      ->type_name("N")
      ->check(CLI::Range(1U, kCountMax));
  text("--jwks-out", options.jwks_out, "Write the public key there as a JWK Set", "FILE");
  text("--key-out", options.key_out, "Write the private key there in PEM", "FILE");
}

constexpr const char* kFooter = R"(
Prints a signed token. Development only: a key that signs here must be trusted nowhere else.

Exit status: 0 signed, 2 usage error.

Examples:
  assay mint --generate ES256 --kid dev --issuer https://issuer.example --audience api --subject alice \
    --scope "orders:read orders:write" --expires-in 5m --jwks-out keys.json --key-out key.pem
  assay mint --key key.pem --kid dev --issuer https://issuer.example --audience api --claim 'roles=["admin"]'
)";

}  // namespace

void add_mint_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("mint", "Signs a test token (development only)");
  const auto options = std::make_shared<MintOptions>();
  declare_options(*command, *options);
  command->footer(kFooter);
  command->callback([command, options, &status] { status = run_mint(*command, *options); });
}

}  // namespace assay::cli
