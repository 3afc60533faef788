// RS256 verification in the lanes of each kernel, beside OpenSSL at its best in the same iteration.
//
//   BM_RsaKernel/<kernel>/<bits>         eight lanes that are filled already, eight keys
//   BM_RsaBatch/<kernel>/<bits>/<fill>   with filling the lanes from signatures of eight keys
//
// Time is that of one batch. `x_evp` is how many times faster one signature is than EVP_PKEY_verify on a context that
// is set up, `cycles` the core's cycles of one batch; both from medians over the iterations.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/cpu.h"
#include "keys/key_set.h"
#include "signing/signing_key.h"
#include "verify/rsa_batch.h"

namespace assay::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeys = kernel::kLanes;
constexpr std::size_t kMessagesPerKey = 32;  // enough that branches on one signature are not learnt

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The core's clock now: a chain of dependent multiplications of 3 cycles each.
double core_hz() {
  constexpr int kMultiplications = 20'000;
  std::uint64_t value = 1;
  benchmark::DoNotOptimize(value);
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kMultiplications; ++i) value *= 0x9E3779B97F4A7C15u;
  benchmark::DoNotOptimize(value);
  return 3.0 * kMultiplications / seconds_since(start);
}

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

// Times one batch and one OpenSSL verification in turn.
class SideBySide {
 public:
  template <typename Run>
  void run(benchmark::State& state, std::span<const verify::RsaJob> jobs, const Signer& reference, Run&& batch) {
    const Clock::time_point batch_start = Clock::now();
    batch();
    batch_seconds_.push_back(seconds_since(batch_start));
    state.SetIterationTime(batch_seconds_.back());
    const std::span<const std::uint8_t> signature = jobs.front().signature;
    const verify::Sha256Hash& hash = jobs.front().hash;
    const Clock::time_point evp_start = Clock::now();
    const int verified =
        EVP_PKEY_verify(reference.context.get(), signature.data(), signature.size(), hash.data(), hash.size());
    evp_seconds_.push_back(seconds_since(evp_start));
    if (verified != 1) state.SkipWithError("OpenSSL refuses a good signature");
    if (batch_seconds_.size() % 64 == 1) hz_.push_back(core_hz());
  }

  void report(benchmark::State& state, std::size_t fill) {
    if (batch_seconds_.empty()) return;
    const double batch = median(batch_seconds_);
    const double evp = median(evp_seconds_);
    const auto signatures = static_cast<double>(fill);
    state.counters["x_evp"] = evp * signatures / batch;
    state.counters["cycles"] = batch * median(hz_);
    state.counters["evp_ns"] = evp * 1e9;
    state.counters["per_s"] = signatures / batch;
  }

 private:
  std::vector<double> batch_seconds_;
  std::vector<double> evp_seconds_;
  std::vector<double> hz_;
};

// A kernel that the processor cannot run is shown as skipped.
bool skip(benchmark::State& state, const kernel::RsaVariant& variant) {
  if (variant.supported(base::detect_cpu_features())) return false;
  state.SkipWithError("this processor cannot run it");
  return true;
}

void copy_lane(std::span<const std::uint64_t> number, std::uint64_t (*lanes)[kernel::kLanes], std::size_t lane) {
  for (std::size_t i = 0; i < number.size(); ++i) lanes[i][lane] = number[i];
}

void run_kernel(benchmark::State& state, const kernel::RsaVariant& variant, unsigned bits) {
  if (skip(state, variant)) return;
  const std::vector<Signer>& keys = signers(bits);
  auto key_lanes = std::make_unique<kernel::RsaKeyLanes>();
  auto signature_lanes = std::make_unique<kernel::RsaSignatureLanes>();
  std::vector<verify::RsaJob> jobs;
  for (std::size_t lane = 0; lane < kernel::kLanes; ++lane) {
    jobs.push_back(job_of(keys[lane], lane));
    const keys::RsaLanes& lanes = *jobs.back().key->lanes;
    key_lanes->limbs = lanes.limbs();
    copy_lane(lanes.modulus_n(), key_lanes->modulus_n, lane);
    copy_lane(lanes.fold_m(), key_lanes->fold_m, lane);
    copy_lane(lanes.hash_factor_k(), key_lanes->hash_factor_k, lane);
    copy_lane(lanes.padding_c(), key_lanes->padding_c, lane);
    copy_lane(lanes.inverse(), key_lanes->inverse, lane);
    kernel::write_limbs({jobs.back().signature.data(), jobs.back().signature.size()},
                        {&signature_lanes->signature_s[0][lane], lanes.limbs(), kernel::kLanes});
    kernel::write_limbs({jobs.back().hash.data(), jobs.back().hash.size()},
                        {&signature_lanes->hash[0][lane], kernel::kHashLimbs, kernel::kLanes});
  }
  SideBySide times;
  for (auto unused : state) {
    static_cast<void>(unused);
    times.run(state, jobs, keys.front(), [&] {
      if (variant.run(*key_lanes, *signature_lanes) != 0xff) state.SkipWithError("a good signature is refused");
    });
  }
  times.report(state, kernel::kLanes);
}

void run_batch(benchmark::State& state, const kernel::RsaVariant& variant, unsigned bits, std::size_t fill) {
  if (skip(state, variant)) return;
  const std::vector<Signer>& keys = signers(bits);
  verify::RsaBatch batch(variant);
  std::vector<verify::RsaJob> jobs(fill);
  SideBySide times;
  std::size_t turn = 0;
  for (auto unused : state) {
    static_cast<void>(unused);
    ++turn;
    // Keys move on from lane to lane, so that none of them stands where it stood.
    for (std::size_t i = 0; i < fill; ++i) jobs[i] = job_of(keys[(turn + i) % kKeys], turn * fill + i);
    times.run(state, jobs, keys[turn % kKeys], [&] { batch.verify(jobs); });
    if (!std::all_of(jobs.begin(), jobs.end(), [](const verify::RsaJob& job) { return job.valid; })) {
      state.SkipWithError("a good signature is refused");
    }
  }
  times.report(state, fill);
}

const bool kRegistered = [] {
  for (const kernel::RsaVariant& variant : kernel::rsa_variants()) {
    if (variant.run == nullptr) continue;
    for (const unsigned bits : {2048u, 3072u, 4096u}) {
      const std::string suffix = "/" + std::string(variant.name) + "/" + std::to_string(bits);
      benchmark::RegisterBenchmark(("BM_RsaKernel" + suffix).c_str(), [&variant, bits](benchmark::State& state) {
        run_kernel(state, variant, bits);
      })->UseManualTime();
      for (const std::size_t fill : {1u, 2u, 4u, 8u, 16u}) {
        benchmark::RegisterBenchmark(
            ("BM_RsaBatch" + suffix + "/" + std::to_string(fill)).c_str(),
            [&variant, bits, fill](benchmark::State& state) { run_batch(state, variant, bits, fill); })
            ->UseManualTime();
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
