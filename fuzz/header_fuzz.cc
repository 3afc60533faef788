// Property: the JSON reader agrees with the oracle (fuzz/json_text.h); an accepted header names a known algorithm that
// stands in the text, has no crit, enc or b64 but true, and reads the same again from its own text.
// Reaches: jose/json, jose/header, jose/alg.
#include "jose/header.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/json_text.h"

namespace assay::fuzz {
namespace {

bool equal(const jose::JoseHeader& a, const jose::JoseHeader& b) {
  return a.unverified_alg == b.unverified_alg && a.has_kid == b.has_kid && a.unverified_kid == b.unverified_kid &&
         a.typ == b.typ;
}

void check_accepted(const jose::JoseHeader& header, jose::JsonValue root) {
  const jose::JsonValue::Found alg = root.find("alg");
  require(alg && alg.value.kind() == JsonKind::kString, "an accepted header has an alg");
  require(alg.value.text() == jose::facts_of(header.unverified_alg).name, "the alg is the one that the text names");
  require(!root.find("crit") && !root.find("enc"), "an accepted header demands no extension and no decryption");
  const jose::JsonValue::Found b64 = root.find("b64");
  require(!b64 || b64.value.kind() == JsonKind::kTrue, "an accepted header has an encoded payload");
  require(header.has_kid == static_cast<bool>(root.find("kid")), "a kid is seen exactly if there is one");
  require(!header.has_kid || header.unverified_kid == root.find("kid").value.text(), "the kid is the text's");
  require(header.unverified_kid.size() <= kKidBytesMax, "the kid is bounded");
}

void check_input(std::string_view input) {
  JsonText text(input);
  if (!text.root()) return;
  const Expected<jose::JoseHeader> header = jose::parse_header(*text.root());
  if (!header) return;
  check_accepted(*header, *text.root());

  const JsonText again(text.root()->text());
  require(again.root().has_value(), "the root's own text is accepted");
  const Expected<jose::JoseHeader> header_again = jose::parse_header(*again.root());
  require(header_again && equal(*header, *header_again), "it reads the same again");
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
