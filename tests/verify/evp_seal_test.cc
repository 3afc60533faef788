#include "verify/evp_seal.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace assay::verify {
namespace {

const std::string kFleetKey(32, 'k');
constexpr std::string_view kPlace = "place";
constexpr std::string_view kPlain = "what is sealed";

std::string hmac(std::string_view key, std::string_view text) {
  std::string made(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(made.data()), nullptr);
  return made;
}

// RFC 5869 sec 2, written down without OpenSSL's HKDF: one block, no salt.
std::string hkdf(std::string_view root, std::string_view info) {
  return hmac(hmac(std::string(32, '\0'), root), std::string(info) + '\x01');
}

std::string text_of(const SealDigest& digest) { return {digest.begin(), digest.end()}; }

TEST(FleetSeal, OpensWhatItSealed) {
  const FleetSeal seal(kFleetKey);
  for (const std::size_t bytes : {0U, 1U, 15U, 16U, 17U, 70'000U}) {
    const std::string plain(bytes, 'p');
    const std::string sealed = seal.seal(kPlace, plain);
    EXPECT_EQ(sealed.size(), bytes + FleetSeal::kOverheadBytes);
    EXPECT_EQ(seal.open(kPlace, sealed), plain);
  }
}

TEST(FleetSeal, RefusesEveryBitThatWasChanged) {
  const FleetSeal seal(kFleetKey);
  const std::string sealed = seal.seal(kPlace, kPlain);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(seal.open(kPlace, changed)) << bit;
  }
}

TEST(FleetSeal, RefusesWhatIsCutOrLonger) {
  const FleetSeal seal(kFleetKey);
  const std::string sealed = seal.seal(kPlace, kPlain);
  for (std::size_t bytes = 0; bytes < sealed.size(); ++bytes) {
    EXPECT_FALSE(seal.open(kPlace, sealed.substr(0, bytes))) << bytes;
    EXPECT_FALSE(seal.open(kPlace, sealed.substr(sealed.size() - bytes))) << bytes;
  }
  EXPECT_FALSE(seal.open(kPlace, sealed + '\0'));
}

TEST(FleetSeal, RefusesAnotherPlaceAndAnotherFleet) {
  const FleetSeal seal(kFleetKey);
  const std::string sealed = seal.seal(kPlace, kPlain);
  EXPECT_FALSE(seal.open("Place", sealed));
  EXPECT_FALSE(seal.open("", sealed));
  std::string other_key = kFleetKey;
  other_key.back() = 'K';
  EXPECT_FALSE(FleetSeal(other_key).open(kPlace, sealed));
  EXPECT_EQ(FleetSeal(kFleetKey).open(kPlace, sealed), kPlain) << "the same fleet, another node";
}

TEST(FleetSeal, SealsTheSameTextNeverAlike) {
  const FleetSeal seal(kFleetKey);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(seal.seal(kPlace, kPlain).substr(0, FleetSeal::kNonceBytes));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(FleetSeal, MakesItsKeysAsItsHeaderSays) {
  const FleetSeal seal(kFleetKey);
  const std::string digest_key = hkdf(kFleetKey, "assay shared answers 1 digest");
  const std::string counted = std::string(7, '\0') + '\x02' + "ab" + std::string(7, '\0') + '\x01' + "c";
  EXPECT_EQ(text_of(*seal.digest(std::array<std::string_view, 2>{"ab", "c"})), hmac(digest_key, counted));

  const std::string value_key = hkdf(hkdf(kFleetKey, "assay shared answers 1 value"), kPlace);
  const std::string sealed = seal.seal(kPlace, kPlain);
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(sealed.data());
  std::string plain(kPlain.size(), '\0');
  int count = 0;
  EXPECT_EQ(
      EVP_DecryptInit(context, EVP_aes_256_gcm(), reinterpret_cast<const unsigned char*>(value_key.data()), bytes), 1);
  EXPECT_EQ(EVP_DecryptUpdate(context, reinterpret_cast<unsigned char*>(plain.data()), &count,
                              bytes + FleetSeal::kNonceBytes, static_cast<int>(kPlain.size())),
            1);
  EVP_CIPHER_CTX_free(context);
  EXPECT_EQ(plain, kPlain);
}

TEST(FleetSeal, TellsListsOfPartsApart) {
  const FleetSeal seal(kFleetKey);
  const auto digest = [&](const std::vector<std::string_view>& parts) { return text_of(*seal.digest(parts)); };
  const std::set<std::string> all{digest({}),          digest({""}),    digest({"", ""}),   digest({"ab", "c"}),
                                  digest({"a", "bc"}), digest({"abc"}), digest({"abc", ""})};
  EXPECT_EQ(all.size(), 7U);
  EXPECT_EQ(digest({"ab", "c"}), digest({"ab", "c"}));
  EXPECT_NE(text_of(*FleetSeal(std::string(32, 'o')).digest(std::array<std::string_view, 1>{"abc"})), digest({"abc"}));
}

}  // namespace
}  // namespace assay::verify
