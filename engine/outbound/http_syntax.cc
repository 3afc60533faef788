#include "outbound/http_syntax.h"

#include <algorithm>

namespace assay::outbound {
namespace {

constexpr std::size_t kLineBytesMax = 400;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// RFC 9110 sec 5.6.2.
bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || is_control(c); });
}

bool headers_are_sound(const std::vector<HttpHeader>& headers) {
  return std::all_of(headers.begin(), headers.end(), [](const HttpHeader& header) {
    return !header.name.empty() && std::all_of(header.name.begin(), header.name.end(), is_token_char) &&
           std::none_of(header.value.begin(), header.value.end(), is_control);
  });
}

std::string one_line(std::string text) {
  if (text.size() > kLineBytesMax) text.resize(kLineBytesMax);
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

}  // namespace assay::outbound
