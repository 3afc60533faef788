// SHA-256 of a batch of messages by every variant, beside OpenSSL's EVP in the same round.
//
//   BM_Sha256/<variant>/<messages>/<bytes>          messages of one length
//   BM_Sha256Mixed/<variant>/<messages>/<bytes>     of lengths from 3/4 to 5/4 of it
//
// ns is CPU time of one message, padding, sorting and copying included. The reference is a fetched digest with one
// context, one message after another; so is the variant `portable`, through the same interface.
#include "verify/digest.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "base/cpu.h"
#include "base/free_with.h"
#include "bench/side_by_side.h"

namespace assay::bench {
namespace {

constexpr std::size_t kMessages = 256;  // more than branches learn

enum class Lengths { kSame, kMixed };

// Random messages; the same in every run.
const std::vector<std::string>& messages_of(std::size_t bytes, Lengths lengths) {
  static std::map<std::pair<std::size_t, Lengths>, std::vector<std::string>> by_length;
  std::vector<std::string>& made = by_length[{bytes, lengths}];
  std::mt19937_64 random(bytes);
  while (made.size() < kMessages) {
    std::string& message = made.emplace_back();
    message.resize(lengths == Lengths::kSame ? bytes : bytes * 3 / 4 + random() % (bytes / 2 + 1));
    for (char& byte : message) byte = static_cast<char>(random() & 0xff);
  }
  return made;
}

class EvpSha256 {
 public:
  void hash(std::string_view message, verify::Sha256Hash& hash) const {
    EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
    EVP_DigestUpdate(context_.get(), message.data(), message.size());
    EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
  }

 private:
  std::unique_ptr<EVP_MD, base::FreeWith<EVP_MD_free>> algorithm_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, base::FreeWith<EVP_MD_CTX_free>> context_{EVP_MD_CTX_new()};
};

struct Shape {
  std::size_t messages;
  std::size_t bytes;
  Lengths lengths;
};

void hash_in_batches(verify::Sha256& sha256, std::span<verify::DigestJob> jobs, std::size_t batch) {
  for (std::size_t at = 0; at < jobs.size(); at += batch) {
    benchmark::DoNotOptimize(sha256.hash_many(jobs.subspan(at, std::min(batch, jobs.size() - at))));
  }
}

void run(benchmark::State& state, const kernel::Sha256Variant& variant, const Shape& shape) {
  if (!variant.supported(base::detect_cpu_features())) {
    state.SkipWithError("this processor cannot run it");
    return;
  }
  verify::Sha256 sha256(variant);
  const EvpSha256 evp_sha256;
  std::vector<verify::DigestJob> jobs;
  for (const std::string& message : messages_of(shape.bytes, shape.lengths)) jobs.push_back({.message = message});
  hash_in_batches(sha256, jobs, shape.messages);
  ResultHash results;
  verify::Sha256Hash expected;
  for (const verify::DigestJob& job : jobs) {
    evp_sha256.hash(job.message, expected);
    if (job.hash != expected) state.SkipWithError("a message is hashed wrongly");
    for (const std::uint8_t byte : job.hash) results.add(byte);
  }
  state.SetLabel("results " + std::to_string(results.value()));

  SideBySide contest({{"variant", kMessages, [&] { hash_in_batches(sha256, jobs, shape.messages); }},
                      {"evp", kMessages, [&] {
                         for (const verify::DigestJob& job : jobs) evp_sha256.hash(job.message, expected);
                         benchmark::DoNotOptimize(expected);
                       }}});
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
  }
  if (contest.rounds() == 0) return;
  state.counters["rounds"] = static_cast<double>(contest.rounds());
  state.counters["ns"] = contest.ns_per_item(0);
  state.counters["evp_ns"] = contest.ns_per_item(1);
  state.counters["x_evp"] = contest.times_faster(0, 1);
}

void add(const kernel::Sha256Variant& variant, const Shape& shape) {
  const std::string name = (shape.lengths == Lengths::kSame ? "BM_Sha256/" : "BM_Sha256Mixed/") +
                           std::string(variant.name) + "/" + std::to_string(shape.messages) + "/" +
                           std::to_string(shape.bytes);
  benchmark::RegisterBenchmark(name.c_str(), [&variant, shape](benchmark::State& state) {
    run(state, variant, shape);
  })->UseManualTime();
}

const bool kRegistered = [] {
  for (const kernel::Sha256Variant& variant : kernel::sha256_variants()) {
    for (const std::size_t messages : {1u, 2u, 4u, 8u, 10u, 12u, 16u, 32u, 64u}) {
      for (const std::size_t bytes : {543u, 900u}) {
        add(variant, {.messages = messages, .bytes = bytes, .lengths = Lengths::kSame});
      }
      add(variant, {.messages = messages, .bytes = 900, .lengths = Lengths::kMixed});
    }
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
