// Reading headers and claims, validated whole, beside simdjson's DOM with a few look-ups in the same round.
//
//   BM_ReadHeader   JSON text of a header to JoseHeader
//   BM_ReadClaims   JSON text of a payload to Claims
//
// ns is CPU time of one text; x_dom is how many times faster that is than the naive pipeline's reader, which takes
// duplicate members and looks at three claims alone.
#include "jose/claims.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "assay/limits.h"
#include "base/arena.h"
#include "bench/corpus.h"
#include "bench/naive.h"
#include "bench/side_by_side.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json.h"

namespace assay::bench {
namespace {

constexpr std::size_t kTextsPerRound = 64;

// The decoded segments of a corpus, each followed by what readers may read over.
struct Texts {
  std::vector<std::string> headers;
  std::vector<std::string> payloads;
};

std::string decoded(std::string_view segment) {
  std::string text;
  if (!decode_base64url_by_table(segment, text)) std::abort();
  text.reserve(text.size() + jose::kJsonPaddingBytes);
  return text;
}

const Texts& texts() {
  static const Texts made = [] {
    Texts read;
    for (const CorpusToken& token : corpus(100, Mix::kValid).tokens) {
      const CompactJws jws = jose::split_compact(token.compact).value();
      read.headers.push_back(decoded(jws.header_segment()));
      read.payloads.push_back(decoded(jws.payload_segment()));
    }
    return read;
  }();
  return made;
}

// Runs `read` over the texts, a round's worth each time.
template <typename Read>
Way way(std::string_view name, const std::vector<std::string>& texts, Read read) {
  return {name, kTextsPerRound, [&texts, read, at = std::size_t{0}]() mutable {
            for (std::size_t i = 0; i < kTextsPerRound; ++i) {
              if (!read(texts[at])) std::abort();
              at = (at + 1) % texts.size();
            }
          }};
}

void run_contest(benchmark::State& state, const Way& ours, const Way& naive) {
  SideBySide contest({ours, naive});
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
  }
  state.counters["rounds"] = static_cast<double>(contest.rounds());
  state.counters["ns"] = contest.ns_per_item(0);
  state.counters["x_dom"] = contest.times_faster(0, 1);
}

// Our readers, with the memory that a worker gives them.
struct Readers {
  jose::JsonReader json{kTokenBytesMax, kernel::select_kernels("", base::detect_cpu_features()).value().json};
  base::Arena arena{kScratchBytesPerCheck};

  Expected<jose::JoseHeader> header(const std::string& text) {
    arena.reset();
    const Expected<jose::JsonValue> root = json.read(text, arena);
    if (!root) return Unexpected(root.error());
    return jose::parse_header(*root);
  }
  Expected<jose::Claims> claims(const std::string& text) {
    arena.reset();
    const Expected<jose::JsonDocument> payload = jose::read_payload(json, text, arena);
    if (!payload) return Unexpected(payload.error());
    return jose::parse_claims(*payload, arena);
  }
};

void add_text(ResultHash& results, std::string_view text) {
  for (const char byte : text) results.add(static_cast<std::uint8_t>(byte));
}

void read_header(benchmark::State& state) {
  Readers readers;
  NaiveReader naive;
  NaiveReader::Header seen;
  ResultHash results;
  for (const std::string& text : texts().headers) add_text(results, readers.header(text).value().unverified_kid);
  state.SetLabel("results " + std::to_string(results.value()));
  run_contest(state,
              way("ours", texts().headers, [&](const std::string& text) { return readers.header(text).has_value(); }),
              way("naive", texts().headers, [&](const std::string& text) { return naive.read_header(text, seen); }));
}

void read_claims(benchmark::State& state) {
  Readers readers;
  NaiveReader naive;
  NaiveReader::Claims seen;
  ResultHash results;
  for (const std::string& text : texts().payloads) {
    const jose::Claims claims = readers.claims(text).value();
    add_text(results, claims.sub);
    results.add(claims.members.size());
  }
  state.SetLabel("results " + std::to_string(results.value()));
  run_contest(state,
              way("ours", texts().payloads, [&](const std::string& text) { return readers.claims(text).has_value(); }),
              way("naive", texts().payloads, [&](const std::string& text) { return naive.read_claims(text, seen); }));
}

const bool kRegistered = [] {
  benchmark::RegisterBenchmark("BM_ReadHeader", read_header)->UseManualTime();
  benchmark::RegisterBenchmark("BM_ReadClaims", read_claims)->UseManualTime();
  return true;
}();

}  // namespace
}  // namespace assay::bench
