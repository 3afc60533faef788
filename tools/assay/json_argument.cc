#include "assay/json_argument.h"

#include <string>

#include "base/arena.h"
#include "jose/json.h"
#include "jose/numeric_date.h"

namespace assay::cli {

Expected<JsonKind> check_json_value(std::string_view text) {
  const std::string document = "{\"x\":" + std::string(text) + "}";
  const std::string padded = document + std::string(jose::kJsonPaddingBytes, ' ');
  base::Arena arena(2 * padded.size());
  jose::JsonReader reader(document.size());
  const Expected<jose::JsonValue> root = reader.read(std::string_view{padded}.substr(0, document.size()), arena);
  if (!root) return Unexpected(root.error());
  // Text such as `1,"y":2` would smuggle in a second member.
  auto member = root->begin();
  const JsonKind kind = (*member).kind();
  if (++member != root->end()) return fail(ErrorCode::kBadJson);
  return kind;
}

Expected<NumericDate> parse_epoch(std::string_view text) {
  const Expected<JsonKind> kind = check_json_value(text);
  if (!kind || *kind != JsonKind::kNumber || text.find_first_of(" \t\r\n") != std::string_view::npos) {
    return fail(ErrorCode::kBadClaim);
  }
  return jose::parse_numeric_date(text, jose::Rounding::kDown);
}

}  // namespace assay::cli
