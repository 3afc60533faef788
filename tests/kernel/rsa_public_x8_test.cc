// Property: a lane is equal exactly where OpenSSL's BN_mod_exp finds the expected block.
//
// Method: what a lane is compared with is padding + hash, and both come in through constants of the lane's key. So for
// any modulus and any s the test asks OpenSSL for t = s^65537 mod n and expects "equal" for a block of t and "not
// equal" for blocks beside it: wrong limbs anywhere show on s that no signer made.
//
// ASSAY_RSA_TEST_LANES: how many lanes to compare in the random part, instead of a few thousand.
#include "kernel/rsa_public_x8.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/cpu.h"
#include "kernel/kernel.h"
#include "keys/rsa_lanes.h"
#include "tests/kernel/big_number.h"

namespace assay::kernel {
namespace {

using test::context;
using test::copy_of;
using test::Dice;
using test::difference;
using test::Number;
using test::number_of;
using test::octets_of;
using test::power_of_2;
using test::structured_moduli;
using test::sum;
using test::write_lane;

// A modulus with its constants.
struct Modulus {
  Number n;
  std::unique_ptr<const keys::RsaLanes> lanes;
};

Modulus modulus_of(Number n) {
  auto lanes = keys::RsaLanes::make(octets_of(n), std::string("\x01\x00\x01", 3));
  return {.n = std::move(n), .lanes = std::move(lanes)};
}

// Eight lanes and which of them are equal.
class Batch {
 public:
  // Lane `lane` compares s with the block `block`, of which `hash` (below 2^256) comes in as the hash.
  void set(std::size_t lane, const Modulus& modulus, const Number& s, const Number& block, const Number& hash) {
    const keys::RsaLanes& constants = *modulus.lanes;
    keys_.limbs = constants.limbs();
    constants.load(keys_, lane);
    Number padding_c = number_of(0);
    BN_mod_sub(padding_c.get(), block.get(), hash.get(), modulus.n.get(), context());
    BN_mod_mul(padding_c.get(), padding_c.get(), number_of(constants.hash_factor_k()).get(), modulus.n.get(),
               context());
    write_lane(padding_c, keys_.padding_c, keys_.limbs, lane);
    // As many octets as the modulus has, unless s is longer; at times more, in front of it.
    const std::size_t modulus_bytes = (static_cast<std::size_t>(BN_num_bits(modulus.n.get())) + 7) / 8;
    signatures_[lane] = padded(octets_of(s), modulus_bytes + lane % 2);
    hashes_[lane] = padded(octets_of(hash), kHashBytes);
  }

  // The lanes of `used`; the others are idle.
  [[nodiscard]] std::uint32_t run(const RsaVariant& variant, std::uint32_t used = 0xff) const {
    RsaSignatureLanes signatures{};
    std::array<std::unique_ptr<std::uint8_t[]>, 2 * kLanes> exact;  // so that a read beyond the end is seen
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if ((used >> lane & 1) == 0) continue;
      signatures.signature[lane] = copy(signatures_[lane], exact[2 * lane]);
      signatures.signature_bytes[lane] = signatures_[lane].size();
      signatures.hash[lane] = copy(hashes_[lane], exact[2 * lane + 1]);
    }
    return variant.run(keys_, signatures);
  }

  RsaKeyLanes& keys() { return keys_; }
  std::string& signature(std::size_t lane) { return signatures_[lane]; }
  std::string& hash(std::size_t lane) { return hashes_[lane]; }

 private:
  static std::string padded(std::string octets, std::size_t size) {
    if (octets.size() < size) octets.insert(0, size - octets.size(), '\0');
    return octets;
  }
  static const std::uint8_t* copy(const std::string& octets, std::unique_ptr<std::uint8_t[]>& block) {
    block = std::make_unique<std::uint8_t[]>(octets.size());
    std::copy(octets.begin(), octets.end(), block.get());
    return block.get();
  }

  RsaKeyLanes keys_{};
  std::array<std::string, kLanes> signatures_;
  std::array<std::string, kLanes> hashes_;
};

Number power_of(const Modulus& modulus, const Number& s) {
  Number power = number_of(0);
  BN_mod_exp(power.get(), s.get(), number_of(65537).get(), modulus.n.get(), context());
  return power;
}

// A block that is not `block`, modulo n: beside it, or different in one bit.
Number other_block(const Modulus& modulus, const Number& block, Dice& dice) {
  Number other = copy_of(block);
  const int bits = BN_num_bits(modulus.n.get());
  switch (dice.below(3)) {
    case 0: BN_add_word(other.get(), 1); break;
    case 1: BN_mod_add(other.get(), other.get(), power_of_2(bits - 1).get(), modulus.n.get(), context()); break;
    default: {
      const int bit = static_cast<int>(dice.below(static_cast<std::uint64_t>(bits - 1)));
      BN_is_bit_set(other.get(), bit) != 0 ? BN_clear_bit(other.get(), bit) : BN_set_bit(other.get(), bit);
    }
  }
  return other;
}

class RsaPublicX8 : public testing::TestWithParam<RsaVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor cannot run it";
  }

  // Compares eight (modulus, s) pairs of one size class: each lane equal or not as `dice` falls.
  void expect_agreement(std::span<const Modulus* const, kLanes> moduli, std::span<const Number, kLanes> s, Dice& dice) {
    Batch batch;
    std::uint32_t expected = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Modulus& modulus = *moduli[lane];
      Number block = power_of(modulus, s[lane]);
      if (dice.below(2) == 0) {
        if (BN_cmp(s[lane].get(), modulus.n.get()) < 0) expected |= 1u << lane;
      } else {
        block = other_block(modulus, block, dice);
      }
      const Number hash = dice.number(static_cast<int>(1 + dice.below(256)));
      batch.set(lane, modulus, s[lane], block, hash);
    }
    ASSERT_EQ(batch.run(GetParam()), expected) << "n of lane 0: " << octets_as_hex(*moduli[0]);
    const auto used = static_cast<std::uint32_t>(1u << dice.below(kLanes) | 1u << dice.below(kLanes));
    ASSERT_EQ(batch.run(GetParam(), used), expected & used) << "lanes " << used;
  }

  static std::string octets_as_hex(const Modulus& modulus) {
    char* const hex = BN_bn2hex(modulus.n.get());
    std::string text(hex);
    OPENSSL_free(hex);
    return text;
  }

  void expect_agreement_on_special_values(const Modulus& modulus, Dice& dice) {
    const int bits = BN_num_bits(modulus.n.get());
    const Number one = number_of(1);
    std::array<Number, 2 * kLanes> s{number_of(0),
                                     number_of(1),
                                     number_of(2),
                                     difference(modulus.n, one),
                                     difference(modulus.n, number_of(2)),
                                     power_of_2(bits - 1),
                                     power_of_2(520),
                                     difference(power_of_2(520), one),
                                     difference(power_of_2(bits - 1), one),
                                     power_of_2(static_cast<int>(dice.below(2048))),
                                     copy_of(modulus.n),
                                     sum(modulus.n, one),
                                     dice.below(modulus.n),
                                     dice.below(modulus.n),
                                     dice.below(modulus.n),
                                     dice.below(modulus.n)};
    std::array<const Modulus*, kLanes> moduli{};
    moduli.fill(&modulus);
    expect_agreement(moduli, std::span<const Number>(s).first<kLanes>(), dice);
    expect_agreement(moduli, std::span<const Number>(s).last<kLanes>(), dice);
  }
};

TEST_P(RsaPublicX8, AgreesOnStructuredModuli) {
  Dice dice(1);
  for (const int bits : {2048, 2049, 2071, 2072, 2073, 2080, 3072, 3111, 3112, 3113, 4095, 4096}) {
    for (Number& n : structured_moduli(bits)) {
      const Modulus modulus = modulus_of(std::move(n));
      ASSERT_NE(modulus.lanes, nullptr);
      expect_agreement_on_special_values(modulus, dice);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(RsaPublicX8, AgreesOnRandomModuliOfAnyLength) {
  const char* const lanes_text = std::getenv("ASSAY_RSA_TEST_LANES");  // NOLINT(concurrency-mt-unsafe): one thread
  const std::uint64_t lanes_wanted = lanes_text != nullptr ? std::strtoull(lanes_text, nullptr, 10) : 2000;
  // Signatures per modulus: preparing constants is dear, and the long run is to see many of both.
  const std::uint64_t batches_per_set = lanes_wanted > 1'000'000 ? 1000 : 4;
  Dice dice(2);
  for (std::uint64_t lanes = 0; lanes < lanes_wanted;) {
    std::array<Modulus, kLanes> set;
    std::array<const Modulus*, kLanes> moduli{};
    constexpr std::array<int, 3> kFirst{2048, 2073, 3113};
    constexpr std::array<int, 3> kLast{2072, 3112, 4096};
    const std::uint64_t size_class = dice.below(kFirst.size());
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const int choices = kLast[size_class] - kFirst[size_class] + 1;
      set[lane] =
          modulus_of(dice.odd(kFirst[size_class] + static_cast<int>(dice.below(static_cast<unsigned>(choices)))));
      moduli[lane] = &set[lane];
      ASSERT_NE(set[lane].lanes, nullptr);
    }
    for (std::uint64_t batch = 0; batch < batches_per_set; ++batch, lanes += kLanes) {
      std::array<Number, kLanes> s;
      for (std::size_t lane = 0; lane < kLanes; ++lane) s[lane] = dice.below(set[lane].n);
      expect_agreement(moduli, s, dice);
      if (HasFatalFailure()) return;
    }
  }
}

// Eight moduli, eight good signatures.
struct GoodBatch {
  GoodBatch() {
    Dice dice(3);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      moduli[lane] = modulus_of(dice.odd(2048));
      s[lane] = dice.below(moduli[lane].n);
      batch.set(lane, moduli[lane], s[lane], power_of(moduli[lane], s[lane]), number_of(lane + 1));
    }
  }
  std::array<Modulus, kLanes> moduli;
  std::array<Number, kLanes> s;
  Batch batch;
};

TEST_P(RsaPublicX8, FindsEverySetOfUnequalLanes) {
  GoodBatch good;
  ASSERT_EQ(good.batch.run(GetParam()), 0xffu);
  for (std::uint32_t equal = 0; equal < 0x100; equal += 7) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      good.batch.hash(lane).back() = static_cast<char>((lane + 1) ^ (~equal >> lane & 1));
    }
    EXPECT_EQ(good.batch.run(GetParam()), equal);
  }
}

TEST_P(RsaPublicX8, RefusesAOneBitChangeOfAnyLimbInThatLaneAlone) {
  GoodBatch good;
  Dice dice(4);
  const auto expect_refused = [&](std::uint64_t(*limbs)[kLanes], std::size_t count, const char* what) {
    for (std::size_t limb = 0; limb < count; ++limb) {
      const std::size_t lane = limb % kLanes;
      const std::uint64_t flipped = std::uint64_t{1} << dice.below(kLimbBits);
      limbs[limb][lane] ^= flipped;
      EXPECT_EQ(good.batch.run(GetParam()), 0xffu & ~(1u << lane)) << what << " limb " << limb;
      limbs[limb][lane] ^= flipped;
    }
  };
  expect_refused(good.batch.keys().modulus_n, kLimbsMin - 1, "n");  // of the top limb 20 bits are n's
  expect_refused(good.batch.keys().fold_m, kLimbsMin - 1, "M");
  expect_refused(good.batch.keys().double_fold_d, kLimbsMin - 1, "D");
  expect_refused(good.batch.keys().hash_factor_k, kLimbsMin - 1, "K");
  expect_refused(good.batch.keys().padding_c, kLimbsMin - 1, "C");
  expect_refused(good.batch.keys().inverse, kBlockLimbs, "-1/n");
}

TEST_P(RsaPublicX8, RefusesAOneBitChangeOfAnyOctetInThatLaneAlone) {
  GoodBatch good;
  Dice dice(5);
  for (std::size_t octet = 0; octet < 2048 / 8; ++octet) {
    const std::size_t lane = octet % kLanes;
    std::string& signature = good.batch.signature(lane);
    char& changed = octet < kHashBytes ? good.batch.hash(lane)[octet] : signature[signature.size() - 1 - octet];
    const auto flipped = static_cast<char>(1u << dice.below(8));
    changed ^= flipped;
    EXPECT_EQ(good.batch.run(GetParam()), 0xffu & ~(1u << lane)) << octet;
    EXPECT_EQ(good.batch.run(GetParam(), 1u << lane), 0u) << octet;
    changed ^= flipped;
  }
}

TEST_P(RsaPublicX8, DecidesAnySetOfLanesInUseAlike) {
  GoodBatch good;
  good.batch.hash(2).front() ^= 1;
  good.batch.signature(5).back() ^= 1;
  const std::uint32_t equal = 0xffu & ~(1u << 2) & ~(1u << 5);
  for (std::uint32_t used = 0; used < 0x100; ++used) EXPECT_EQ(good.batch.run(GetParam(), used), used & equal) << used;
}

// Signatures with a limb of zeros or ones at each place: what is carried between limbs, vectors and lanes.
TEST_P(RsaPublicX8, AgreesOnSignaturesWithOneOddLimb) {
  Dice dice(6);
  for (const int bits : {2048, 3072, 4096}) {
    const Modulus modulus = modulus_of(dice.odd(bits));
    std::array<const Modulus*, kLanes> moduli{};
    moduli.fill(&modulus);
    constexpr int kWidth = static_cast<int>(kLimbBits);
    for (int first = 0; first + kWidth < bits - 1; first += 4 * kWidth) {
      std::array<Number, kLanes> s;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        s[lane] = lane % 2 == 0 ? dice.below(modulus.n) : number_of(0);
        const int lowest = first + static_cast<int>(lane / 2) * kWidth;
        for (int bit = lowest; bit < lowest + kWidth && bit < bits - 1; ++bit) {
          lane % 2 == 0 ? BN_clear_bit(s[lane].get(), bit) : BN_set_bit(s[lane].get(), bit);
        }
      }
      expect_agreement(moduli, s, dice);
      if (HasFatalFailure()) return;
    }
  }
}

// Signatures whose halves are equal, or the low one the smaller: their difference is what a kernel squares.
TEST_P(RsaPublicX8, AgreesOnSignaturesOfRelatedHalves) {
  Dice dice(7);
  for (const int bits : {2048, 2072, 3072, 3112, 4096}) {
    const Modulus modulus = modulus_of(dice.odd(bits));
    std::array<const Modulus*, kLanes> moduli{};
    moduli.fill(&modulus);
    const int half = static_cast<int>(modulus.lanes->limbs() * kLimbBits / 2);
    const Number one = number_of(1);
    for (int turn = 0; turn < 20; ++turn) {
      const Number high = dice.number(bits - 1 - half);
      const std::array<Number, kLanes> low{copy_of(high),
                                           difference(high, one),
                                           sum(high, one),
                                           number_of(0),
                                           difference(power_of_2(half), one),
                                           dice.below(high),
                                           power_of_2(static_cast<int>(dice.below(static_cast<unsigned>(half)))),
                                           dice.number(half)};
      std::array<Number, kLanes> s;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        s[lane] = number_of(0);
        BN_lshift(s[lane].get(), high.get(), half);
        BN_add(s[lane].get(), s[lane].get(), low[lane].get());
      }
      expect_agreement(moduli, s, dice);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(RsaPublicX8, VerdictsPermuteWithTheLanes) {
  GoodBatch good;
  std::array<std::size_t, kLanes> order{3, 1, 4, 0, 5, 7, 2, 6};
  for (std::size_t bad = 0; bad < kLanes; ++bad) {
    Batch permuted;
    std::uint32_t expected = 0xff;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Modulus& modulus = good.moduli[order[lane]];
      const Number& s = good.s[order[lane]];
      Number block = power_of(modulus, s);
      if (order[lane] == bad) {
        BN_add_word(block.get(), 1);
        expected &= ~(1u << lane);
      }
      permuted.set(lane, modulus, s, block, number_of(bad));
    }
    EXPECT_EQ(permuted.run(GetParam()), expected);
  }
}

// OpenSSL does the work of the portable variant in an engine; here it is what the others are held to.
std::vector<RsaVariant> variants_of_ours() {
  std::vector<RsaVariant> variants{{.name = "portable", .run = rsa_public_x8_portable, .needs = {}}};
  for (const RsaVariant& variant : rsa_variants()) {
    if (variant.run != nullptr) variants.push_back(variant);
  }
  return variants;
}

INSTANTIATE_TEST_SUITE_P(Variants, RsaPublicX8, testing::ValuesIn(variants_of_ours()),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace assay::kernel
