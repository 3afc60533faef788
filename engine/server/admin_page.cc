#include "server/admin_page.h"

#include <array>
#include <span>
#include <vector>

#include "server/challenge.h"
#include "server/json_text.h"
#include "server/oauth_error.h"

namespace assay::server {

AdminPage error_page(int status, std::string_view error, std::string_view description) {
  AdminPage page{.status = status, .body = {}};
  append_oauth_error(page.body, error, description);
  page.body += '\n';
  return page;
}

void answer_marked(const HttpResponse& response, ExchangeId id, Responder& responder) {
  std::vector<HttpField> fields(response.fields.begin(), response.fields.end());
  fields.push_back(kAdminMark);
  HttpResponse marked = response;
  marked.fields = fields;
  responder.answer(id, marked);
}

void answer_with(const AdminPage& page, ExchangeId id, Responder& responder) {
  constexpr std::size_t kFieldsMax = 5;
  std::array<HttpField, kFieldsMax> fields{
      {{.name = "Content-Type", .value = page.content_type}, {.name = "Cache-Control", .value = "no-store"}}};
  std::size_t count = 2;
  if (!page.allow.empty()) fields[count++] = {.name = "Allow", .value = page.allow};
  if (!page.challenge.empty()) fields[count++] = {.name = "WWW-Authenticate", .value = page.challenge};
  if (page.try_later) fields[count++] = {.name = "Retry-After", .value = RefusalWriter::kRetryAfterSeconds};
  answer_marked({.status = page.status, .fields = std::span(fields).first(count), .body = page.body}, id, responder);
}

void append_text(std::string& json, std::string_view name, std::string_view value) {
  append_json_string(json, name);
  json += ':';
  append_json_string(json, value);
}

void append_time(std::string& json, std::string_view name, std::int64_t wall_us) {
  const bool has_time = wall_us != 0 && wall_us != kNeverForgotten;
  json += ',';
  append_json_string(json, name);
  json += ':' + (has_time ? std::to_string(wall_us / 1'000'000) : std::string("null"));
}

void append_count(std::string& json, std::string_view name, std::uint64_t count) {
  json += ',';
  append_json_string(json, name);
  json += ':' + std::to_string(count);
}

void append_list(std::string& json, std::string_view name, const std::vector<std::string>& texts) {
  json += ',';
  append_json_string(json, name);
  json += ":[";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) json += ',';
    append_json_string(json, texts[i]);
  }
  json += ']';
}

}  // namespace assay::server
