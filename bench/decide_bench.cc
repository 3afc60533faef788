// Whole decisions, from a token's text to its verdict, beside three ways without Assay in the same round.
//
//   BM_Decide/<kernels>/<mix>/<keys>/<batch>   kernels: `chosen` for this processor, or `portable` forced
//   BM_DecideWithoutRsa/<keys>/<batch>         what is left of it without RsaBatch::verify of the same tokens
//   BM_DecideRemembered/<keys>/<batch>         every token is in the verified-token cache
//
// ns is CPU time of one token; x_oneshot, x_evp and x_naive say how many times faster that is than one token by
// EVP_DigestVerify with a fresh context, by EVP at its best (both hash and verify only, and have the decoded token
// given), and by the naive pipeline. All are medians over the rounds.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/cpu.h"
#include "bench/corpus.h"
#include "bench/evp_reference.h"
#include "bench/naive.h"
#include "bench/side_by_side.h"
#include "tests/allocation/counted_heap.h"
#include "verify/rsa_batch.h"

namespace assay::bench {
namespace {

constexpr std::size_t kReferenceTokens = 8;  // of each reference in a round

enum class EngineKind : std::uint8_t {
  kChosen,       // the kernels that this processor prefers, no token remembered
  kPortable,     // ASSAY_KERNEL=portable, no token remembered
  kRemembering,  // as kChosen, with the verified-token cache of default size
};

kernel::KernelTable chosen_kernels() { return kernel::select_kernels("", base::detect_cpu_features()).value(); }

// Where tokens are taken from, one after the other, over and over.
class Cursor {
 public:
  explicit Cursor(std::size_t count) : count_(count) {}
  // The first of `step` tokens that stand side by side. Precondition: the count is a multiple of every step.
  std::size_t next(std::size_t step) {
    const std::size_t first = at_;
    at_ = (at_ + step) % count_;
    return first;
  }

 private:
  std::size_t count_;
  std::size_t at_ = 0;
};

// The references over one corpus.
class References {
 public:
  explicit References(const Corpus& corpus)
      : tokens(prepare(corpus)),
        corpus_(corpus),
        keys_(keys::KeySet::make_from_jwks(corpus.jwks).value()),
        naive_(*keys_),
        at_best_(keys_->keys()) {
    for (const PreparedToken& token : tokens) hashes.push_back(at_best_.hash(token.signing_input));
  }

  [[nodiscard]] std::span<const keys::Key> keys() const { return keys_->keys(); }

  Way one_shot() {
    return {"one_shot", kReferenceTokens, [this, cursor = Cursor(tokens.size())]() mutable {
              for (const std::size_t i : range(cursor)) expect(verify_one_shot(keys()[tokens[i].key], tokens[i]), i);
            }};
  }
  Way at_best() {
    return {"at_best", kReferenceTokens, [this, cursor = Cursor(tokens.size())]() mutable {
              for (const std::size_t i : range(cursor)) expect(at_best_.verify(tokens[i]), i);
            }};
  }
  Way at_best_without_hash() {
    return {"at_best_without_hash", kReferenceTokens, [this, cursor = Cursor(tokens.size())]() mutable {
              for (const std::size_t i : range(cursor)) expect(at_best_.verify_hash(tokens[i], hashes[i]), i);
            }};
  }
  Way naive() {
    return {"naive", kReferenceTokens, [this, cursor = Cursor(tokens.size())]() mutable {
              for (const std::size_t i : range(cursor)) {
                if (naive_.accepts(corpus_.tokens[i].compact) != (corpus_.tokens[i].expected == ErrorCode::kNone)) {
                  std::abort();
                }
              }
            }};
  }

  std::vector<PreparedToken> tokens;
  std::vector<Sha256Bytes> hashes;  // by token

 private:
  static std::array<std::size_t, kReferenceTokens> range(Cursor& cursor) {
    std::array<std::size_t, kReferenceTokens> indexes{};
    const std::size_t first = cursor.next(kReferenceTokens);
    for (std::size_t i = 0; i < indexes.size(); ++i) indexes[i] = first + i;
    return indexes;
  }
  void expect(bool valid, std::size_t token) const {
    if (valid != tokens[token].well_signed) std::abort();
  }

  const Corpus& corpus_;
  std::unique_ptr<const keys::KeySet> keys_;
  NaivePipeline naive_;
  EvpAtBest at_best_;
};

// An engine, a worker of it, and the checks of one corpus.
class Decider {
 public:
  Decider(const Corpus& corpus, EngineKind kind) : corpus_(corpus), engine_(open(corpus, kind)) {
    for (const CorpusToken& token : corpus.tokens) checks_.push_back(check_for(token));
    worker_ = std::make_unique<Worker>(engine_->worker());
  }

  // Decides every token once; a hash of the verdicts, or nothing where one is not as expected.
  bool decide_all(ResultHash& results) {
    for (std::size_t first = 0; first < checks_.size(); first += verdicts_.size()) {
      decide(first, verdicts_.size());
      for (std::size_t i = 0; i < verdicts_.size(); ++i) {
        const ErrorCode code = verdicts_[i].code();
        if (code != corpus_.tokens[first + i].expected) return false;
        results.add(static_cast<std::uint64_t>(code));
      }
    }
    return true;
  }

  // Decides `tokens` tokens in batches of `batch` each time it runs.
  Way way(std::size_t batch, std::size_t tokens) {
    return {"decide", tokens, [this, batch, tokens, cursor = Cursor(checks_.size())]() mutable {
              for (std::size_t done = 0; done < tokens; done += batch) decide(cursor.next(batch), batch);
            }};
  }

 private:
  static std::unique_ptr<Engine> open(const Corpus& corpus, EngineKind kind) {
    EngineOptions options;
    options.policy = policy_for(corpus);
    options.host_steps_control = true;
    if (kind != EngineKind::kRemembering) options.verified_cache_bytes = 0;
    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    if (kind == EngineKind::kPortable) setenv("ASSAY_KERNEL", "portable", 1);
    std::unique_ptr<Engine> engine = Engine::open(std::move(options)).value();
    if (kind == EngineKind::kPortable) unsetenv("ASSAY_KERNEL");
    // NOLINTEND(concurrency-mt-unsafe)
    return engine;
  }

  void decide(std::size_t first, std::size_t count) {
    worker_->decide(std::span(checks_).subspan(first, count), verdicts_, kNow);
    benchmark::DoNotOptimize(verdicts_.data());
  }

  const Corpus& corpus_;
  std::vector<Check> checks_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Worker> worker_;
  std::array<Verdict, kBatchMax> verdicts_;
};

// Made on first use and kept, because Google Benchmark calls each benchmark several times.
References& references(std::size_t keys, Mix mix) {
  static std::map<std::pair<std::size_t, Mix>, std::unique_ptr<References>> made;
  std::unique_ptr<References>& found = made[{keys, mix}];
  if (found == nullptr) found = std::make_unique<References>(corpus(keys, mix));
  return *found;
}
Decider& decider(std::size_t keys, Mix mix, EngineKind kind) {
  static std::map<std::tuple<std::size_t, Mix, EngineKind>, std::unique_ptr<Decider>> made;
  std::unique_ptr<Decider>& found = made[{keys, mix, kind}];
  if (found == nullptr) found = std::make_unique<Decider>(corpus(keys, mix), kind);
  return *found;
}

struct Case {
  EngineKind engine = EngineKind::kChosen;
  Mix mix = Mix::kValid;
  std::size_t keys = 1;
  std::size_t batch = 16;

  // Tokens of one round: enough that reading the clock does not show.
  [[nodiscard]] std::size_t tokens_per_round() const {
    if (mix == Mix::kExpired || engine == EngineKind::kRemembering) return 4 * kBatchMax;
    return batch < 8 ? 16 : kBatchMax;
  }
};

// Warms up, checks every verdict, and shows their hash. False where one is wrong.
bool decides_right(benchmark::State& state, Decider& decider) {
  ResultHash results;
  // Twice: the first pass finds caches cold.
  if (!decider.decide_all(results) || !decider.decide_all(results)) {
    state.SkipWithError("a verdict is not the expected one");
    return false;
  }
  state.SetLabel("results " + std::to_string(results.value()));
  return true;
}

void run_rounds(benchmark::State& state, SideBySide& contest) {
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
  }
  state.counters["rounds"] = static_cast<double>(contest.rounds());
  state.counters["ns"] = contest.ns_per_item(0);
}

double allocations_per_decide(const Way& decide, std::size_t batch) {
  const std::size_t decides = decide.items / batch;
  const std::size_t before = test::allocation_count();
  decide.run();
  return static_cast<double>(test::allocation_count() - before) / static_cast<double>(decides);
}

void run_decide(benchmark::State& state, const Case& which) {
  Decider& subject = decider(which.keys, which.mix, which.engine);
  if (!decides_right(state, subject)) return;
  References& reference = references(which.keys, which.mix);
  const Way decide = subject.way(which.batch, which.tokens_per_round());
  state.counters["allocations"] = allocations_per_decide(decide, which.batch);
  SideBySide contest({decide, reference.one_shot(), reference.at_best(), reference.naive()});
  run_rounds(state, contest);
  state.counters["x_oneshot"] = contest.times_faster(0, 1);
  state.counters["x_evp"] = contest.times_faster(0, 2);
  state.counters["x_naive"] = contest.times_faster(0, 3);
  state.counters["per_s"] = 1e9 / contest.ns_per_item(0);
}

// RsaBatch::verify of the corpus' signatures in the same batches as decide gives it.
Way rsa_alone(References& reference, verify::RsaBatch& batch_verifier, std::size_t batch, std::size_t tokens) {
  return {"rsa", tokens,
          [&reference, &batch_verifier, batch, tokens, cursor = Cursor(reference.tokens.size()),
           jobs = std::vector<verify::RsaJob>(batch)]() mutable {
            for (std::size_t done = 0; done < tokens; done += batch) {
              const std::size_t first = cursor.next(batch);
              for (std::size_t i = 0; i < batch; ++i) {
                const PreparedToken& token = reference.tokens[first + i];
                jobs[i] = {.key = &reference.keys()[token.key],
                           .signature = token.signature_bytes(),
                           .hash = reference.hashes[first + i],
                           .valid = false};
              }
              batch_verifier.verify(jobs);
              if (!std::all_of(jobs.begin(), jobs.end(), [](const verify::RsaJob& job) { return job.valid; })) {
                std::abort();
              }
            }
          }};
}

// The signature's share is what the same batches of signatures take by themselves, in the same round. They find the
// caches warmer than inside decide, so the rest is rather said too large than too small.
void run_without_rsa(benchmark::State& state, const Case& which) {
  const kernel::KernelTable kernels = chosen_kernels();
  if (kernels.rsa.run == nullptr) {
    state.SkipWithError("this processor runs no RSA kernel");
    return;
  }
  Decider& subject = decider(which.keys, which.mix, which.engine);
  if (!decides_right(state, subject)) return;
  References& reference = references(which.keys, which.mix);
  verify::RsaBatch rsa(kernels.rsa);
  const std::size_t tokens = which.tokens_per_round();
  SideBySide contest({subject.way(which.batch, tokens), rsa_alone(reference, rsa, which.batch, tokens),
                      reference.at_best_without_hash()});
  run_rounds(state, contest);
  state.counters["of_evp_verify"] = contest.rest_in_units(0, 1, 2);
  state.counters["rest_ns"] = contest.rest_in_units(0, 1, 2) * contest.ns_per_item(2);
  state.counters["rsa_ns"] = contest.ns_per_item(1);
  state.counters["evp_verify_ns"] = contest.ns_per_item(2);
}

using Run = void (*)(benchmark::State&, const Case&);

void add(const std::string& name, const Case& which, Run run) {
  const std::string full = name + "/" + std::to_string(which.keys) + "/" + std::to_string(which.batch);
  benchmark::RegisterBenchmark(full.c_str(), [which, run](benchmark::State& state) {
    run(state, which);
  })->UseManualTime();
}

const bool kRegistered = [] {
  const kernel::KernelTable chosen = chosen_kernels();
  benchmark::AddCustomContext("assay_kernel_base64url", std::string(chosen.base64url.name));
  benchmark::AddCustomContext("assay_kernel_rsa", std::string(chosen.rsa.name));
  benchmark::AddCustomContext("assay_kernel_sha256", std::string(chosen.sha256.name));
  for (const std::size_t keys : {1u, 100u}) {
    for (const Mix mix : kAllMixes) {
      const std::string suffix = "/" + std::string(name_of(mix));
      for (const std::size_t batch : {1u, 8u, 16u, 64u}) {
        add("BM_Decide/chosen" + suffix, {.engine = EngineKind::kChosen, .mix = mix, .keys = keys, .batch = batch},
            run_decide);
      }
      add("BM_Decide/portable" + suffix, {.engine = EngineKind::kPortable, .mix = mix, .keys = keys, .batch = 16},
          run_decide);
    }
    for (const std::size_t batch : {1u, 8u, 16u, 64u}) {
      add("BM_DecideWithoutRsa", {.engine = EngineKind::kChosen, .mix = Mix::kValid, .keys = keys, .batch = batch},
          run_without_rsa);
    }
    for (const std::size_t batch : {1u, 16u, 64u}) {
      add("BM_DecideRemembered", {.engine = EngineKind::kRemembering, .mix = Mix::kValid, .keys = keys, .batch = batch},
          run_decide);
    }
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
