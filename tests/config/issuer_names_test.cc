#include "config/issuer_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

// The names that a list means among an issuer "a" and a group "g" of "g.1" and "g.2".
std::vector<std::string> read_names(const std::string& list, Faults& faults) {
  Configuration configuration;
  for (const char* name : {"a", "g.1", "g.2"}) configuration.policy.issuers.emplace_back().name = name;
  configuration.tenant_groups.push_back({.name = "g", .issuers = {"g.1", "g.2"}});
  const auto document = parse_toml("issuers = " + list);
  EXPECT_TRUE(document.has_value());
  TableReader reader(*document, "route", faults);
  return read_issuer_names(reader, configuration);
}

TEST(IssuerNames, StandForOneIssuerOrAllOfAGroup) {
  Faults faults;
  EXPECT_THAT(read_names(R"(["a"])", faults), testing::ElementsAre("a"));
  EXPECT_THAT(read_names(R"(["g", "a"])", faults), testing::ElementsAre("g.1", "g.2", "a"));
  EXPECT_THAT(read_names(R"(["g.2", "g"])", faults), testing::ElementsAre("g.2", "g.1"));
  EXPECT_TRUE(faults.empty());
}

TEST(IssuerNames, MustExist) {
  Faults faults;
  EXPECT_THAT(read_names(R"(["b"])", faults), testing::IsEmpty());
  ASSERT_EQ(faults.count(), 1U);
  EXPECT_THAT(faults.take_sorted()[0].message, testing::HasSubstr("there is no issuer \"b\""));
}

}  // namespace
}  // namespace assay::config
