// RS256 verification in the lanes of each kernel, beside OpenSSL in the same iteration.
//
//   BM_RsaKernel/<kernel>/<bits>                eight lanes, eight keys whose constants stand in the lanes
//   BM_RsaBatch/<kernel>/<bits>/<keys>/<fill>   with assigning and filling the lanes, signatures of <keys> keys in turn
//
// An iteration times a row of batches, then as many verifications by OpenSSL: a look at the thread's CPU clock is a
// system call, which takes a twentieth of one batch's time. From medians over the iterations: `x_evp` is how many times
// faster one signature is than EVP_PKEY_verify on a context that is set up, `x_oneshot` than EVP_DigestVerify of a
// short message with a fresh context, `cycles` the core's cycles of one batch, `madd_use` the share of the 52-bit
// multiply-adds that the core could have started in that time, as measured in the same run (whole batches alone).
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/cpu.h"
#include "bench/side_by_side.h"
#include "keys/key_set.h"
#include "signing/signing_key.h"
#include "verify/rsa_batch.h"

namespace assay::bench {
namespace {

constexpr std::size_t kKeys = kernel::kLanes;
constexpr std::size_t kMessagesPerKey = 32;  // enough that branches on one signature are not learnt

// Batches, and verifications by OpenSSL, that an iteration runs one after another.
constexpr std::size_t kRow = 32;

// The core's clock now: a chain of dependent multiplications of 3 cycles each.
double core_hz() {
  constexpr int kMultiplications = 200'000;
  std::uint64_t value = 1;
  benchmark::DoNotOptimize(value);
  const double start = thread_cpu_seconds();
  for (int i = 0; i < kMultiplications; ++i) value *= 0x9E3779B97F4A7C15u;
  benchmark::DoNotOptimize(value);
  return 3.0 * kMultiplications / (thread_cpu_seconds() - start);
}

#if defined(__x86_64__)
// Multiply-adds of 52 bits that the core starts in a second: `rounds` steps of sixteen independent chains.
__attribute__((target("avx512ifma"))) double madds_per_second(int rounds) {
  const double start = thread_cpu_seconds();
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
      : "r"(rounds)
      : "eax", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15");
  return 16.0 * rounds / (thread_cpu_seconds() - start);
}
#else
double madds_per_second(int) { return 0; }
#endif

// Multiply-adds of a batch of eight by the AVX-512 IFMA kernel: those of its products alone.
double madds_of_batch(unsigned bits) {
  const double limbs = bits == 2048 ? 40 : bits == 3072 ? 60 : 80;
  const double half = limbs / 2;
  const double square = 3 * (half * half + half);
  const double folds_of_two_blocks = (limbs / 20 - 1) * 3 * 10 * limbs;  // three products of blocks for each four
  const double reduction = folds_of_two_blocks + 2 * 2 * 10 * limbs;
  return 16 * (square + reduction) + 2 * limbs * limbs + 10 * limbs + reduction;
}

const std::string kFirstMessage = "message 0";

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

// One key of one size, its prepared OpenSSL context, and signatures.
struct Signer {
  std::unique_ptr<const keys::KeySet> keys;
  std::unique_ptr<EVP_PKEY_CTX, FreeContext> context;
  std::vector<std::string> signatures;
  std::vector<verify::Sha256Hash> hashes;
};

Signer make_signer(unsigned bits) {
  const signing::SigningKey key = signing::SigningKey::generate_rsa(bits);
  Signer signer;
  signer.keys = keys::KeySet::make_from_jwks(signing::jwk_set(key.public_jwk({}))).value();
  signer.context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, signer.keys->keys()[0].prepared.key.handle(), nullptr));
  EVP_PKEY_verify_init(signer.context.get());
  EVP_PKEY_CTX_set_rsa_padding(signer.context.get(), RSA_PKCS1_PADDING);
  EVP_PKEY_CTX_set_signature_md(signer.context.get(), EVP_sha256());
  verify::Sha256 sha256;
  for (std::size_t i = 0; i < kMessagesPerKey; ++i) {
    const std::string message = "message " + std::to_string(i);
    signer.signatures.push_back(key.sign(Alg::kRS256, message));
    if (!sha256.hash(message, signer.hashes.emplace_back())) std::abort();
  }
  return signer;
}

const std::vector<Signer>& signers(unsigned bits) {
  static std::map<unsigned, std::vector<Signer>> by_bits;
  std::vector<Signer>& made = by_bits[bits];
  while (made.size() < kKeys) made.push_back(make_signer(bits));
  return made;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

verify::RsaJob job_of(const Signer& signer, std::size_t message) {
  return {.key = &signer.keys->keys()[0],
          .signature = bytes_of(signer.signatures[message % kMessagesPerKey]),
          .hash = signer.hashes[message % kMessagesPerKey],
          .valid = false};
}

bool verify_prepared(const Signer& signer, std::size_t message) {
  const std::string& signature = signer.signatures[message % kMessagesPerKey];
  const verify::Sha256Hash& hash = signer.hashes[message % kMessagesPerKey];
  return EVP_PKEY_verify(signer.context.get(), bytes_of(signature).data(), signature.size(), hash.data(),
                         hash.size()) == 1;
}

bool verify_oneshot(const Signer& signer) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const std::string& signature = signer.signatures.front();
  const bool valid = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr,
                                          signer.keys->keys()[0].prepared.key.handle()) == 1 &&
                     EVP_DigestVerify(context, bytes_of(signature).data(), signature.size(),
                                      bytes_of(kFirstMessage).data(), kFirstMessage.size()) == 1;
  EVP_MD_CTX_free(context);
  return valid;
}

template <typename Run>
double seconds_of_row(Run&& run) {
  const double start = thread_cpu_seconds();
  for (std::size_t i = 0; i < kRow; ++i) run(i);
  return thread_cpu_seconds() - start;
}

// Times a row of batches and the rows of OpenSSL in turn.
class Turns {
 public:
  // `batch` verifies the i-th batch of the row.
  template <typename Run>
  void run(benchmark::State& state, const Signer& reference, Run&& batch) {
    // Batches follow one another under load. Here OpenSSL has run in between, for which some processors let the wide
    // vectors sleep: they are woken first, and then their limit is measured.
    if (ifma_) static_cast<void>(madds_per_second(4'000));
    if (ifma_) madds_.push_back(madds_per_second(64'000));
    batch_seconds_.push_back(seconds_of_row(batch) / kRow);
    state.SetIterationTime(batch_seconds_.back() * kRow);
    bool valid = true;
    const double evp = seconds_of_row([&](std::size_t i) { valid = verify_prepared(reference, i) && valid; });
    evp_seconds_.push_back(evp / kRow);
    const double oneshot = seconds_of_row([&](std::size_t) { valid = verify_oneshot(reference) && valid; });
    oneshot_seconds_.push_back(oneshot / kRow);
    if (!valid) state.SkipWithError("OpenSSL refuses a good signature");
    if (batch_seconds_.size() % 64 == 1) hz_.push_back(core_hz());
  }

  void report(benchmark::State& state, std::size_t fill, double madds) {
    if (batch_seconds_.empty()) return;
    const double batch = median(batch_seconds_);
    const double evp = median(evp_seconds_);
    const auto signatures = static_cast<double>(fill);
    state.counters["x_evp"] = evp * signatures / batch;
    state.counters["cycles"] = batch * median(hz_);
    state.counters["x_oneshot"] = median(oneshot_seconds_) * signatures / batch;
    if (ifma_ && madds != 0) state.counters["madd_use"] = madds / batch / median(madds_);
    state.counters["evp_ns"] = evp * 1e9;
    state.counters["per_s"] = signatures / batch;
  }

 private:
  std::vector<double> batch_seconds_;
  std::vector<double> evp_seconds_;
  std::vector<double> oneshot_seconds_;
  std::vector<double> madds_;
  bool ifma_ = base::detect_cpu_features().has_all({base::CpuFeature::kAvx512ifma});
  std::vector<double> hz_;
};

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
      row[i].signature[lane] = bytes_of(keys[lane].signatures[message]).data();
      row[i].signature_bytes[lane] = keys[lane].signatures[message].size();
      row[i].hash[lane] = keys[lane].hashes[message].data();
    }
  }
  Turns turns;
  for (auto unused : state) {
    static_cast<void>(unused);
    turns.run(state, keys.front(), [&](std::size_t i) {
      if (variant.run(*key_lanes, row[i]) != 0xff) state.SkipWithError("a good signature is refused");
    });
  }
  turns.report(state, kernel::kLanes, madds_of_batch(bits));
}

void run_batch(benchmark::State& state, const kernel::RsaVariant& variant, unsigned bits, std::size_t key_count,
               std::size_t fill) {
  if (skip(state, variant)) return;
  const std::vector<Signer>& keys = signers(bits);
  verify::RsaBatch batch(variant);
  std::array<std::vector<verify::RsaJob>, kRow> row;
  Turns turns;
  std::size_t first = 0;  // the row's first batch, counted from the first row
  for (auto unused : state) {
    static_cast<void>(unused);
    // Keys move on from job to job.
    for (std::size_t i = 0; i < kRow; ++i) {
      row[i].clear();
      for (std::size_t job = 0; job < fill; ++job) {
        row[i].push_back(job_of(keys[(first + i + job) % key_count], (first + i) * fill + job));
      }
    }
    turns.run(state, keys[first / kRow % key_count], [&](std::size_t i) { batch.verify(row[i]); });
    for (const std::vector<verify::RsaJob>& jobs : row) {
      if (!std::all_of(jobs.begin(), jobs.end(), [](const verify::RsaJob& job) { return job.valid; })) {
        state.SkipWithError("a good signature is refused");
      }
    }
    first += kRow;
  }
  const std::size_t whole_batches = fill % kernel::kLanes == 0 ? fill / kernel::kLanes : 0;
  turns.report(state, fill, madds_of_batch(bits) * static_cast<double>(whole_batches));
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
