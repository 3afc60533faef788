#include "server/response_writer.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "server/http1_syntax.h"

namespace assay::server {
namespace {

struct StatusPhrase {
  int status;
  std::string_view phrase;
};

constexpr StatusPhrase kPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const std::to_chars_result end = std::to_chars(std::begin(digits), std::end(digits), number);
  out.append(digits, end.ptr);
}

bool is_sendable(const HttpField& field) noexcept {
  return !field.name.empty() && is_made_of(field.name, kTokenByte) && is_made_of(field.value, kTextByte | kObsTextByte);
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  for (const StatusPhrase& entry : kPhrases) {
    if (entry.status == status) return entry.phrase;
  }
  return "Unknown";
}

void append_response(std::string& out, const HttpResponse& response, ResponseContext context) {
  if (!std::all_of(response.fields.begin(), response.fields.end(), is_sendable)) {
    return append_response(out, {.status = 500, .after = response.after}, context);
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  for (const HttpField& field : response.fields) {
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  // RFC 9110 sec 8.6: 204 has no length, and 304 would state that of another response.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  switch (context.persistence) {
    case ResponseContext::Persistence::kDefault: break;
    case ResponseContext::Persistence::kKeepAlive: out.append("Connection: keep-alive\r\n"); break;
    case ResponseContext::Persistence::kClose: out.append("Connection: close\r\n"); break;
  }
  out.append("\r\n");
  if (!bodiless && !context.is_head) out.append(response.body);
}

void append_refusal(std::string& out, int status) {
  constexpr HttpField kFields[] = {{"Content-Type", "text/plain"}, {"Cache-Control", "no-store"}};
  append_response(out, {.status = status, .fields = kFields, .body = reason_phrase(status)},
                  {.persistence = ResponseContext::Persistence::kClose, .is_head = false});
}

}  // namespace assay::server
