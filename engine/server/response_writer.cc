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

constexpr std::size_t kDigitsMax = 20;
// What a response takes beside its fields and its body: status line, Content-Length, Connection, the empty line.
constexpr std::size_t kFrameBytesMax = 192;
constexpr std::size_t kFieldFrameBytes = 4;  // ": " and the line end

// Each writes at `at`, where there is room, and returns what is behind it.
char* put(char* at, std::string_view text) noexcept { return std::copy(text.begin(), text.end(), at); }
char* put(char* at, std::size_t number) noexcept { return std::to_chars(at, at + kDigitsMax, number).ptr; }

bool is_sendable(const HttpField& field) noexcept {
  return !field.name.empty() && is_made_of(field.name, kTokenByte) &&
         is_field_value(field.value, kTextByte | kObsTextByte);
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
  std::size_t bytes_max = kFrameBytesMax + response.body.size();
  for (const HttpField& field : response.fields) bytes_max += field.name.size() + field.value.size() + kFieldFrameBytes;
  const std::size_t begin = out.size();
  out.resize(begin + bytes_max);
  char* at = put(out.data() + begin, "HTTP/1.1 ");
  at = put(at, static_cast<std::size_t>(response.status));
  at = put(put(put(at, " "), reason_phrase(response.status)), "\r\n");
  for (const HttpField& field : response.fields) at = put(put(put(put(at, field.name), ": "), field.value), "\r\n");
  // RFC 9110 sec 8.6: 204 has no length, and 304 would state that of another response.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) at = put(put(put(at, "Content-Length: "), response.body.size()), "\r\n");
  switch (context.persistence) {
    case ResponseContext::Persistence::kDefault: break;
    case ResponseContext::Persistence::kKeepAlive: at = put(at, "Connection: keep-alive\r\n"); break;
    case ResponseContext::Persistence::kClose: at = put(at, "Connection: close\r\n"); break;
  }
  at = put(at, "\r\n");
  if (!bodiless && !context.is_head) at = put(at, response.body);
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void append_refusal(std::string& out, int status) {
  constexpr HttpField kFields[] = {{"Content-Type", "text/plain"}, {"Cache-Control", "no-store"}};
  append_response(out, {.status = status, .fields = kFields, .body = reason_phrase(status)},
                  {.persistence = ResponseContext::Persistence::kClose, .is_head = false});
}

}  // namespace assay::server
