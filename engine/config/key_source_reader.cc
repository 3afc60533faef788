#include "config/key_source_reader.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "config/key_files.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr std::array<std::string_view, 4> kSourceKeys{"discovery", "jwks", "public_key", "secret_file"};
constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kJwksForm =
    "\"https://...\", \"file:keys.json\" or the text of a JWK Set, {\"keys\": [...]}";
constexpr std::string_view kDiscoveryForm = "true, or the URL of the metadata document; leave the key out otherwise";
constexpr std::string_view kPublicKeyForm =
    "\"file:key.pem\" with one \"-----BEGIN PUBLIC KEY-----\" or \"-----BEGIN CERTIFICATE-----\", or \"file:folder/\" "
    "of such "
    "files";
constexpr std::size_t kPemBytesMax = std::size_t{64} * 1024;
// How often files are looked at unless `refresh` says otherwise.
constexpr std::chrono::seconds kWatchInterval{2};

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

// Has the file that the keys came from read again from time to time.
void watch(const std::string& path, IssuerPolicy& issuer) {
  issuer.keys.file = std::filesystem::absolute(path).lexically_normal().string();
  issuer.refresh.interval = kWatchInterval;
}

bool is_json_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// Whether a JWK Set has members that only private or secret keys have. RFC 7518 sec 6.2.2, sec 6.3.2, sec 6.4.
bool has_private_member(std::string_view jwks) {
  static constexpr std::array<std::string_view, 2> kMembers{"\"d\"", "\"k\""};
  for (const std::string_view member : kMembers) {
    for (std::size_t at = jwks.find(member); at != std::string_view::npos; at = jwks.find(member, at + 1)) {
      const std::size_t next = jwks.find_first_not_of(" \t\r\n", at + member.size());
      if (next != std::string_view::npos && jwks[next] == ':') return true;
    }
  }
  return false;
}

// A JWK Set that stands in the configuration itself.
void read_inline_jwks(TableReader& reader, const TomlValue& value, IssuerPolicy& issuer) {
  issuer.keys.kind = KeySource::Kind::kJwksText;
  if (value.text.size() > kJwksBytesMax) {
    return reader.complain_at(value.place, "jwks",
                              "is too long; accepted: at most " + std::to_string(kJwksBytesMax) + " bytes");
  }
  // check-config prints what stands here.
  if (has_private_member(value.text)) {
    return reader.complain_at(value.place, "jwks", "holds a private or secret key; accepted: public keys alone");
  }
  issuer.keys.text = value.text;
}

void read_jwks_file(TableReader& reader, const ReadContext& context, const NamedFile& file, IssuerPolicy& issuer) {
  issuer.keys.kind = KeySource::Kind::kJwksText;
  const std::optional<std::string> content = read_named_file(context, file, kJwksBytesMax, reader);
  if (!content) return;
  if (!is_json_object(*content)) {
    reader.complain_at(file.place, "jwks",
                       file.path + " is no JWK Set; accepted: a JSON object like {\"keys\": [...]}");
  }
  issuer.keys.text = *content;
  watch(file.path, issuer);
}

void read_jwks(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources) {
  issuer.keys.kind = KeySource::Kind::kJwksUrl;
  const TomlValue* value = reader.read_string("jwks");
  if (value == nullptr) return;
  if (is_json_object(value->text)) return read_inline_jwks(reader, *value, issuer);
  if (value->text.starts_with(kFilePrefix)) {
    sources.keys_file = resolve(context, value->text.substr(kFilePrefix.size()));
    const NamedFile file{.key = "jwks", .place = value->place, .path = sources.keys_file};
    return read_jwks_file(reader, context, file, issuer);
  }
  const std::string fault = url_fault(value->text, plain_http_of(issuer));
  if (fault.empty()) {
    issuer.keys.text = value->text;
  } else {
    reader.complain_at(value->place, "jwks", "the value " + fault + "; accepted: " + std::string(kJwksForm));
  }
}

void read_pem_file(TableReader& reader, const ReadContext& context, const NamedFile& file, IssuerPolicy& issuer) {
  issuer.keys.kind = KeySource::Kind::kPem;
  const std::optional<std::string> content = read_named_file(context, file, kPemBytesMax, reader);
  if (!content) return;
  const bool is_private = contains(*content, "PRIVATE KEY");
  const bool is_public =
      contains(*content, "-----BEGIN PUBLIC KEY-----") || contains(*content, "-----BEGIN CERTIFICATE-----");
  if (is_private || !is_public) {
    const std::string_view found = is_private ? " holds a private key" : " holds no public key";
    return reader.complain_at(file.place, "public_key",
                              file.path + std::string(found) + "; accepted: " + std::string(kPublicKeyForm));
  }
  issuer.keys.text = *content;
  watch(file.path, issuer);
}

void read_pem_folder(TableReader& reader, const ReadContext& context, const NamedFile& folder, IssuerPolicy& issuer) {
  issuer.keys.kind = KeySource::Kind::kPemFolder;
  auto text = read_key_text(context.files, folder.path, kJwksBytesMax);
  if (!text) {
    return reader.complain_at(folder.place, "public_key",
                              "cannot read " + folder.path + ": " + text.error() +
                                  "; accepted: a folder of .pem and "
                                  ".crt files with one public key or certificate each");
  }
  issuer.keys.text = std::move(*text);
  watch(folder.path, issuer);
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
  is_folder_path(file.path) ? read_pem_folder(reader, context, file, issuer)
                            : read_pem_file(reader, context, file, issuer);
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
