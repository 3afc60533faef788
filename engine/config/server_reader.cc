#include "config/server_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/value_text.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr IntegerBounds kWorkersBounds{0, kWorkersMax};
constexpr IntegerBounds kTokenBytesBounds{256, kTokenBytesMax};
constexpr IntegerBounds kCacheBytesBounds{64 * 1024, std::int64_t{16} << 30};
constexpr IntegerBounds kVerifiedCacheBounds{0, std::int64_t{1} << 30};
constexpr IntegerBounds kRecheckBounds{0, 1'000'000'000};
constexpr IntegerBounds kHeadBytesBounds{1024, 1024 * 1024};
constexpr IntegerBounds kHeadersBounds{8, 1000};
constexpr IntegerBounds kBodyBytesBounds{0, 16 * 1024 * 1024};
constexpr IntegerBounds kConnectionsBounds{1, 1'000'000};
constexpr DurationBounds kIdleBounds{seconds(1), hours(1)};
constexpr DurationBounds kHeadBounds{milliseconds(100), minutes(5)};
constexpr DurationBounds kBodyBounds{milliseconds(100), minutes(10)};
constexpr DurationBounds kDrainBounds{milliseconds(0), minutes(10)};
constexpr std::size_t kPemFileBytesMax = std::size_t{4} << 20;
constexpr std::size_t kProxyCredentialsBytesMax = 1024;
constexpr std::string_view kProxyForm = "\"http://host:port\", without user information, path and query";

constexpr std::array<Choice<PollerChoice>, 3> kPollerChoices{
    {{"auto", PollerChoice::kAuto}, {"io_uring", PollerChoice::kIoUring}, {"epoll", PollerChoice::kEpoll}}};

void read_server_table(const TomlValue& table, Faults& faults, Configuration& out) {
  TableReader reader(table, "server", faults);
  HttpLimits& http = out.settings.http;
  reader.read_integer("workers", kWorkersBounds, out.settings.workers);
  reader.read_choice<PollerChoice>("poller", kPollerChoices, out.settings.poller);
  reader.read_integer("max_token_bytes", kTokenBytesBounds, out.policy.max_token_bytes);
  reader.read_integer("introspection_cache_bytes", kCacheBytesBounds, out.policy.introspection_cache_bytes);
  reader.read_integer("verified_cache_bytes", kVerifiedCacheBounds, out.settings.verified_cache_bytes);
  reader.read_integer("recheck_one_in", kRecheckBounds, out.settings.recheck_one_in);
  reader.read_integer("head_bytes_max", kHeadBytesBounds, http.head_bytes_max);
  reader.read_integer("headers_max", kHeadersBounds, http.headers_max);
  reader.read_integer("body_bytes_max", kBodyBytesBounds, http.body_bytes_max);
  reader.read_integer("connections_max", kConnectionsBounds, http.connections_max);
  reader.read_duration("idle_timeout", kIdleBounds, http.idle_timeout);
  reader.read_duration("head_timeout", kHeadBounds, http.head_timeout);
  reader.read_duration("body_timeout", kBodyBounds, http.body_timeout);
  reader.read_duration("drain_timeout", kDrainBounds, http.drain_timeout);
  reader.finish();
}

// What a PEM file must hold, as its blocks' labels end and as people say it.
struct PemContent {
  std::string_view label;
  std::string_view words;
};
constexpr PemContent kCertificateContent{.label = "CERTIFICATE-----", .words = "certificate"};
constexpr PemContent kPrivateKeyContent{.label = "PRIVATE KEY-----", .words = "private key"};

// The path of such a file; empty where the key is absent.
std::string read_pem_path(TableReader& reader, const ReadContext& context, std::string_view key, PemContent wanted) {
  const TomlValue* name = reader.read_string(key);
  if (name == nullptr) return {};
  std::string path = resolve(context, name->text);
  const NamedFile file{.key = key, .place = name->place, .path = path};
  const std::optional<std::string> content = read_named_file(context, file, kPemFileBytesMax, reader);
  if (!content) return path;
  const std::string words(wanted.words);
  if (content->find("ENCRYPTED") != std::string::npos) {
    reader.complain_at(name->place, key, path + " is encrypted; accepted: a PEM file without a passphrase");
  } else if (content->find(wanted.label) == std::string::npos) {
    reader.complain_at(name->place, key, path + " holds no " + words + "; accepted: a PEM file with a " + words);
  }
  return path;
}

void read_proxy(TableReader& reader, const ReadContext& context, OutboundSettings& outbound) {
  if (const TomlValue* proxy = reader.read_string("proxy")) {
    outbound.proxy = proxy->text;
    const bool sound = proxy->text.starts_with("http://") && url_fault(proxy->text, PlainHttp::kAllowed).empty() &&
                       proxy->text.find_first_of("/?", 7) == std::string::npos;
    // Not quoted: user information is a credential.
    if (!sound) reader.complain_at(proxy->place, "proxy", "is no proxy's URL; accepted: " + std::string(kProxyForm));
  }
  const TomlValue* name = reader.read_string("proxy_credentials_file");
  if (name == nullptr) return;
  if (!reader.has("proxy")) reader.refuse_without_effect("proxy_credentials_file", "there is no proxy");
  outbound.proxy_credentials_file = resolve(context, name->text);
  const NamedFile file{"proxy_credentials_file", name->place, outbound.proxy_credentials_file};
  std::optional<std::string> content = read_named_file(context, file, kProxyCredentialsBytesMax, reader);
  if (!content) return;
  outbound.proxy_credentials = without_line_end(std::move(*content));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const std::string& credentials = outbound.proxy_credentials;
  const std::size_t colon = credentials.find(':');
  if (colon == 0 || colon == std::string::npos || std::any_of(credentials.begin(), credentials.end(), is_control)) {
    reader.complain_at(name->place, "proxy_credentials_file",
                       file.path + " holds no credentials; accepted: one line, \"user:password\"");
  }
}

void read_outbound(const TomlValue& table, const ReadContext& context, OutboundSettings& outbound) {
  TableReader reader(table, "outbound", context.faults);
  outbound.ca_file = read_pem_path(reader, context, "ca_file", kCertificateContent);
  read_proxy(reader, context, outbound);
  outbound.client_certificate = read_pem_path(reader, context, "client_certificate", kCertificateContent);
  outbound.client_key = read_pem_path(reader, context, "client_key", kPrivateKeyContent);
  if (reader.has("client_certificate") != reader.has("client_key")) {
    reader.complain(reader.has("client_key") ? "client_key" : "client_certificate",
                    "stands alone; accepted: client_certificate and client_key");
  }
  reader.finish();
}

}  // namespace

void read_server(TableReader& document, const ReadContext& context, Configuration& out) {
  if (const TomlValue* server = document.read_table("server")) read_server_table(*server, context.faults, out);
  if (const TomlValue* outbound = document.read_table("outbound")) read_outbound(*outbound, context, out.outbound);
}

}  // namespace assay::config
