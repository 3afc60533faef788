#include "verify/control.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Control, KeepsTheOldPolicyWhenANewOneIsInvalid) {
  const auto engine = open_engine(policy());
  Policy invalid = policy();
  invalid.issuers[0].audiences.clear();
  EXPECT_EQ(engine->control().reload(invalid).error().code, ErrorCode::kBadPolicy);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);

  Policy stricter = policy();
  stricter.issuers[0].audiences = {"other"};
  ASSERT_TRUE(engine->control().reload(stricter));
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kBadAudience);
}

TEST(Control, CountsVerdictsByIssuerAndCode) {
  const auto engine = open_engine(policy());
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_EQ(decide(*engine, {.token = token(claims({{"exp", "1"}}))}).code, ErrorCode::kExpired);
  EXPECT_EQ(decide(*engine, {.token = "x"}).code, ErrorCode::kMalformedToken);
  std::vector<std::string> seen;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name != "verdicts_total") return;
    seen.push_back(std::string(metric.labels[0].second) + "/" + std::string(metric.labels[2].second) + "=" +
                   std::to_string(static_cast<int>(metric.value)));
  });
  EXPECT_THAT(seen, ElementsAre("main/accepted=1", "main/expired=1", "/malformed_token=1"));
}

TEST(Control, CountsScopesThatDoNotFitTheirGrammar) {
  const auto engine = open_engine(policy());
  EXPECT_EQ(decide(*engine, {.token = token(claims({{"scope", "\"two  blanks\""}}))}).code, ErrorCode::kNone);
  double count = -1;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name == "unreadable_scopes_total") count = metric.value;
  });
  EXPECT_EQ(count, 1);
}

TEST(Control, ListsItsKeysWithReasons) {
  Policy chosen = policy();
  const std::string encryption = other_rsa_key().public_jwk({.kid = "e1", .alg = {}, .use = "enc"});
  chosen.issuers[0].keys =
      jwks_source(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = "RS256", .use = {}}), encryption));
  const auto engine = open_engine(chosen);
  std::vector<std::string> usable;
  std::vector<std::string> unusable;
  engine->control().for_each_key([&](const KeyInfo& key) {
    (key.usable ? usable : unusable).push_back(std::string(key.kid) + " " + std::string(key.type));
    EXPECT_EQ(key.reason.empty(), key.usable);
  });
  EXPECT_THAT(usable, ElementsAre("k1 RSA"));
  EXPECT_THAT(unusable, ElementsAre("e1 RSA"));
  EXPECT_TRUE(engine->control().readiness().ready);
  EXPECT_THAT(engine->control().readiness().missing, IsEmpty());
}

std::string_view base64url_kernel_with(const char* forced) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread that reads the environment
  const char* const before = std::getenv("ASSAY_KERNEL");
  const std::string restored = before == nullptr ? "" : before;
  setenv("ASSAY_KERNEL", forced, 1);  // NOLINT(concurrency-mt-unsafe): as above
  const auto machine = verify::ControlMachine::open({.policy = policy()});
  setenv("ASSAY_KERNEL", restored.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): as above
  return machine ? (*machine)->kernels().base64url.name : "not opened";
}

TEST(Control, HandsDownTheKernelsThatTheEnvironmentForces) {
  EXPECT_EQ(base64url_kernel_with("portable"), "portable");
  EXPECT_EQ(base64url_kernel_with("base64url=portable"), "portable");
  EXPECT_EQ(base64url_kernel_with("base64url=Portable"), "not opened");
  const auto preferred = kernel::select_kernels("", base::detect_cpu_features());
  EXPECT_EQ(base64url_kernel_with(""), preferred->base64url.name);
}

}  // namespace
}  // namespace assay::test
