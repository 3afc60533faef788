// What workers pay for keys that change, and for issuers that are many.
//
//   BM_ObserveKeys/<publications>       pins the keys, finds a key by kid, lets go, as a batch of one does; while
//                                       another thread replaces the state so many times a second
//   BM_FindKey/<tokens>/<issuers>       the issuer by iss, one of its 10 keys by kid and alg, the keys pinned and let
//                                       go: for batches of 16 tokens, as the pipeline does it; tokens: of `one` of the
//                                       issuers, or of `all` in turn
//   BM_FindKeyAlone/<tokens>/<issuers>  the same in batches of one
//   BM_DecideForIssuers/<issuers>       whole decisions about valid tokens of all issuers in turn, in batches of 16
//
// ns is CPU time of one. x_still: the cost to that of a key state that nobody replaces, in the same round; noise_low
// and noise_high: the range in which nine of ten rounds find the ratio of two such states, whose middle is 1. x_one:
// the cost to that of a policy of one issuer, in the same round. runtime_bytes: what an issuer takes beside its keys.
#include "keys/key_cache.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "assay/engine.h"
#include "base/clock.h"
#include "base/keyed_hash.h"
#include "bench/corpus.h"
#include "bench/kept_keys.h"
#include "bench/side_by_side.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"
#include "verify/compiled_policy.h"

namespace assay::bench {
namespace {

constexpr std::size_t kKeysPerIssuer = 10;
constexpr std::size_t kTokens = 1024;
constexpr std::size_t kBatch = 16;
constexpr std::size_t kPinsPerRound = 65'536;  // about 3 ms: several publications fall into each round

std::string kid_of(std::size_t key) { return "key-" + std::to_string(key); }

const std::vector<signing::SigningKey>& signing_keys() {
  static const std::vector<signing::SigningKey> made = kept_rsa_keys(2048, kKeysPerIssuer);
  return made;
}

// Every issuer publishes the same keys: each key set prepares its own.
const std::string& ten_keys() {
  static const std::string made = [] {
    std::string keys;
    for (std::size_t i = 0; i < kKeysPerIssuer; ++i) {
      if (!keys.empty()) keys += ',';
      keys += signing_keys()[i].public_jwk({.kid = kid_of(i), .alg = {}, .use = {}});
    }
    return "{\"keys\":[" + keys + "]}";
  }();
  return made;
}

std::shared_ptr<const keys::KeyState> make_state(const std::shared_ptr<const keys::KeySet>& set,
                                                 std::uint64_t generation) {
  auto state = std::make_shared<keys::KeyState>();
  state->set = set;
  state->generation = generation;
  return state;
}

std::shared_ptr<const keys::KeySet> make_set() { return keys::KeySet::make_from_jwks(ten_keys()).value(); }

// Replaces a key state on a thread of its own, on another processor than the reader's where there is one.
class Publisher {
 public:
  Publisher(keys::KeySeat& seat, std::size_t per_second) : seat_(seat) {
    if (per_second > 0) thread_ = std::thread([this, per_second] { publish(per_second); });
  }
  ~Publisher() {
    stopped_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  [[nodiscard]] double per_second() const {
    return static_cast<double>(published_.load()) * 1e9 / static_cast<double>(base::monotonic_ns() - started_ns_);
  }

 private:
  static void leave_processor() {
    cpu_set_t others;
    CPU_ZERO(&others);
    for (std::size_t cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu) CPU_SET(cpu, &others);
    CPU_CLR(static_cast<std::size_t>(::sched_getcpu()), &others);
    // Where there is no other one, it stays.
    static_cast<void>(::sched_setaffinity(0, sizeof others, &others));
  }

  void publish(std::size_t per_second) {
    leave_processor();
    const std::array<std::shared_ptr<const keys::KeySet>, 2> sets{make_set(), make_set()};
    const auto period = std::chrono::nanoseconds(1'000'000'000 / per_second);
    for (auto due = std::chrono::steady_clock::now() + period; !stopped_.load(); due += period) {
      const std::uint64_t generation = ++published_;
      seat_.publish(make_state(sets[generation % sets.size()], generation));
      std::this_thread::sleep_until(due);
    }
  }

  keys::KeySeat& seat_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> published_{0};
  std::int64_t started_ns_ = base::monotonic_ns();
  std::thread thread_;
};

// A cache of one issuer.
struct Kept {
  Kept() { seat.publish(make_state(make_set(), 0)); }
  std::shared_ptr<keys::KeyCache> cache = std::make_shared<keys::KeyCache>();
  keys::KeySeat seat{cache};
};

Way observe_way(std::string_view name, Kept& kept) {
  return {name, kPinsPerRound, [&kept] {
            static const std::string kid = kid_of(kKeysPerIssuer / 2);
            for (std::size_t i = 0; i < kPinsPerRound; ++i) {
              const keys::KeyCache::Pin pin = kept.cache->observe(0);
              const keys::Candidates found = pin->find_by_kid(kept.seat.number(), base::keyed_hash(kid), Alg::kRS256);
              if (found.count != 1) std::abort();
            }
          }};
}

void run_rounds(benchmark::State& state, SideBySide& contest) {
  for (auto unused : state) {
    static_cast<void>(unused);
    state.SetIterationTime(contest.round());
  }
  state.counters["rounds"] = static_cast<double>(contest.rounds());
  state.counters["ns"] = contest.ns_per_item(0);
}

void observe_keys(benchmark::State& state, std::size_t publications) {
  std::array<Kept, 3> caches;
  const Publisher publisher(caches[0].seat, publications);
  SideBySide contest(
      {observe_way("replaced", caches[0]), observe_way("still", caches[1]), observe_way("still too", caches[2])});
  run_rounds(state, contest);
  state.counters["x_still"] = contest.times_faster(1, 0);
  state.counters["noise_low"] = contest.times_faster_at(0.05, 1, 2);
  state.counters["noise_high"] = contest.times_faster_at(0.95, 1, 2);
  state.counters["publications"] = publisher.per_second();
}

std::string issuer_url(std::size_t issuer) { return "https://issuer.example/tenants/" + std::to_string(issuer); }

Policy policy_of(std::size_t issuers) {
  Policy policy;
  for (std::size_t i = 0; i < issuers; ++i) {
    IssuerPolicy issuer;
    issuer.name = "tenant-" + std::to_string(i);
    issuer.issuer = issuer_url(i);
    issuer.keys = {.kind = KeySource::Kind::kJwksText, .text = ten_keys()};
    issuer.audiences = {std::string(kAudience)};
    policy.issuers.push_back(std::move(issuer));
  }
  return policy;
}

// Whose tokens are decided.
enum class Spread : std::uint8_t { kOne, kAll };

// The issuer of a token, in an order that no prefetcher foresees: a step that is prime to every number of issuers.
std::size_t issuer_of(std::size_t token, std::size_t issuers, Spread spread) {
  return spread == Spread::kOne ? issuers / 2 : token * 617 % issuers;
}

// The compiled policy of so many issuers, each with its key state: what the pipeline looks keys up in.
class KeyTable {
 public:
  KeyTable(std::size_t issuers, Spread spread) : policy_(verify::compile_policy(policy_of(issuers), 1).value()) {
    for (std::size_t i = 0; i < policy_->issuers.size(); ++i) {
      auto runtime = std::make_shared<verify::IssuerRuntime>(cache_);
      runtime->keys.publish(make_state(make_set(), 1));
      policy_->give_runtime(i, std::move(runtime));
    }
    for (std::size_t i = 0; i < kTokens; ++i) {
      names_.push_back({.iss = issuer_url(issuer_of(i, issuers, spread)), .kid = kid_of(i % kKeysPerIssuer)});
    }
  }

  template <std::size_t batch>
  Way way(std::string_view name) {
    return {name, kTokens, [this] {
              for (std::size_t first = 0; first < kTokens; first += batch) {
                find(std::span<const Names, batch>(&names_[first], batch));
              }
            }};
  }

 private:
  struct Names {
    std::string iss;
    std::string kid;
  };
  struct Sought {
    keys::SeatNumber seat = 0;
    base::Hash128 kid;
  };

  // As the stages of the pipeline choose the issuers of a batch, seek its keys and find them.
  template <std::size_t batch>
  void find(std::span<const Names, batch> tokens) {
    std::array<Sought, batch> sought;
    for (std::size_t i = 0; i < batch; ++i) {
      const std::optional<std::uint32_t> index = policy_->entrances[0].find_jwt_issuer(true, tokens[i].iss);
      if (!index) std::abort();
      sought[i].seat = policy_->key_seats[*index];
    }
    const keys::KeyCache::Pin pin = cache_->observe(0);
    for (std::size_t i = 0; i < batch; ++i) {
      sought[i].kid = base::keyed_hash(tokens[i].kid);
      pin->prefetch(sought[i].seat, sought[i].kid);
    }
    for (const Sought& key : sought) {
      if (pin->set_of(key.seat) == nullptr) std::abort();
      if (pin->find_by_kid(key.seat, key.kid, Alg::kRS256).count != 1) std::abort();
    }
  }

  std::shared_ptr<keys::KeyCache> cache_ = std::make_shared<keys::KeyCache>();
  std::unique_ptr<verify::CompiledPolicy> policy_;
  std::vector<Names> names_;
};

// An engine of so many issuers and valid tokens of them; it remembers none.
class Tenants {
 public:
  Tenants(std::size_t issuers, Spread spread)
      : engine_(Engine::open({.policy = policy_of(issuers), .verified_cache_bytes = 0, .host_steps_control = true})
                    .value()),
        worker_(engine_->worker()) {
    for (std::size_t i = 0; i < kTokens; ++i) tokens_.push_back(make_token(i, issuer_of(i, issuers, spread)));
    for (const std::string& token : tokens_) checks_.push_back({.token = token});
  }

  template <std::size_t batch>
  Way way(std::string_view name) {
    return {name, kTokens, [this] {
              for (std::size_t first = 0; first < kTokens; first += batch) decide<batch>(first);
            }};
  }

 private:
  static std::string make_token(std::size_t number, std::size_t issuer) {
    const std::size_t key = number % kKeysPerIssuer;
    const std::string header = signing::JsonObject().add("alg", "RS256").add("kid", kid_of(key)).text();
    const std::string payload = signing::JsonObject()
                                    .add("iss", issuer_url(issuer))
                                    .add("aud", kAudience)
                                    .add("sub", "subject-" + std::to_string(number))
                                    .add("iat", kNowS - 60)
                                    .add("exp", kNowS + 3600)
                                    .text();
    return signing::sign_jwt({.header_json = header, .payload_json = payload}, signing_keys()[key], Alg::kRS256);
  }

  template <std::size_t batch>
  void decide(std::size_t first) {
    const std::span<Verdict> verdicts = std::span(verdicts_).first(batch);
    worker_.decide(std::span(checks_).subspan(first, batch), verdicts, kNow);
    for (const Verdict& verdict : verdicts) {
      if (!verdict.accepted()) std::abort();
    }
  }

  std::unique_ptr<Engine> engine_;
  Worker worker_;
  std::vector<std::string> tokens_;
  std::vector<Check> checks_;
  std::array<Verdict, kBatchMax> verdicts_;
};

// Made on first use and kept, because Google Benchmark calls each benchmark several times.
template <typename Subject>
Subject& subject(std::size_t issuers, Spread spread) {
  static std::map<std::pair<std::size_t, Spread>, std::unique_ptr<Subject>> made;
  std::unique_ptr<Subject>& found = made[{issuers, spread}];
  if (found == nullptr) found = std::make_unique<Subject>(issuers, spread);
  return *found;
}

template <typename Subject, Spread spread, std::size_t batch>
void run_beside_one(benchmark::State& state, std::size_t issuers) {
  SideBySide contest({subject<Subject>(issuers, spread).template way<batch>("many"),
                      subject<Subject>(1, spread).template way<batch>("one")});
  run_rounds(state, contest);
  state.counters["x_one"] = contest.times_faster(1, 0);
  state.counters["runtime_bytes"] = sizeof(verify::IssuerRuntime);
}

void add(const std::string& name, std::size_t count, void (*run)(benchmark::State&, std::size_t)) {
  benchmark::RegisterBenchmark((name + "/" + std::to_string(count)).c_str(), [run, count](benchmark::State& state) {
    run(state, count);
  })->UseManualTime();
}

const bool kRegistered = [] {
  for (const std::size_t publications : {0u, 1000u}) add("BM_ObserveKeys", publications, observe_keys);
  for (const std::size_t issuers : {1u, 100u, 1000u}) {
    add("BM_FindKey/one", issuers, run_beside_one<KeyTable, Spread::kOne, kBatch>);
    add("BM_FindKey/all", issuers, run_beside_one<KeyTable, Spread::kAll, kBatch>);
    add("BM_FindKeyAlone/one", issuers, run_beside_one<KeyTable, Spread::kOne, 1>);
    add("BM_FindKeyAlone/all", issuers, run_beside_one<KeyTable, Spread::kAll, 1>);
    add("BM_DecideForIssuers", issuers, run_beside_one<Tenants, Spread::kAll, kBatch>);
  }
  return true;
}();

}  // namespace
}  // namespace assay::bench
