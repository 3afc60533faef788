// Who checks which signature, and that a kernel that errs is caught. Through an engine, with a kernel that a test
// breaks.
#include "verify/signature_stage.h"

#include <gtest/gtest.h>

#include "tests/verify/broken_engine.h"

namespace assay::test {
namespace {

double metric(const Control& control, std::string_view name) {
  double value = -1;
  control.for_each_metric([&](const Metric& metric) {
    if (metric.name == name) value = metric.value;
  });
  return value;
}

TEST(SignatureStage, TheKernelDecidesAboutRs256) {
  const auto machine = open_broken(0);
  Worker::Impl worker(*machine);
  const std::string good = token();
  EXPECT_EQ(decide(worker, good), ErrorCode::kNone);
  const WithKernelFault fault(KernelFault::kLimbFlipped);
  EXPECT_EQ(decide(worker, good), ErrorCode::kBadSignature);
}

TEST(SignatureStage, AForgedTokenThatTheKernelAcceptsIsNoVerdictAndTurnsTheKernelOff) {
  EXPECT_EQ(code_of_caught_kernel(), ErrorCode::kKernelFault);
  const auto machine = open_broken(1);
  Worker::Impl worker(*machine);
  Worker::Impl other_worker(*machine);
  const std::string forged = forged_token();
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 1);
  {
    const WithKernelFault fault(KernelFault::kAcceptsAll);
    EXPECT_EQ(decide(worker, forged), ErrorCode::kKernelFault);
    EXPECT_EQ(decide(worker, forged), ErrorCode::kBadSignature);  // OpenSSL's verdict
    EXPECT_EQ(decide(other_worker, forged), ErrorCode::kBadSignature);
  }
  EXPECT_EQ(decide(worker, token()), ErrorCode::kNone);
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 0);
  EXPECT_EQ(metric(*machine, "rsa_kernel_mismatches_total"), 1);
  EXPECT_EQ(metric(*machine, "rsa_kernel_rechecks_total"), 1);
}

TEST(SignatureStage, VerifiesTheFirstAndThenTheAgreedShareAgain) {
  const auto machine = open_broken(4);
  Worker::Impl worker(*machine);
  const std::string good = token();
  const std::string forged = forged_token();
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(decide(worker, good), ErrorCode::kNone);
    EXPECT_EQ(decide(worker, forged), ErrorCode::kBadSignature);  // what is refused is not verified again
  }
  EXPECT_EQ(metric(*machine, "rsa_kernel_rechecks_total"), 3);
}

TEST(SignatureStage, VerifiesNothingAgainWhereTheShareIsZero) {
  const auto machine = open_broken(0);
  Worker::Impl worker(*machine);
  EXPECT_EQ(decide(worker, token()), ErrorCode::kNone);
  EXPECT_EQ(metric(*machine, "rsa_kernel_rechecks_total"), 0);
}

TEST(SignatureStage, AKernelThatFailsItsSelfTestIsNeverUsed) {
  const WithKernelFault fault(KernelFault::kAcceptsAll);
  const auto machine = open_broken(0);
  Worker::Impl worker(*machine);
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 0);
  EXPECT_EQ(decide(worker, forged_token()), ErrorCode::kBadSignature);
  EXPECT_EQ(decide(worker, token()), ErrorCode::kNone);
}

// A token whose hash another one got would be believed with the other one's signature.
TEST(SignatureStage, AHashOfAnotherMessageIsNoVerdictAndTurnsTheKernelsOff) {
  const auto machine = open_broken(1);
  Worker::Impl worker(*machine);
  const std::string good = token();
  const std::string payload = claims({{"jti", "\"forged\""}});
  const std::string forged =
      signing::signing_input({.header_json = header(), .payload_json = payload}) + good.substr(good.rfind('.'));
  const std::array<Check, 2> checks{Check{.token = forged}, Check{.token = good}};
  std::array<Verdict, 2> verdicts;
  {
    const WithDigestFault fault(DigestFault::kSwapped);
    worker.decide(checks, verdicts, kNow);
  }
  EXPECT_EQ(verdicts[0].code(), ErrorCode::kKernelFault);
  EXPECT_FALSE(verdicts[1].accepted());
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 0);
  worker.decide(checks, verdicts, kNow);
  EXPECT_EQ(verdicts[0].code(), ErrorCode::kBadSignature);
  EXPECT_EQ(verdicts[1].code(), ErrorCode::kNone);
}

// ES256 is OpenSSL's but for the hash.
TEST(SignatureStage, WhatOpenSslVerifiesByAKernelsHashIsVerifiedAgainToo) {
  const signing::SigningKey ec = signing::SigningKey::generate_ec(signing::Curve::kP256);
  IssuerPolicy issuer = issuer_policy();
  issuer.algorithms = {Alg::kES256};
  issuer.keys = jwks_source(signing::jwk_set(ec.public_jwk({.kid = "ec", .alg = {}, .use = {}})));
  const auto machine = open_broken(1, policy({issuer}));
  Worker::Impl worker(*machine);
  const std::string good = token(claims(), header("ES256", "ec"), ec, Alg::kES256);
  EXPECT_EQ(decide(worker, good), ErrorCode::kNone);
  EXPECT_EQ(metric(*machine, "rsa_kernel_rechecks_total"), 1);
  {
    const WithDigestFault fault(DigestFault::kBitFlipped);
    EXPECT_EQ(decide(worker, good), ErrorCode::kBadSignature);
  }
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 1);
}

TEST(SignatureStage, ADigestKernelThatFailsItsSelfTestIsNeverUsed) {
  const WithDigestFault fault(DigestFault::kBitFlipped);
  const auto machine = open_broken(0);
  Worker::Impl worker(*machine);
  EXPECT_EQ(metric(*machine, "rsa_kernel_trusted"), 0);
  EXPECT_EQ(decide(worker, token()), ErrorCode::kNone);
  EXPECT_EQ(decide(worker, forged_token()), ErrorCode::kBadSignature);
}

// A batch of everything: who checks a signature must not show in the verdicts, nor change their order.
TEST(SignatureStage, AnswersAMixedBatchInOrder) {
  const signing::SigningKey ec = signing::SigningKey::generate_ec(signing::Curve::kP256);
  const signing::SigningKey big = signing::SigningKey::generate_rsa(3072);
  IssuerPolicy issuer = issuer_policy();
  issuer.algorithms = {Alg::kRS256, Alg::kRS384, Alg::kPS256, Alg::kES256};
  issuer.keys = jwks_source(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}),
                                             big.public_jwk({.kid = "big", .alg = {}, .use = {}}),
                                             ec.public_jwk({.kid = "ec", .alg = {}, .use = {}})));
  const auto engine = open_engine(policy({issuer}));
  std::vector<std::string> tokens;
  std::vector<ErrorCode> expected;
  for (int i = 0; i < 5; ++i) {
    const std::string payload = claims({{"jti", "\"" + std::to_string(i) + "\""}});
    tokens.push_back(token(payload));
    tokens.push_back(token(payload, header("RS256", "big"), big));
    tokens.push_back(token(payload, header("RS384"), rsa_key(), Alg::kRS384));
    tokens.push_back(token(payload, header("ES256", "ec"), ec, Alg::kES256));
    tokens.push_back(token(payload, header("RS256", "")));  // no kid: both RSA keys are candidates
    tokens.push_back(token(payload, header("PS256"), rsa_key(), Alg::kPS256));
    expected.insert(expected.end(), 6, ErrorCode::kNone);
    tokens.push_back(token(payload, header(), other_rsa_key()));
    tokens.push_back(token(payload, header("RS256", "big"), rsa_key()));
    tokens.push_back(token(payload, header("RS256"), rsa_key(), Alg::kPS256));
    expected.insert(expected.end(), 3, ErrorCode::kBadSignature);
  }
  std::vector<Check> checks;
  for (const std::string& text : tokens) checks.push_back({.token = text});
  std::vector<Verdict> verdicts(checks.size());
  Worker worker = engine->worker();
  worker.decide(checks, verdicts, kNow);
  for (std::size_t i = 0; i < verdicts.size(); ++i) EXPECT_EQ(verdicts[i].code(), expected[i]) << i;
}

}  // namespace
}  // namespace assay::test
