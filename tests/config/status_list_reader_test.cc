#include "config/status_list_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::accepted;
using test::expect_fault;
using test::kIssuer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kOne(kIssuer);

std::string with(const std::string& keys) { return kOne + "status_list = { " + keys + " }\n"; }

TEST(StatusListReader, ReadsUrlsAndTheDefaults) {
  const Configuration plain = accepted(with("urls = [\"https://a.example/1\", \"https://a.example/2?x=1\"]"));
  ASSERT_TRUE(plain.policy.issuers.at(0).status_list.has_value());
  const StatusListPolicy& lists = *plain.policy.issuers[0].status_list;
  EXPECT_THAT(lists.urls, ElementsAre("https://a.example/1", "https://a.example/2?x=1"));
  EXPECT_FALSE(lists.required);
  EXPECT_EQ(lists.refresh, minutes(5));
  EXPECT_EQ(lists.floor_in_effect(), seconds(10));
  EXPECT_EQ(lists.ceiling_in_effect(), minutes(5));
  EXPECT_EQ(lists.max_stale, hours(1));
  EXPECT_EQ(lists.timeout, seconds(10));
  EXPECT_EQ(lists.token_bytes_max, std::size_t{4} << 20);
  EXPECT_EQ(lists.list_bytes_max, std::size_t{8} << 20);
  EXPECT_FALSE(accepted(kOne).policy.issuers.at(0).status_list.has_value());
}

TEST(StatusListReader, ReadsEveryKeyAndShowsIt) {
  const std::string keys =
      "urls = [\"https://a.example/1\"], required = true, refresh = \"1m\", refresh_floor = \"1s\", "
      "refresh_ceiling = \"10m\", max_stale = \"30m\", timeout = \"2s\", max_fetched_bytes = 65536, "
      "max_list_bytes = 131072";
  const Configuration full = accepted(with(keys));
  const StatusListPolicy& lists = *full.policy.issuers.at(0).status_list;
  EXPECT_TRUE(lists.required);
  EXPECT_EQ(lists.refresh, minutes(1));
  EXPECT_EQ(lists.floor_in_effect(), seconds(1));
  EXPECT_EQ(lists.ceiling_in_effect(), minutes(10));
  EXPECT_EQ(lists.max_stale, minutes(30));
  EXPECT_EQ(lists.timeout, seconds(2));
  EXPECT_EQ(lists.token_bytes_max, 65536U);
  EXPECT_EQ(lists.list_bytes_max, 131072U);
  EXPECT_THAT(describe(full), HasSubstr("status_list = { " + keys + " }\n"));
}

TEST(StatusListReader, PlacesComplaints) {
  const auto expect = [](const std::string& keys, const std::string& key, const std::string& finding,
                         const std::string& hint) {
    expect_fault(with(keys), "issuer.status_list." + key, finding, hint);
  };
  const std::string urls = "urls = [\"https://a.example/1\"], ";
  expect_fault(kOne + "status_list = @{ required = true }\n", "issuer.status_list.urls", "is required", "status lists");
  expect("urls = [@\"http://a.example/1\"]", "urls", "https", "https://host/path");
  expect("urls = [\"https://a.example/1\", @\"file:///etc/passwd\"]", "urls", "https", "https://host/path");
  expect("urls = [\"https://a.example/1\", @\"https://a.example/1\"]", "urls", "twice", "");
  expect(urls + "@max_stale = \"299s\"", "max_stale", "is shorter than refresh", "at least refresh");
  expect(urls + "refresh = \"1m\", @refresh_floor = \"61s\"", "refresh_floor", "is longer than", "refresh_ceiling");
  expect(urls + "@refresh_ceiling = \"4m\"", "refresh_ceiling", "is shorter than refresh", "at least refresh");
  expect(urls + "refresh = @\"99ms\"", "refresh", "99ms", "100ms");
  expect(urls + "timeout = @\"61s\"", "timeout", "61s", "1m");
  expect(urls + "max_fetched_bytes = @1023", "max_fetched_bytes", "1023", "1024");
  expect(urls + "max_fetched_bytes = @16777217", "max_fetched_bytes", "16777217", "16777216");
  expect(urls + "max_list_bytes = @0", "max_list_bytes", "0", "1");
  expect(urls + "max_list_bytes = @67108865", "max_list_bytes", "67108865", "67108864");
  expect(urls + "required = @1", "required", "boolean", "");
  expect(urls + "@uri = \"x\"", "uri", "is not a known key", "urls");
  expect_fault(std::string(test::kOpaqueIssuer) + "@status_list = { urls = [\"https://a.example/1\"] }\n",
               "issuer.status_list", "has no effect", "keys");
  expect_fault(kOne + "types = [\"at+jwt\", @\"statuslist+jwt\"]\n", "issuer.types", "type of status lists",
               "access tokens");
}

TEST(StatusListReader, BoundsTheNumberOfLists) {
  std::string urls;
  for (int i = 0; i < 256; ++i)
    urls += (i == 0 ? "\"https://a.example/" : ", \"https://a.example/") + std::to_string(i) + "\"";
  EXPECT_EQ(accepted(with("urls = [" + urls + "]")).policy.issuers.at(0).status_list->urls.size(), 256U);
  expect_fault(with("@urls = [" + urls + ", \"https://a.example/256\"]"), "issuer.status_list.urls", "there are 257",
               "at most 256");
}

TEST(StatusListReader, PutsTenantsIntoUrls) {
  const Configuration tenants = accepted(
      "[[issuer]]\nname = \"hub\"\nissuer = \"https://hub.example/{tenant}\"\ntenants = [\"north\", \"south\"]\n"
      "discovery = true\naudiences = [\"orders\"]\n"
      "status_list = { urls = [\"https://hub.example/{tenant}/lists/1\", \"https://hub.example/all\"] }\n");
  ASSERT_EQ(tenants.policy.issuers.size(), 2U);
  EXPECT_THAT(tenants.policy.issuers[1].status_list->urls,
              ElementsAre("https://hub.example/south/lists/1", "https://hub.example/all"));
}

}  // namespace
}  // namespace assay::config
