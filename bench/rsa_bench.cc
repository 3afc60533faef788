// RS256 verification in the lanes of each kernel, beside OpenSSL in the same iteration.
//
//   BM_RsaKernel/<kernel>/<bits>                eight lanes, eight keys whose constants stand in the lanes
//   BM_RsaBatch/<kernel>/<bits>/<keys>/<fill>   with assigning and filling the lanes, signatures of <keys> keys in turn
//
// An iteration is a round in which a row of batches, as many verifications by OpenSSL in two ways, and the limits of
// the core have their turn; time is the thread's CPU time of the row. A row, because looking at that clock is a system
// call, which is not small beside one batch. From medians over the rounds:
//
//   x_evp      how many times faster one signature is than EVP_PKEY_verify on a context that is set up
//   x_oneshot  the same, than EVP_DigestVerify of a short message with a fresh context
//   per_s      signatures in a second
//   evp_ns     what EVP_PKEY_verify takes
//   cycles     the core's cycles of one batch
//   madd_use   multiply-adds of 52 bits as a share of those that the core could have started (whole batches alone)
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/cpu.h"
#include "bench/evp_reference.h"
#include "bench/side_by_side.h"
#include "keys/key_set.h"
#include "signing/signing_key.h"
#include "verify/rsa_batch.h"

namespace assay::bench {
namespace {

constexpr std::size_t kKeys = kernel::kLanes;
constexpr std::size_t kMessagesPerKey = 32;  // enough that branches on one signature are not learnt

// Batches, and verifications by OpenSSL, that have one turn together. Coprime to the number of messages, so that rows
// differ.
constexpr std::size_t kRow = 31;

// A chain of dependent multiplications of 3 cycles each.
constexpr std::size_t kMultiplications = 200'000;
void multiply_in_a_chain() {
  std::uint64_t value = 1;
  benchmark::DoNotOptimize(value);
  for (std::size_t i = 0; i < kMultiplications; ++i) value *= 0x9E3779B97F4A7C15u;
  benchmark::DoNotOptimize(value);
}

#if defined(__x86_64__)
// Multiply-adds of 52 bits, as many at once as the core can start: `steps` of sixteen independent chains.
__attribute__((target("avx512ifma"))) void multiply_and_add(int steps) {
  asm volatile(
      "movl %0, %%eax\n"
      "1:\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm0\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm1\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm2\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm3\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm4\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm5\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm6\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm7\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm8\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm9\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm10\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm11\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm12\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm13\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm14\n"
      "vpmadd52luq %%zmm30, %%zmm31, %%zmm15\n"
      "decl %%eax\n"
      "jnz 1b\n"
      :
      : "r"(steps)
      : "eax", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15");
}
#else
void multiply_and_add(int) {}
#endif

// Multiply-adds of a batch of eight by the AVX-512 IFMA kernel: those of its products alone.
double madds_of_batch(unsigned bits) {
  const double limbs = bits == 2048 ? 40 : bits == 3072 ? 60 : 80;
  const double half = limbs / 2;
  const double square = 3 * (half * half + half);
  const double folds_of_two_blocks = (limbs / 20 - 1) * 3 * 10 * limbs;  // three products of blocks for each four
  const double last_fold = 2 * 10 * limbs;
  const double exact_step = 100 + 119 + 2 * 10 * (limbs - 10);  // its quotient; a block from column 9 on; the others
  const double reduction = folds_of_two_blocks + last_fold + exact_step;
  return 16 * (square + reduction) + 2 * limbs * limbs + 10 * limbs + reduction;
}

// The messages of every key.
const std::array<std::string, kMessagesPerKey>& messages() {
  static const auto made = [] {
    std::array<std::string, kMessagesPerKey> texts;
    for (std::size_t i = 0; i < kMessagesPerKey; ++i) texts[i] = "message " + std::to_string(i);
    return texts;
  }();
  return made;
}

// One key of one size, OpenSSL prepared for it, and its signatures.
struct Signer {
  std::unique_ptr<const keys::KeySet> keys;
  std::unique_ptr<const EvpAtBest> at_best;
  std::vector<PreparedToken> tokens;
  std::vector<verify::Sha256Hash> hashes;
};

Signer make_signer(unsigned bits) {
  const signing::SigningKey key = signing::SigningKey::generate_rsa(bits);
  Signer signer;
  signer.keys = keys::KeySet::make_from_jwks(signing::jwk_set(key.public_jwk({}))).value();
  signer.at_best = std::make_unique<const EvpAtBest>(signer.keys->keys());
  for (const std::string& message : messages()) {
    signer.tokens.push_back(
        {.signing_input = message, .signature = key.sign(Alg::kRS256, message), .well_signed = true});
    signer.hashes.push_back(signer.at_best->hash(message));
  }
  return signer;
}

const std::vector<Signer>& signers(unsigned bits) {
  static std::map<unsigned, std::vector<Signer>> by_bits;
  std::vector<Signer>& made = by_bits[bits];
  while (made.size() < kKeys) made.push_back(make_signer(bits));
  return made;
}

verify::RsaJob job_of(const Signer& signer, std::size_t message) {
  return {.key = &signer.keys->keys()[0],
          .signature = signer.tokens[message % kMessagesPerKey].signature_bytes(),
          .hash = signer.hashes[message % kMessagesPerKey],
          .valid = false};
}

// What is measured, and what of OpenSSL's and the core's has its turn with it.
enum Turn : std::size_t { kBatches, kPrepared, kOneshot, kChain, kMadds };

// `row` verifies kRow batches of `fill` signatures, `madds` multiply-adds in each (0: not asked), by keys of `signer`'s
// size; `valid` says whether it found all of them valid.
void measure(benchmark::State& state, const Signer& signer, std::size_t fill, double madds,
             const std::function<bool()>& row) {
  constexpr int kSteps = 64'000;
  const bool ifma = base::detect_cpu_features().has_all({base::CpuFeature::kAvx512ifma});
  // Some processors let the wide vectors sleep while OpenSSL runs. Under load they are awake.
  const std::function<void()> wake = ifma ? [] { multiply_and_add(4'000); } : std::function<void()>();
  bool valid = true;
  std::size_t next = 0;
  const auto by_openssl = [&](auto&& verify) {
    for (std::size_t i = 0; i < kRow; ++i) valid = verify(next++ % kMessagesPerKey) && valid;
  };
  const auto prepared = [&](std::size_t i) { return signer.at_best->verify_hash(signer.tokens[i], signer.hashes[i]); };
  const auto oneshot = [&](std::size_t i) { return verify_one_shot(signer.keys->keys()[0], signer.tokens[i]); };
  std::vector<Way> ways{{"batches", kRow * fill, [&] { valid = row() && valid; }, wake},
                        {"prepared", kRow, [&] { by_openssl(prepared); }},
                        {"oneshot", kRow, [&] { by_openssl(oneshot); }},
                        {"chain", 3 * kMultiplications, multiply_in_a_chain}};
  if (ifma) ways.push_back({"madds", std::size_t{16} * kSteps, [] { multiply_and_add(kSteps); }, wake});
  SideBySide contest(std::move(ways));
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
    if (!valid) state.SkipWithError("a good signature is refused");
  }
  if (!valid || contest.rounds() == 0) return;
  const auto signatures = static_cast<double>(fill);
  state.counters["x_evp"] = contest.times_faster(kBatches, kPrepared);
  state.counters["x_oneshot"] = contest.times_faster(kBatches, kOneshot);
  state.counters["per_s"] = 1e9 / contest.ns_per_item(kBatches);
  state.counters["evp_ns"] = contest.ns_per_item(kPrepared);
  state.counters["cycles"] = signatures / contest.times_faster(kBatches, kChain);
  if (ifma && madds != 0) state.counters["madd_use"] = madds / signatures * contest.times_faster(kBatches, kMadds);
}

// A kernel that the processor cannot run is shown as skipped.
bool skip(benchmark::State& state, const kernel::RsaVariant& variant) {
  if (variant.supported(base::detect_cpu_features())) return false;
  state.SkipWithError("this processor cannot run it");
  return true;
}

void run_kernel(benchmark::State& state, const kernel::RsaVariant& variant, unsigned bits) {
  if (skip(state, variant)) return;
  const std::vector<Signer>& keys = signers(bits);
  auto key_lanes = std::make_unique<kernel::RsaKeyLanes>();
  std::array<kernel::RsaSignatureLanes, kRow> row;
  for (std::size_t lane = 0; lane < kernel::kLanes; ++lane) {
    const keys::RsaLanes& lanes = *keys[lane].keys->keys()[0].lanes;
    key_lanes->limbs = lanes.limbs();
    lanes.load(*key_lanes, lane);
    for (std::size_t i = 0; i < kRow; ++i) {
      const std::size_t message = (lane + i) % kMessagesPerKey;
      const std::span<const std::uint8_t> signature = keys[lane].tokens[message].signature_bytes();
      row[i].signature[lane] = signature.data();
      row[i].signature_bytes[lane] = signature.size();
      row[i].hash[lane] = keys[lane].hashes[message].data();
    }
  }
  measure(state, keys.front(), kernel::kLanes, madds_of_batch(bits), [&] {
    bool valid = true;
    for (const kernel::RsaSignatureLanes& lanes : row) valid = variant.run(*key_lanes, lanes) == 0xff && valid;
    return valid;
  });
}

void run_batch(benchmark::State& state, const kernel::RsaVariant& variant, unsigned bits, std::size_t key_count,
               std::size_t fill) {
  if (skip(state, variant)) return;
  const std::vector<Signer>& keys = signers(bits);
  verify::RsaBatch batch(variant);
  // Keys and messages move on from job to job, and from row to row.
  std::vector<verify::RsaJob> jobs(kMessagesPerKey * fill);
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i] = job_of(keys[i % key_count], i / key_count);
  std::size_t next = 0;
  const std::size_t whole_batches = fill % kernel::kLanes == 0 ? fill / kernel::kLanes : 0;
  measure(state, keys.front(), fill, madds_of_batch(bits) * static_cast<double>(whole_batches), [&] {
    bool valid = true;
    for (std::size_t i = 0; i < kRow; ++i) {
      const std::span<verify::RsaJob> some = std::span(jobs).subspan(next, fill);
      next = (next + fill) % jobs.size();
      batch.verify(some);
      for (verify::RsaJob& job : some) valid = std::exchange(job.valid, false) && valid;
    }
    return valid;
  });
}

const bool kRegistered = [] {
  for (const kernel::RsaVariant& variant : kernel::rsa_variants()) {
    if (variant.run == nullptr) continue;
    for (const unsigned bits : {2048u, 3072u, 4096u}) {
      const std::string suffix = "/" + std::string(variant.name) + "/" + std::to_string(bits);
      benchmark::RegisterBenchmark(("BM_RsaKernel" + suffix).c_str(), [&variant, bits](benchmark::State& state) {
        run_kernel(state, variant, bits);
      })->UseManualTime();
      for (const std::size_t key_count : {1u, 8u}) {
        for (const std::size_t fill : {1u, 2u, 3u, 4u, 6u, 8u, 12u, 16u}) {
          std::string name = "BM_RsaBatch" + suffix;
          name.append("/").append(std::to_string(key_count)).append("/").append(std::to_string(fill));
          benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
            run_batch(state, variant, bits, key_count, fill);
          })->UseManualTime();
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
