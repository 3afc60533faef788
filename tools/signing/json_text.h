// Writes JSON strings and flat objects: the one place of the programs that escapes. RFC 8259 sec 7.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::signing {

// A JSON string with its quotes.
//
//   text      any bytes; '"', '\' and control characters are escaped, everything else is copied, so UTF-8 stays UTF-8
[[nodiscard]] std::string json_string(std::string_view text);

// Builds one object member by member, in the order of the calls.
//
//   JsonObject().add("kty", "RSA").add("n", n).text()   ->   {"kty":"RSA","n":"..."}
//
// Names are not checked for repetition: a test may want a repeated one.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view value);
  JsonObject& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  JsonObject& add(std::string_view name, std::int64_t value);
  JsonObject& add(std::string_view name, int value) { return add(name, std::int64_t{value}); }
  JsonObject& add(std::string_view name, bool value);
  // `json` is the text of one JSON value and is copied as it is.
  JsonObject& add_json(std::string_view name, std::string_view json);

  [[nodiscard]] std::string text() const;

 private:
  std::string members_;
};

}  // namespace assay::signing
