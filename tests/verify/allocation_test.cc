// No heap allocation of the engine per decided token, after warm-up. OpenSSL's own go through its hook and are counted
// apart: EVP_PKEY_verify allocates inside (BIGNUM scratch), which no caller can avoid.
#include <cstdlib>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "assay/engine.h"
#include "tests/allocation/counted_heap.h"
#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/test_issuer.h"

namespace {

std::size_t openssl_allocations = 0;

void* openssl_malloc(std::size_t bytes, const char*, int) {
  ++openssl_allocations;
  return std::malloc(bytes);
}
void* openssl_realloc(void* block, std::size_t bytes, const char*, int) {
  ++openssl_allocations;
  return std::realloc(block, bytes);
}
void openssl_free(void* block, const char*, int) { std::free(block); }

// Before any other call of OpenSSL, or it refuses.
const bool kOpensslHooked = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;

}  // namespace

namespace assay::test {
namespace {

std::size_t allocations_of_decides(const Policy& chosen, const std::string& compact, ErrorCode expected) {
  const auto engine = open_engine(chosen);
  Worker worker = engine->worker();
  const std::vector<Check> checks(16, Check{.token = compact, .method = "GET", .path = "/orders"});
  std::vector<Verdict> verdicts(checks.size());
  for (int i = 0; i < 3; ++i) worker.decide(checks, verdicts, kNow);
  EXPECT_EQ(verdicts[0].code(), expected);
  const std::size_t before = allocation_count();
  for (int i = 0; i < 10; ++i) worker.decide(checks, verdicts, kNow);
  return allocation_count() - before;
}

Policy routed_policy() {
  Policy chosen = policy();
  chosen.routes = {{.path = "/orders",
                    .methods = {"GET"},
                    .issuers = {},
                    .scopes = {"orders:read"},
                    .any_scopes = {},
                    .required_claims = {"sub"}}};
  return chosen;
}

TEST(Allocation, TheHookSeesOpenSsl) {
  ASSERT_TRUE(kOpensslHooked);
  const std::size_t before = openssl_allocations;
  (void)token();
  EXPECT_GT(openssl_allocations, before);
}

TEST(Allocation, NoneOfTheEnginePerAcceptedToken) {
  EXPECT_EQ(allocations_of_decides(routed_policy(), token(), ErrorCode::kNone), 0U);
}

// More tokens than there is room for: found, admitted and dropped in turn.
TEST(Allocation, NoneOfTheEnginePerRememberedToken) {
  const auto engine =
      Engine::open(
          {.policy = routed_policy(), .verified_cache_bytes = kVerifiedCacheBytesMin, .host_steps_control = true})
          .value();
  Worker worker = engine->worker();
  std::vector<std::string> tokens;
  for (int i = 0; i < 300; ++i) tokens.push_back(token(claims({{"n", std::to_string(i)}})));
  std::size_t before = 0;
  for (int round = 0; round < 6; ++round) {
    for (const std::string& compact : tokens) {
      const Check check{.token = compact, .method = "GET", .path = "/orders"};
      std::array<Verdict, 1> verdicts;
      if (round == 1 && &compact == &tokens.front()) before = allocation_count();
      worker.decide({&check, 1}, verdicts, kNow);
      ASSERT_TRUE(verdicts[0].accepted());
    }
  }
  EXPECT_EQ(allocation_count() - before, 0U);
}

TEST(Allocation, NoneOfTheEnginePerTokenThatMayBeRevoked) {
  FakeRevocationLog log;
  const auto engine =
      Engine::open({.policy = routed_policy(), .revocation_log = &log, .host_steps_control = true}).value();
  const std::string of_bob = token(claims({{"sub", "\"bob\""}}));
  const std::array<RevocationTarget, 3> targets{
      RevocationTarget{.kind = RevocationKind::kSubject, .value = "bob"}, RevocationTarget{.value = of_bob},
      RevocationTarget{.kind = RevocationKind::kIssuerIssuedBefore, .issued_before_us = 1}};
  engine->control().revoke(targets, kNow, [](const RevocationResult&) {});
  Worker worker = engine->worker();
  const std::string texts[] = {token(), of_bob};
  const std::array<Check, 2> checks{Check{.token = texts[0], .method = "GET", .path = "/orders"},
                                    Check{.token = texts[1], .method = "GET", .path = "/orders"}};
  std::array<Verdict, 2> verdicts;
  for (int i = 0; i < 3; ++i) worker.decide(checks, verdicts, kNow);
  const std::size_t before = allocation_count();
  for (int i = 0; i < 10; ++i) worker.decide(checks, verdicts, kNow);
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_TRUE(verdicts[0].accepted());
  EXPECT_EQ(verdicts[1].code(), ErrorCode::kRevoked);
}

TEST(Allocation, NoneOfTheEnginePerRefusedToken) {
  EXPECT_EQ(
      allocations_of_decides(routed_policy(), token(claims(), header(), other_rsa_key()), ErrorCode::kBadSignature),
      0U);
  EXPECT_EQ(allocations_of_decides(routed_policy(), token(claims({{"exp", "1"}})), ErrorCode::kExpired), 0U);
  EXPECT_EQ(allocations_of_decides(routed_policy(), "garbage", ErrorCode::kMalformedToken), 0U);
  EXPECT_EQ(allocations_of_decides(routed_policy(), token(claims({{"scope", "\"x\""}})), ErrorCode::kInsufficientScope),
            0U);
  EXPECT_EQ(allocations_of_decides(routed_policy(), token(claims({{"exp", "{}"}})), ErrorCode::kBadClaim), 0U);
}

}  // namespace
}  // namespace assay::test
