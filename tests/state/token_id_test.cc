#include "state/token_id.h"

#include <array>
#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace assay::state {
namespace {

constexpr std::array kKinds = {RevocationKind::kToken,
                               RevocationKind::kJti,
                               RevocationKind::kSubject,
                               RevocationKind::kClient,
                               RevocationKind::kSession,
                               RevocationKind::kSigningKey,
                               RevocationKind::kSubjectIssuedBefore,
                               RevocationKind::kIssuerIssuedBefore};
static_assert(kKinds.size() == kRevocationKindCount);

std::string text_of(RevocationKind kind, std::string_view issuer, std::string_view value) {
  const TargetText text({.kind = kind, .issuer = issuer, .value = value});
  std::string joined;
  for (const std::string_view piece : text.pieces()) joined += piece;
  return joined;
}

TEST(TokenId, TextIsVersionKindIssuerAndValueAfterTheirLengths) {
  const std::string expected(
      "\0\0\0\1\1"
      "\0\0\0\1\3"
      "\0\0\0\2is"
      "\0\0\0\5alice",
      5 + 5 + 6 + 9);
  EXPECT_EQ(text_of(RevocationKind::kSubject, "is", "alice"), expected);
}

// sha256sum of the bytes above gives 7dd33618419f6eb300b21b4364ed9278afd01eea841371452a8ce68ddc2a5edf.
TEST(TokenId, DurableIdOfTheTextIsStable) {
  const std::string text = text_of(RevocationKind::kSubject, "is", "alice");
  DurableId id;
  ASSERT_EQ(EVP_Digest(text.data(), text.size(), id.data(), nullptr, EVP_sha256(), nullptr), 1);
  EXPECT_EQ(target_id_of(id), (TargetId{.high = 0x7dd33618419f6eb3, .low = 0x00b21b4364ed9278}));
}

TEST(TokenId, NumbersOfKindsAreThoseOnDisk) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) EXPECT_EQ(static_cast<std::size_t>(kKinds[i]), i + 1);
}

TEST(TokenId, NoTwoNamesShareAText) {
  std::set<std::string> texts;
  std::size_t names = 0;
  for (const RevocationKind kind : kKinds) {
    for (const std::string_view issuer : {"", "a", "ab", "abc"}) {
      for (const std::string_view value : {"", "a", "bc", "c"}) {
        texts.insert(text_of(kind, issuer, value));
        ++names;
      }
    }
  }
  EXPECT_EQ(texts.size(), names);
}

TEST(TokenId, LengthsOverAByteAreBigEndian) {
  const std::string text = text_of(RevocationKind::kToken, std::string(0x0102, 'i'), std::string(0x010203, 'v'));
  EXPECT_EQ(text.substr(10, 4), std::string("\0\0\1\2", 4));
  EXPECT_EQ(text.substr(14 + 0x0102, 4), std::string("\0\1\2\3", 4));
  EXPECT_EQ(text.size(), 18U + 0x0102 + 0x010203);
}

TEST(TokenId, TargetIdIsTheFirstSixteenBytesBigEndian) {
  DurableId id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(i + 1);
  EXPECT_EQ(target_id_of(id), (TargetId{.high = 0x0102030405060708, .low = 0x090a0b0c0d0e0f10}));
}

TEST(TokenId, TargetsKeepEachKindApart) {
  TokenTargets targets(42);
  EXPECT_EQ(targets.kinds(), 0U);
  for (const RevocationKind kind : kKinds) targets.set(kind, {.high = static_cast<std::uint64_t>(kind), .low = 7});
  for (const RevocationKind kind : kKinds) {
    EXPECT_EQ(targets.id(kind), (TargetId{.high = static_cast<std::uint64_t>(kind), .low = 7}));
    EXPECT_NE(targets.kinds() & TokenTargets::bit_of(kind), 0U);
  }
  EXPECT_EQ(targets.issued_at_us(), 42);
}

TEST(TokenId, WhatIsAbsentIsKnownAndNotThere) {
  TokenTargets targets;
  EXPECT_EQ(targets.known(), 0U);
  targets.set_absent(RevocationKind::kSession);
  targets.set(RevocationKind::kJti, {.high = 1, .low = 2});
  EXPECT_EQ(targets.kinds(), TokenTargets::bit_of(RevocationKind::kJti));
  EXPECT_EQ(targets.known(), targets.kinds() | TokenTargets::bit_of(RevocationKind::kSession));
  for (const RevocationKind kind : kKinds) targets.set_absent(kind);
  EXPECT_EQ(targets.known(), TokenTargets::kAllKinds);
}

TEST(TokenId, WithoutIatATokenWasIssuedBeforeEveryTime) {
  EXPECT_LT(TokenTargets().issued_at_us(), std::numeric_limits<std::int64_t>::min() + 1);
}

}  // namespace
}  // namespace assay::state
