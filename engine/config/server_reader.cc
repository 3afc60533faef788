#include "config/server_reader.h"

#include <array>

#include "config/listener_reader.h"
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
constexpr std::size_t kCaFileBytesMax = std::size_t{4} << 20;
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

void read_admin(const TomlValue& table, Faults& faults, Settings& settings) {
  TableReader reader(table, "admin", faults);
  settings.admin = AdminSettings{.address = read_address(reader, settings)};
  reader.refuse_unbuilt("secret_file", "changing state through the admin listener");
  reader.refuse_unbuilt("scope", "changing state through the admin listener");
  reader.finish();
}

void read_outbound(const TomlValue& table, const ReadContext& context, OutboundSettings& outbound) {
  TableReader reader(table, "outbound", context.faults);
  if (const TomlValue* name = reader.read_string("ca_file")) {
    outbound.ca_file = resolve(context, name->text);
    const NamedFile file{.key = "ca_file", .place = name->place, .path = outbound.ca_file};
    const std::optional<std::string> content = read_named_file(context, file, kCaFileBytesMax, reader);
    if (content && content->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
      reader.complain_at(name->place, "ca_file",
                         file.path + " holds no certificate; accepted: a PEM file of certificates");
    }
  }
  if (const TomlValue* proxy = reader.read_string("proxy")) {
    outbound.proxy = proxy->text;
    const bool sound = proxy->text.starts_with("http://") && url_fault(proxy->text, PlainHttp::kAllowed).empty() &&
                       proxy->text.find_first_of("/?", 7) == std::string::npos;
    // Not quoted: user information is a credential.
    if (!sound) reader.complain_at(proxy->place, "proxy", "is no proxy's URL; accepted: " + std::string(kProxyForm));
  }
  reader.finish();
}

}  // namespace

void read_server(TableReader& document, const ReadContext& context, Configuration& out) {
  if (const TomlValue* server = document.read_table("server")) read_server_table(*server, context.faults, out);
  if (const TomlValue* admin = document.read_table("admin")) read_admin(*admin, context.faults, out.settings);
  if (const TomlValue* outbound = document.read_table("outbound")) read_outbound(*outbound, context, out.outbound);
}

}  // namespace assay::config
