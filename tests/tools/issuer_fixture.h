// Talks to the development issuer without a network, at times that the test names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "issuer/issuer.h"

namespace assay::development {

inline constexpr std::int64_t kTestWallUs = 1'710'220'031'583'112;

// One issuer for all tests of a program: its keys take seconds to make. Tests use clients and places of their own.
inline Issuer& shared_issuer() {
  static Issuer issuer({.base_url = "http://127.0.0.1:8180"});
  return issuer;
}

inline Now test_now(std::int64_t later_s = 0) {
  return {.wall_us = kTestWallUs + later_s * 1'000'000, .monotonic_ns = (1000 + later_s) * 1'000'000'000};
}

struct Call {
  std::string_view method = "POST";
  std::string_view path;
  std::string_view query = {};
  std::string_view body = {};
  std::string_view content_type = "application/x-www-form-urlencoded";
  std::string_view authorization = {};
  std::int64_t later_s = 0;
};

inline Answer call(const Call& c) {
  Request request{.method = c.method, .path = c.path, .query = c.query, .fields = {}, .body = c.body};
  if (!c.content_type.empty()) request.fields.push_back({.name = "content-TYPE", .value = c.content_type});
  if (!c.authorization.empty()) request.fields.push_back({.name = "Authorization", .value = c.authorization});
  return shared_issuer().answer(request, test_now(c.later_s));
}

inline std::string field_of(const Answer& answer, std::string_view name) {
  for (const AnswerField& field : answer.fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

// The text of a string member, or of a number or literal; empty if absent. Flat enough for the issuer's answers.
inline std::string member_of(std::string_view json, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":";
  const std::size_t found = json.find(start);
  if (found == std::string_view::npos) return {};
  std::string_view rest = json.substr(found + start.size());
  if (rest.starts_with('"')) return std::string(rest.substr(1, rest.find('"', 1) - 1));
  return std::string(rest.substr(0, rest.find_first_of(",}")));
}

// The decoded text of segment 0 (header) or 1 (claims) of a compact JWS.
inline std::string segment_of(std::string_view compact, int index) {
  for (; index > 0; --index) compact.remove_prefix(compact.find('.') + 1);
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned window = 0;
  unsigned bits = 0;
  for (const char c : compact.substr(0, compact.find('.'))) {
    window = (window << 6) | static_cast<unsigned>(kAlphabet.find(c));
    bits += 6;
    if (bits >= 8) text += static_cast<char>((window >> (bits -= 8)) & 255U);
  }
  return text;
}

}  // namespace assay::development
