// What the admin listener answers with, and what it answers from.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "server/check_handler.h"
#include "server/drain_flag.h"
#include "server/http.h"
#include "server/http_server.h"

namespace assay::server {

// What the pages look at. Everything must outlive them and may be read from any thread.
struct AdminSources {
  Control& control;
  const HttpServer& checks;
  const std::deque<CheckCounters>& counters;  // of the workers of `checks`
  const ClientFaultCounters& revoke_faults;   // of clients that revoke
  const DrainFlag& draining;
};

// One answer. `content_type`, `allow` and `challenge` are static texts, or outlive the page.
struct AdminPage {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string_view allow = {};      // with 405
  std::string_view challenge = {};  // with 401; empty: none
  bool try_later = false;           // Retry-After
};

// An error as OAuth endpoints spell it: {"error":...,"error_description":...}. RFC 6749 sec 5.2.
[[nodiscard]] AdminPage error_page(int status, std::string_view error, std::string_view description);

// Every answer to a request has this field: other programs answer JSON with an `error`, too, and whoever revokes must
// know that the sidecar was asked.
inline constexpr HttpField kAdminMark{.name = "X-Assay-Listener", .value = "admin"};

// Answers with `response` and the mark.
void answer_marked(const HttpResponse& response, ExchangeId id, Responder& responder);

// Answers with a page and the mark; no cache may keep it.
void answer_with(const AdminPage& page, ExchangeId id, Responder& responder);

// Pieces of JSON objects. append_text begins a member where it is; the others follow one.
void append_text(std::string& json, std::string_view name, std::string_view value);
// In seconds since the epoch, or null where `wall_us` is 0 or kNeverForgotten.
void append_time(std::string& json, std::string_view name, std::int64_t wall_us);
void append_count(std::string& json, std::string_view name, std::uint64_t count);
void append_list(std::string& json, std::string_view name, const std::vector<std::string>& texts);

}  // namespace assay::server
