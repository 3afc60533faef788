#include "config/key_source_reader.h"

#include <array>
#include <utility>

#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr std::array<std::string_view, 4> kSourceKeys{"discovery", "jwks", "public_key", "secret_file"};
constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kJwksForm = "\"https://...\" or \"file:keys.json\"";
constexpr std::string_view kDiscoveryForm = "true, or the URL of the metadata document; leave the key out otherwise";
constexpr std::string_view kPublicKeyForm = "\"file:key.pem\" with one \"-----BEGIN PUBLIC KEY-----\"";
constexpr std::size_t kPemBytesMax = std::size_t{64} * 1024;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

PlainHttp plain_http_of(const IssuerPolicy& issuer) {
  return issuer.allow_plain_http ? PlainHttp::kAllowed : PlainHttp::kForbidden;
}

// The URL unless it has a fault, which is complained about.
std::string accept_url(TableReader& reader, std::string_view key, const TomlValue& value, const IssuerPolicy& issuer) {
  const std::string fault = url_fault(value.text, plain_http_of(issuer));
  if (fault.empty()) return value.text;
  reader.complain_at(value.place, key, "the URL " + fault + "; accepted: \"https://host/path\"");
  return {};
}

void read_discovery(TableReader& reader, IssuerPolicy& issuer) {
  const TomlValue* value = reader.take("discovery");
  issuer.keys.kind = KeySource::Kind::kDiscovery;
  if (value->kind == TomlValue::Kind::kString) {
    issuer.keys.text = accept_url(reader, "discovery", *value, issuer);
    return;
  }
  if (value->kind != TomlValue::Kind::kBoolean || !value->boolean) {
    reader.complain_at(value->place, "discovery",
                       "is neither true nor a URL; accepted: " + std::string(kDiscoveryForm));
    return;
  }
  const std::string fault = url_fault(issuer.issuer, plain_http_of(issuer));
  if (fault.empty() && !contains(issuer.issuer, "?")) return;
  reader.complain_at(
      value->place, "discovery",
      "issuer.issuer " + (fault.empty() ? "holds a query (?)" : fault) +
          ", so the metadata cannot be found from it; accepted: an issuer like \"https://host/path\", or "
          "the URL of the metadata document here");
}

void read_jwks(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  issuer.keys.kind = KeySource::Kind::kJwksUrl;
  const TomlValue* value = reader.read_string("jwks");
  if (value == nullptr) return;
  if (!value->text.starts_with(kFilePrefix)) {
    const std::string fault = url_fault(value->text, plain_http_of(issuer));
    if (fault.empty()) issuer.keys.text = value->text;
    if (!fault.empty()) {
      reader.complain_at(value->place, "jwks", "the value " + fault + "; accepted: " + std::string(kJwksForm));
    }
    return;
  }
  sources.keys_file = resolve(context, value->text.substr(kFilePrefix.size()));
  issuer.keys.kind = KeySource::Kind::kJwksText;
  const NamedFile file{.key = "jwks", .place = value->place, .path = sources.keys_file};
  const std::optional<std::string> content = read_named_file(context, file, kJwksBytesMax, reader);
  if (!content) return;
  const std::size_t first = content->find_first_not_of(" \t\r\n");
  if (first == std::string::npos || (*content)[first] != '{') {
    reader.complain_at(value->place, "jwks",
                       file.path + " is no JWK Set; accepted: a JSON object like {\"keys\": [...]}");
  }
  issuer.keys.text = *content;
}

void read_public_key(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  issuer.keys.kind = KeySource::Kind::kPem;
  const TomlValue* value = reader.read_string("public_key");
  if (value == nullptr) return;
  if (!value->text.starts_with(kFilePrefix)) {
    return reader.complain_value("public_key", *value, kPublicKeyForm);
  }
  sources.keys_file = resolve(context, value->text.substr(kFilePrefix.size()));
  const NamedFile file{.key = "public_key", .place = value->place, .path = sources.keys_file};
  const std::optional<std::string> content = read_named_file(context, file, kPemBytesMax, reader);
  if (!content) return;
  if (contains(*content, "PRIVATE KEY") || !contains(*content, "-----BEGIN PUBLIC KEY-----")) {
    const std::string_view found = contains(*content, "PRIVATE KEY") ? " holds a private key" : " holds no public key";
    reader.complain_at(value->place, "public_key",
                       file.path + std::string(found) + "; accepted: " + std::string(kPublicKeyForm));
    return;
  }
  issuer.keys.text = *content;
}

void read_secret(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  issuer.keys.kind = KeySource::Kind::kSecret;
  const TomlValue* value = reader.read_string("secret_file");
  if (value == nullptr) return;
  sources.keys_file = resolve(context, value->text);
  const NamedFile file{.key = "secret_file", .place = value->place, .path = sources.keys_file};
  // Two bytes more than the secret: its line end.
  std::optional<std::string> content = read_named_file(context, file, kHmacSecretBytesMax + 2, reader);
  if (!content) return;
  std::string secret = without_line_end(std::move(*content));
  if (secret.size() < kHmacSecretBytesMin || secret.size() > kHmacSecretBytesMax) {
    return reader.complain_at(value->place, "secret_file",
                              file.path + " holds " + std::to_string(secret.size()) + " bytes; accepted: " +
                                  std::to_string(kHmacSecretBytesMin) + " to " + std::to_string(kHmacSecretBytesMax));
  }
  // A public key used as an HMAC secret lets anybody sign.
  if (contains(secret, "-----BEGIN ")) {
    return reader.complain_at(value->place, "secret_file", file.path + " holds PEM; accepted: a secret's bytes");
  }
  issuer.keys.text = std::move(secret);
}

}  // namespace

bool has_key_source(const TableReader& reader) {
  for (const std::string_view key : kSourceKeys) {
    if (reader.has(key)) return true;
  }
  return false;
}

void read_key_source(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  std::string_view first;
  for (const std::string_view key : kSourceKeys) {
    if (!reader.has(key)) continue;
    if (!first.empty()) {
      reader.refuse_without_effect(key, "this issuer has its keys from " + std::string(first) + " already");
      continue;
    }
    first = key;
    if (key == "discovery") read_discovery(reader, issuer);
    if (key == "jwks") read_jwks(reader, context, issuer, sources);
    if (key == "public_key") read_public_key(reader, context, issuer, sources);
    if (key == "secret_file") read_secret(reader, context, issuer, sources);
  }
}

std::string read_url(TableReader& reader, std::string_view key, const IssuerPolicy& issuer) {
  const TomlValue* value = reader.read_string(key);
  return value == nullptr ? std::string() : accept_url(reader, key, *value, issuer);
}

}  // namespace assay::config
