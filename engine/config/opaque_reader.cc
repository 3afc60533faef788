#include "config/opaque_reader.h"

#include <array>
#include <string>
#include <utility>

#include "assay/limits.h"
#include "config/key_source_reader.h"
#include "config/secret_reader.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr DurationBounds kCallTimeoutBounds{milliseconds(100), minutes(1)};
constexpr DurationBounds kTtlBounds{seconds(1), hours(24)};
constexpr DurationBounds kTtlMinBounds{milliseconds(0), hours(1)};
constexpr DurationBounds kInactiveTtlBounds{seconds(1), hours(1)};
constexpr DurationBounds kStaleBounds{milliseconds(0), hours(24)};
constexpr IntegerBounds kCallsPerSecondBounds{1, kCallsPerSecondMax};
constexpr IntegerBounds kPendingBounds{1, kPendingMax};
constexpr SecretKeys kSecretKeys{.file = "client_secret_file", .variable = "client_secret_env", .bytes = {1, 1024}};

constexpr std::array<Choice<ClientAuthentication>, 3> kAuthChoices{
    {{"basic", ClientAuthentication::kBasic},
     {"post", ClientAuthentication::kPost},
     {"private_key_jwt", ClientAuthentication::kPrivateKeyJwt}}};

void read_private_key(TableReader& reader, const ReadContext& context, OpaquePolicy& opaque, IssuerSources& sources) {
  reader.require("private_key_file", "a file with the private key that the client signs with, in PEM");
  if (const TomlValue* name = reader.read_string("private_key_file")) {
    sources.private_key_file = resolve(context, name->text);
    const NamedFile file{"private_key_file", name->place, sources.private_key_file};
    if (auto pem = read_named_file(context, file, kPrivateKeyBytesMax, reader))
      opaque.private_key_pem = std::move(*pem);
  }
  if (const TomlValue* name = reader.read_string("private_key_alg")) {
    const std::optional<Alg> alg = parse_algorithm(name->text);
    if (alg && !is_hmac(*alg)) {
      opaque.private_key_alg = *alg;
    } else {
      reader.complain_value("private_key_alg", *name,
                            "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA");
    }
  }
  if (const TomlValue* kid = reader.read_string("private_key_id")) opaque.private_key_id = kid->text;
  if (const TomlValue* audience = reader.read_string("assertion_audience")) opaque.assertion_audience = audience->text;
}

void read_client(TableReader& reader, const ReadContext& context, OpaquePolicy& opaque, IssuerSources& sources) {
  reader.require("client_id", "the client that Assay is at the authorization server");
  if (const TomlValue* client = reader.read_string("client_id")) opaque.client_id = client->text;
  reader.read_choice<ClientAuthentication>("auth", kAuthChoices, opaque.authentication);
  if (opaque.authentication == ClientAuthentication::kPrivateKeyJwt) {
    for (const std::string_view key : {"client_secret_file", "client_secret_env"}) {
      reader.refuse_without_effect(key, "the client signs instead");
    }
    read_private_key(reader, context, opaque, sources);
    return;
  }
  for (const std::string_view key : {"private_key_file", "private_key_alg", "private_key_id", "assertion_audience"}) {
    reader.refuse_without_effect(key, "auth is not \"private_key_jwt\"");
  }
  if (auto secret = read_secret(reader, context, kSecretKeys, sources.client_secret)) {
    opaque.client_secret = std::move(*secret);
  }
}

void read_bounds(TableReader& reader, OpaquePolicy& opaque) {
  reader.read_duration("ttl", kTtlBounds, opaque.ttl);
  reader.read_duration("ttl_min", kTtlMinBounds, opaque.ttl_min);
  if (opaque.ttl_min > opaque.ttl) {
    reader.complain("ttl_min", "is longer than ttl (" + format_duration(opaque.ttl) + "); accepted: at most ttl");
  }
  reader.read_duration("inactive_ttl", kInactiveTtlBounds, opaque.inactive_ttl);
  reader.read_duration("stale", kStaleBounds, opaque.stale);
  reader.read_duration("timeout", kCallTimeoutBounds, opaque.timeout);
  reader.read_integer("calls_per_second", kCallsPerSecondBounds, opaque.calls_per_second);
  reader.read_integer("pending_max", kPendingBounds, opaque.pending_max);
}

}  // namespace

void read_opaque(const TomlValue& table, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  TableReader reader(table, "issuer.opaque", context.faults);
  OpaquePolicy opaque;
  reader.require("introspect", "the URL of the introspection endpoint");
  opaque.introspection_url = read_url(reader, "introspect", issuer);
  read_client(reader, context, opaque, sources);
  if (reader.has("token_endpoint")) {
    opaque.token_url = read_url(reader, "token_endpoint", issuer);
    if (const TomlValue* scope = reader.read_string("token_scope")) opaque.token_scope = scope->text;
  } else {
    reader.refuse_without_effect("token_scope", "there is no token_endpoint");
  }
  read_bounds(reader, opaque);
  reader.finish();
  issuer.opaque = std::move(opaque);
}

}  // namespace assay::config
