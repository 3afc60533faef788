// The named values of a request: a form, a query or a flat JSON object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::development {

// Names and values in the order they came; no name occurs twice. A value that is empty counts as absent
// (RFC 6749 sec 3.1 and 3.2).
class Parameters {
 public:
  // Reads application/x-www-form-urlencoded text. Nothing if server/form_body.h refuses it.
  [[nodiscard]] static std::optional<Parameters> parse_form(std::string_view text);

  // Reads a JSON object whose members are strings. Nothing if it is anything else, or larger than 64 KiB.
  [[nodiscard]] static std::optional<Parameters> parse_json(std::string_view text);

  // Empty if absent.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return !get(name).empty(); }

  // Adds `other`; false if a name is in both.
  [[nodiscard]] bool merge(const Parameters& other);

 private:
  [[nodiscard]] bool add(std::string name, std::string value);

  std::vector<std::pair<std::string, std::string>> values_;
};

// Encodes everything but RFC 3986 unreserved characters, for a query.
[[nodiscard]] std::string encode_query_text(std::string_view text);

}  // namespace assay::development
