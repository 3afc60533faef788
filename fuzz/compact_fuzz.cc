// Property: a text splits exactly if it is three non-empty parts with a dot between each, and the parts are its own
// bytes; a text is a b64token exactly if it is one or more characters of the alphabet, then any number of '='. Reaches:
// jose/compact.
#include "jose/compact.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/property.h"

namespace assay::fuzz {
namespace {

std::vector<std::string> split_at_dots(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void require_same_split(const kernel::DotsVariant& variant, std::string_view text, const Expected<CompactJws>& jws) {
  static const base::CpuFeatures features = base::detect_cpu_features();
  if (!variant.supported(features)) return;
  CompactJws split;
  const Error error = jose::split_compact(text, variant, split);
  require(error == (jws ? Error{} : jws.error()), "all variants name the same fault");
  if (!jws) return;
  require(split.header_end == jws->header_end && split.payload_end == jws->payload_end, "all variants split alike");
}

void check_split(std::string_view text) {
  const std::vector<std::string> parts = split_at_dots(text);
  const bool well_formed = parts.size() == 3 && std::none_of(parts.begin(), parts.end(),
                                                             [](const std::string& part) { return part.empty(); });
  const Expected<CompactJws> jws = jose::split_compact(text);
  for (const kernel::DotsVariant& variant : kernel::dots_variants()) require_same_split(variant, text, jws);
  require(jws.has_value() == well_formed, "a text splits exactly if it has three non-empty parts");
  if (!jws) {
    require(jws.error().code == ErrorCode::kMalformedToken, "the code is malformed_token");
    require(jws.error().offset <= text.size(), "the offset lies in the text");
    return;
  }
  require(jws->compact.data() == text.data() && jws->compact.size() == text.size(), "nothing is copied");
  require(jws->header_segment() == parts[0], "the header is the first part");
  require(jws->payload_segment() == parts[1], "the payload is the second part");
  require(jws->signature_segment() == parts[2], "the signature is the third part");
  require(jws->signing_input() == parts[0] + "." + parts[1], "the signing input is the first two parts");
}

bool is_b64token_slowly(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(input), count);
  assay::fuzz::check_split(text);
  assay::fuzz::require(assay::jose::is_b64token(text) == assay::fuzz::is_b64token_slowly(text),
                       "b64token is RFC 6750's");
  return 0;
}
