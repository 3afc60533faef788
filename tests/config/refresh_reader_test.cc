#include "config/refresh_reader.h"

#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;

std::string issuer_with(const std::string& rest) { return std::string(test::kIssuer) + rest; }

RefreshPolicy refresh_of(const std::string& rest) {
  const Configuration configuration = accepted(issuer_with(rest));
  return configuration.policy.issuers.empty() ? RefreshPolicy{} : configuration.policy.issuers[0].refresh;
}

TEST(RefreshReader, HasTheDefaultsOfThePolicy) { EXPECT_EQ(refresh_of(""), RefreshPolicy{}); }

TEST(RefreshReader, ReadsEveryRule) {
  const RefreshPolicy refresh = refresh_of(
      "refresh = \"500ms\"\nrefresh_floor = \"200ms\"\nrefresh_ceiling = \"1h\"\nmax_stale = \"2h\"\n"
      "forced_fetch_every = \"1s\"\nforced_fetch_burst = 3\nunknown_kid_wait = \"0s\"\n");
  EXPECT_EQ(refresh.interval, std::chrono::milliseconds(500));
  EXPECT_EQ(refresh.floor, std::chrono::milliseconds(200));
  EXPECT_EQ(refresh.ceiling, std::chrono::hours(1));
  EXPECT_EQ(refresh.max_stale, std::chrono::hours(2));
  EXPECT_EQ(refresh.forced_fetch_every, std::chrono::seconds(1));
  EXPECT_EQ(refresh.forced_fetch_burst, 3U);
  EXPECT_EQ(refresh.unknown_kid_wait, std::chrono::milliseconds(0));
}

TEST(RefreshReader, RefusesWhatContradictsItself) {
  expect_fault(issuer_with("@refresh_floor = \"11m\"\n"), "issuer.refresh_floor", "longer than the ceiling (10m)",
               "at most refresh_ceiling");
  expect_fault(issuer_with("@refresh_ceiling = \"9m\"\n"), "issuer.refresh_ceiling", "shorter than refresh (10m)",
               "at least refresh");
  expect_fault(issuer_with("refresh_ceiling = \"2h\"\n@max_stale = \"1h\"\n"), "issuer.max_stale",
               "shorter than refresh (2h)", "at least refresh");
  expect_fault(issuer_with("forced_fetch_burst = @101\n"), "issuer.forced_fetch_burst", "out of bounds", "0 to 100");
  expect_fault(issuer_with("unknown_kid_wait = @\"11s\"\n"), "issuer.unknown_kid_wait", "out of bounds", "0s to 10s");
}

}  // namespace
}  // namespace assay::config
