// Property: reading a token's text allocates nothing once the reader and the arena exist, whatever the text.
// Method: operator new is counted in this program.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json.h"
#include "tests/allocation/counted_heap.h"
#include "tests/jose/bookings_token.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

// Texts that reach every branch that could want memory: escapes, large objects, depth, lists, refusals.
std::vector<std::string> texts() {
  std::string names = "{";
  for (int i = 0; i < 1000; ++i) names += "\"n\\u0061me" + std::to_string(i) + "\":[],";
  std::string values = R"({"aud":["a","b"],"scope":[)";
  for (int i = 0; i < 500; ++i) values += "\"s\",";
  return {decode_segment(kBookingsHeaderSegment),
          decode_segment(kBookingsPayloadSegment),
          names + "\"last\":1}",
          names + "\"name0\":1}",
          values + "\"s\"]}",
          "{\"a\":" + std::string(16000, '['),
          R"({"alg":"RS256","kid":"\u0031","exp":1e-99999,"crit":[]})",
          R"({"exp":"never"})",
          "{\"a\":1",
          "\xff"};
}

TEST(Allocation, IsCountedInThisProgram) {
  const std::size_t before = test::allocation_count();
  const std::string text(1000, 'x');
  EXPECT_GT(test::allocation_count(), before) << text;
}

TEST(Allocation, HappensOnlyAtConstruction) {
  std::vector<PaddedText> padded;
  for (const std::string& text : texts()) padded.emplace_back(text);
  JsonReader reader(kTokenBytesMax);
  base::Arena arena(8 * kTokenBytesMax);

  std::size_t accepted = 0;
  const std::size_t before = test::allocation_count();
  for (const PaddedText& text : padded) {
    arena.reset();
    const Expected<JsonDocument> payload = read_payload(reader, text.view(), arena);
    if (!payload) continue;
    const Expected<Claims> claims = parse_claims(*payload, arena);
    accepted += (claims ? 1U : 0U) + find_bad_claim(*payload).size();
    const Expected<JsonValue> root = reader.read(text.view(), arena);
    accepted += root && parse_header(*root) ? 1U : 0U;
  }
  const Expected<CompactJws> jws = split_compact("a.b.c");
  const std::size_t after = test::allocation_count();

  EXPECT_EQ(after - before, 0u);
  EXPECT_GT(accepted, 0u);
  EXPECT_TRUE(jws);
}

}  // namespace
}  // namespace assay::jose
