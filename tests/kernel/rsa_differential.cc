// Compares an RSA kernel with OpenSSL on lanes that no signer made.
//
//   rsa_differential [--lanes N] [--seed S] [--kernel NAME]
//
// For any modulus and any s, OpenSSL computes t = s^65537 mod n. Half of the lanes are built so that the kernel should
// find them equal: the block that it compares with, which comes in through a constant of the key, is t. The others get
// t with one bit changed; each s is asked about both ways. Half of the moduli are structured, two in three have 2048
// to 2056 bits, and in one batch of eight few lanes are in use. A mismatch is printed with all numbers of its lane.
//
// Exit: 0 no mismatch, 1 a mismatch, 2 wrong use, 77 this processor cannot run the kernel.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/cpu.h"
#include "kernel/kernel.h"
#include "keys/rsa_lanes.h"
#include "tests/kernel/big_number.h"

namespace assay::test {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeMontgomery {
  void operator()(BN_MONT_CTX* montgomery) const { BN_MONT_CTX_free(montgomery); }
};

struct Options {
  std::uint64_t lanes = 50'000;
  std::uint64_t seed = 1;
  std::string_view kernel;
};

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) return std::nullopt;
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    if (name == "--kernel") {
      options.kernel = value;
      continue;
    }
    if (name != "--lanes" && name != "--seed") return std::nullopt;
    std::uint64_t& number = name == "--lanes" ? options.lanes : options.seed;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  }
  return options;
}

// Null if there is no kernel of that name; the preferred one that runs here for no name.
std::optional<kernel::RsaVariant> find_kernel(std::string_view name) {
  for (const kernel::RsaVariant& variant : kernel::rsa_variants()) {
    if (variant.run == nullptr) continue;
    if (name.empty() ? variant.supported(base::detect_cpu_features()) : variant.name == name) return variant;
  }
  if (!name.empty() && name != "portable") return std::nullopt;
  return kernel::RsaVariant{.name = "portable", .run = kernel::rsa_public_x8_portable, .needs = {}};
}

// One lane's key as OpenSSL has it.
struct LaneKey {
  Number n;
  std::unique_ptr<BN_MONT_CTX, FreeMontgomery> montgomery;
  Number hash_factor_k;
};

// What a lane is asked.
struct Question {
  std::string signature;
  std::array<std::uint8_t, kernel::kHashBytes> hash{};
  Number power = number_of(0);  // s^65537 mod n
  bool below_n = false;
  bool same_block = false;
  bool equal = false;
};

class Differential {
 public:
  Differential(const kernel::RsaVariant& variant, const Options& options)
      : variant_(variant), options_(options), random_(options.seed), dice_(options.seed) {}

  // Returns the number of mismatches; stops at the first batch that has one.
  std::uint64_t run() {
    const Clock::time_point start = Clock::now();
    Clock::time_point reported = start;
    const std::uint64_t batches_per_modulus = std::max<std::uint64_t>(20, options_.lanes / 22'000);
    while (lanes_ < options_.lanes && mismatches_ == 0) {
      make_keys();
      for (std::uint64_t batch = 0; batch < batches_per_modulus && lanes_ < options_.lanes; ++batch) {
        run_batch();
        if (mismatches_ != 0) break;
      }
      if (Clock::now() - reported < std::chrono::minutes(1)) continue;
      reported = Clock::now();
      report("so far", start);
    }
    report(mismatches_ == 0 ? "done" : "failed", start);
    return mismatches_;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  int choose_bits() {
    const std::uint64_t share = below(100);
    if (share < 66) return 2048 + static_cast<int>(below(9));
    if (share < 70) return 2057 + static_cast<int>(below(16));
    if (share < 85) return 2073 + static_cast<int>(below(1040));
    return 3113 + static_cast<int>(below(984));
  }

  Number choose_modulus(int bits) {
    if (below(2) == 0) return dice_.odd(bits);
    std::vector<Number> structured = structured_moduli(bits);
    const std::uint64_t choice = below(structured.size() + 2);
    if (choice < structured.size()) return std::move(structured[choice]);
    // +-1 modulo 2^520, random above.
    Number n = dice_.odd(bits);
    BN_rshift(n.get(), n.get(), 520);
    BN_lshift(n.get(), n.get(), 520);
    choice == structured.size() ? BN_add_word(n.get(), 1) : BN_add(n.get(), n.get(), ones_520_.get());
    return n;
  }

  void make_keys() {
    const int bits = choose_bits();
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      LaneKey& key = keys_[lane];
      key.n = choose_modulus(bits);
      const auto constants = keys::RsaLanes::make(octets_of(key.n), std::string_view("\x01\x00\x01", 3));
      key.montgomery.reset(BN_MONT_CTX_new());
      BN_MONT_CTX_set(key.montgomery.get(), key.n.get(), context());
      key.hash_factor_k = number_of(constants->hash_factor_k());
      lanes_of_keys_->limbs = constants->limbs();
      constants->load(*lanes_of_keys_, lane);
    }
    moduli_ += kLanes;
  }

  // Octets of a density of their own: even, sparse, dense, or in runs.
  void fill(std::uint8_t* octets, std::size_t size) {
    const std::uint64_t style = below(5);
    for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
      std::uint64_t word = random_();
      if (style == 1) word &= random_() & random_();
      if (style == 2) word |= random_() | random_();
      if (style == 3) word = word % 4 == 0 ? random_() : word % 4 == 1 ? 0 : ~std::uint64_t{0};
      if (style == 4) word = (~std::uint64_t{0} << word % 64) ^ (word % 2 == 0 ? 0 : ~std::uint64_t{0});
      std::memcpy(octets + at, &word, std::min(sizeof(word), size - at));
    }
  }

  // s of as many octets as n; one in sixteen is special.
  void choose_s(const LaneKey& key, std::string& signature) {
    const int bits = BN_num_bits(key.n.get());
    signature.resize(static_cast<std::size_t>(bits + 7) / 8);
    auto* const octets = reinterpret_cast<std::uint8_t*>(signature.data());
    const std::uint64_t kind = below(16 * 6);
    if (kind >= 6) {
      fill(octets, signature.size());
      // Below 2^bits; a few are not below n.
      octets[0] &= static_cast<std::uint8_t>(0xff >> (8 * signature.size() - static_cast<std::size_t>(bits)));
      if (below(8) != 0) octets[0] >>= 1;
      return;
    }
    Number special = kind < 2 ? number_of(kind) : copy_of(key.n);
    if (kind == 2) BN_sub_word(special.get(), 1);
    if (kind == 4) BN_add_word(special.get(), 1);
    if (kind == 5) special = power_of_2(static_cast<int>(below(static_cast<std::uint64_t>(bits))));
    if (BN_num_bytes(special.get()) > static_cast<int>(signature.size())) BN_sub_word(special.get(), 2);
    BN_bn2binpad(special.get(), octets, static_cast<int>(signature.size()));
  }

  void ask(std::size_t lane) {
    const LaneKey& key = keys_[lane];
    Question& question = questions_[lane];
    choose_s(key, question.signature);
    fill(question.hash.data(), question.hash.size());
    BN_bin2bn(reinterpret_cast<const unsigned char*>(question.signature.data()),
              static_cast<int>(question.signature.size()), s_.get());
    question.below_n = BN_cmp(s_.get(), key.n.get()) < 0;
    BN_mod_exp_mont(question.power.get(), s_.get(), exponent_.get(), key.n.get(), context(), key.montgomery.get());
    question.same_block = below(2) == 0;
  }

  // Writes the block that the kernel compares with.
  void pose(std::size_t lane) {
    const LaneKey& key = keys_[lane];
    Question& question = questions_[lane];
    question.equal = question.same_block && question.below_n;
    BN_copy(block_.get(), question.power.get());
    if (!question.same_block) {
      const int bit = static_cast<int>(below(static_cast<std::uint64_t>(BN_num_bits(key.n.get()) - 1)));
      BN_is_bit_set(block_.get(), bit) != 0 ? BN_clear_bit(block_.get(), bit) : BN_set_bit(block_.get(), bit);
    }
    // C = K (block - hash): the kernel compares s^65537 with block - hash + hash.
    BN_bin2bn(question.hash.data(), kernel::kHashBytes, hash_.get());
    BN_sub(block_.get(), block_.get(), hash_.get());
    BN_mod_mul(block_.get(), block_.get(), key.hash_factor_k.get(), key.n.get(), context());
    std::array<std::uint8_t, kernel::kNumberBytesMax> octets;
    const std::size_t size = lanes_of_keys_->limbs * kLimbBits / 8;
    BN_bn2binpad(block_.get(), octets.data(), static_cast<int>(size));
    kernel::write_limbs({octets.data(), size}, {&lanes_of_keys_->padding_c[0][lane], lanes_of_keys_->limbs, kLanes});
  }

  void run_batch() {
    const std::uint32_t used = below(8) != 0 ? 0xff : static_cast<std::uint32_t>(1 + (below(0xff) & below(0xff)));
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if ((used >> lane & 1) != 0) ask(lane);
    }
    compare(used);
    if (mismatches_ != 0) return;
    for (Question& question : questions_) question.same_block = !question.same_block;
    compare(used);
  }

  void compare(std::uint32_t used) {
    kernel::RsaSignatureLanes signatures{};
    std::uint32_t expected = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if ((used >> lane & 1) == 0) continue;
      pose(lane);
      signatures.signature[lane] = reinterpret_cast<const std::uint8_t*>(questions_[lane].signature.data());
      signatures.signature_bytes[lane] = questions_[lane].signature.size();
      signatures.hash[lane] = questions_[lane].hash.data();
      ++lanes_;
      if (questions_[lane].equal) expected |= 1u << lane;
    }
    const std::uint32_t equal = variant_.run(*lanes_of_keys_, signatures);
    equal_lanes_ += static_cast<std::uint64_t>(__builtin_popcount(expected));
    if (equal == expected) return;
    mismatches_ += static_cast<std::uint64_t>(__builtin_popcount(equal ^ expected));
    std::printf("mismatch: lanes in use %02x, equal %02x, expected %02x\n", used, equal, expected);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (((equal ^ expected) >> lane & 1) != 0) show(lane);
    }
  }

  void show(std::size_t lane) const {
    std::printf("lane %zu\n", lane);
    show("n", octets_of(keys_[lane].n));
    show("s", questions_[lane].signature);
    show("hash", std::string(questions_[lane].hash.begin(), questions_[lane].hash.end()));
    std::printf("C, limb 0 first:");
    for (std::size_t i = 0; i < lanes_of_keys_->limbs; ++i) {
      std::printf(" %llx", static_cast<unsigned long long>(lanes_of_keys_->padding_c[i][lane]));
    }
    std::printf("\n");
  }
  static void show(const char* name, const std::string& octets) {
    std::printf("%s = ", name);
    for (const char octet : octets) std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(octet)));
    std::printf("\n");
  }

  void report(const char* state, Clock::time_point start) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("%s: kernel %.*s seed %llu lanes %llu moduli %llu equal %llu mismatches %llu seconds %.0f\n", state,
                static_cast<int>(variant_.name.size()), variant_.name.data(),
                static_cast<unsigned long long>(options_.seed), static_cast<unsigned long long>(lanes_),
                static_cast<unsigned long long>(moduli_), static_cast<unsigned long long>(equal_lanes_),
                static_cast<unsigned long long>(mismatches_), seconds);
    std::fflush(stdout);
  }

  kernel::RsaVariant variant_;
  Options options_;
  std::mt19937_64 random_;
  Dice dice_;
  Number ones_520_ = difference(power_of_2(520), number_of(1));
  Number exponent_ = number_of(65537);
  Number s_ = number_of(0);
  Number block_ = number_of(0);
  Number hash_ = number_of(0);
  std::array<LaneKey, kLanes> keys_;
  std::array<Question, kLanes> questions_;
  std::unique_ptr<kernel::RsaKeyLanes> lanes_of_keys_ = std::make_unique<kernel::RsaKeyLanes>();
  std::uint64_t lanes_ = 0;
  std::uint64_t moduli_ = 0;
  std::uint64_t equal_lanes_ = 0;
  std::uint64_t mismatches_ = 0;
};

int run(int count, char** arguments) {
  const std::optional<Options> options = parse(count, arguments);
  const std::optional<kernel::RsaVariant> variant = options ? find_kernel(options->kernel) : std::nullopt;
  if (!variant) {
    std::fprintf(stderr, "usage: rsa_differential [--lanes N] [--seed S] [--kernel avx512ifma|portable]\n");
    return 2;
  }
  if (!variant->supported(base::detect_cpu_features())) return 77;
  return Differential(*variant, *options).run() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace assay::test

int main(int count, char** arguments) { return assay::test::run(count, arguments); }
