#include "server/admin_pages.h"

#include "server/json_text.h"

namespace assay::server {
namespace {

void append_key(std::string& json, const KeyInfo& key) {
  json += '{';
  append_text(json, "issuer", key.issuer_name);
  json += ',';
  append_text(json, "kid", key.kid);
  json += ',';
  append_text(json, "type", key.type);
  json += ',';
  append_text(json, "alg", key.alg);
  append_count(json, "bits", key.bits);
  json += key.usable ? ",\"usable\":true," : ",\"usable\":false,";
  append_text(json, "reason", key.reason);
  json += ',';
  append_text(json, "thumbprint", key.thumbprint);
  append_time(json, "first_seen", key.first_seen_us);
  append_time(json, "last_seen", key.last_seen_us);
  json += '}';
}

}  // namespace

AdminPage health_page() { return {.content_type = "text/plain; charset=utf-8", .body = "ok\n"}; }

AdminPage readiness_page(const AdminSources& sources) {
  Readiness readiness = sources.control.readiness();
  if (sources.draining.begun()) {
    readiness.ready = false;
    readiness.missing.emplace_back("the sidecar is draining");
  }
  AdminPage page{.status = readiness.ready ? 200 : 503,
                 .body = readiness.ready ? "{\"ready\":true" : "{\"ready\":false"};
  append_list(page.body, "missing", readiness.missing);
  append_list(page.body, "degraded", readiness.degraded);
  page.body += ',';
  append_text(page.body, "poller", sources.checks.poller().name);
  page.body += ',';
  append_text(page.body, "reason", sources.checks.poller().reason);
  page.body += "}\n";
  return page;
}

AdminPage keys_page(const Control& control) {
  AdminPage page{.body = "{\"keys\":["};
  bool first = true;
  control.for_each_key([&page, &first](const KeyInfo& key) {
    if (!first) page.body += ',';
    first = false;
    append_key(page.body, key);
  });
  page.body += "]}\n";
  return page;
}

}  // namespace assay::server
