// Strict base64url decoding by every variant, beside OpenSSL's EVP_DecodeBlock and a table decoder in the same round.
//
//   BM_Base64url/<kernel>/<characters>
//
// ns is CPU time of one text. EVP_DecodeBlock decodes padded base64 of the same bytes; it takes blanks, padding and
// loose last bits, and so does less than what it is compared with.
#include <map>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "base/cpu.h"
#include "bench/naive.h"
#include "bench/side_by_side.h"
#include "kernel/kernel.h"
#include "signing/base64url_writer.h"

namespace assay::bench {
namespace {

constexpr std::size_t kTexts = 256;

struct Text {
  std::string bytes;
  std::string base64url;
  std::string base64;
};

// Texts of random bytes; the same in every run.
const std::vector<Text>& texts(std::size_t characters) {
  static std::map<std::size_t, std::vector<Text>> by_size;
  std::vector<Text>& made = by_size[characters];
  std::mt19937_64 random(characters);
  while (made.size() < kTexts) {
    Text& text = made.emplace_back();
    text.bytes.resize(kernel::base64url_decoded_bytes(characters));
    for (char& byte : text.bytes) byte = static_cast<char>(random() & 0xff);
    text.base64url = signing::base64url_encode(text.bytes);
    text.base64.resize((text.bytes.size() + 2) / 3 * 4 + 1);
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.base64.data()),
                        reinterpret_cast<const unsigned char*>(text.bytes.data()), static_cast<int>(text.bytes.size()));
    text.base64.resize(static_cast<std::size_t>(length));
  }
  return made;
}

// What a kernel decodes is what the text was made of; nothing where it is not.
bool decodes_right(benchmark::State& state, const kernel::Base64urlVariant& variant, const std::vector<Text>& texts) {
  ResultHash results;
  for (const Text& text : texts) {
    std::string bytes(text.bytes.size(), '\0');
    const std::size_t fault =
        variant.run(text.base64url.data(), text.base64url.size(), reinterpret_cast<std::uint8_t*>(bytes.data()));
    if (fault != kernel::kBase64urlAccepted || bytes != text.bytes) {
      state.SkipWithError("a text is decoded wrongly");
      return false;
    }
    for (const char byte : bytes) results.add(static_cast<std::uint8_t>(byte));
  }
  state.SetLabel("results " + std::to_string(results.value()));
  return true;
}

void run(benchmark::State& state, const kernel::Base64urlVariant& variant, std::size_t characters) {
  if (!variant.supported(base::detect_cpu_features())) {
    state.SkipWithError("this processor cannot run it");
    return;
  }
  const std::vector<Text>& all = texts(characters);
  if (!decodes_right(state, variant, all)) return;
  std::vector<std::uint8_t> room(characters + 4);
  std::string table_room;
  const Way kernel{"kernel", kTexts, [&] {
                     for (const Text& text : all) {
                       benchmark::DoNotOptimize(variant.run(text.base64url.data(), text.base64url.size(), room.data()));
                     }
                   }};
  const Way evp{"evp", kTexts, [&] {
                  for (const Text& text : all) {
                    benchmark::DoNotOptimize(EVP_DecodeBlock(room.data(),
                                                             reinterpret_cast<const unsigned char*>(text.base64.data()),
                                                             static_cast<int>(text.base64.size())));
                  }
                }};
  const Way table{"table", kTexts, [&] {
                    for (const Text& text : all) {
                      benchmark::DoNotOptimize(decode_base64url_by_table(text.base64url, table_room));
                    }
                  }};
  SideBySide contest({kernel, evp, table});
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
  }
  state.counters["rounds"] = static_cast<double>(contest.rounds());
  state.counters["ns"] = contest.ns_per_item(0);
  state.counters["gb_per_s"] = static_cast<double>(characters) / contest.ns_per_item(0);
  state.counters["x_evp"] = contest.times_faster(0, 1);
  state.counters["x_table"] = contest.times_faster(0, 2);
}

const bool kRegistered = [] {
  for (const kernel::Base64urlVariant& variant : kernel::base64url_variants()) {
    for (const std::size_t characters : {342u, 700u, 4096u}) {
      const std::string name = "BM_Base64url/" + std::string(variant.name) + "/" + std::to_string(characters);
      benchmark::RegisterBenchmark(name.c_str(), [&variant, characters](benchmark::State& state) {
        run(state, variant, characters);
      })->UseManualTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
