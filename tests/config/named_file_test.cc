#include "config/named_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

TEST(NamedFile, ResolvesRelativeNamesFromTheConfigurationsFolder) {
  const test::MemoryFiles files;
  Faults faults;
  const ReadContext context{.files = files, .folder = "/etc/assay", .faults = faults};
  EXPECT_EQ(resolve(context, "keys.json"), "/etc/assay/keys.json");
  EXPECT_EQ(resolve(context, "../keys.json"), "/etc/keys.json");
  EXPECT_EQ(resolve(context, "/run/keys.json"), "/run/keys.json");
}

TEST(NamedFile, DropsOneLineEndOnly) {
  EXPECT_EQ(without_line_end("a\n"), "a");
  EXPECT_EQ(without_line_end("a\r\n"), "a");
  EXPECT_EQ(without_line_end("a\n\n"), "a\n");
  EXPECT_EQ(without_line_end("a "), "a ");
  EXPECT_EQ(without_line_end("a\r"), "a\r");
  EXPECT_EQ(without_line_end(""), "");
}

TEST(NamedFile, ComplainsAboutFilesThatAreAbsentEmptyOrTooLong) {
  test::MemoryFiles files;
  files.files = {{"empty", ""}, {"long", std::string(11, 'x')}, {"exact", std::string(10, 'x')}};
  Faults faults;
  const ReadContext context{.files = files, .folder = "", .faults = faults};
  const TomlValue table;
  TableReader reader(table, "outbound", faults);
  for (const char* path : {"absent", "empty", "long"}) {
    EXPECT_FALSE(read_named_file(context, {.key = "ca_file", .place = {7, 3}, .path = path}, 10, reader)) << path;
    const std::vector<ConfigFault> found = faults.take_sorted();
    ASSERT_EQ(found.size(), 1U) << path;
    EXPECT_EQ(found[0].line, 7U);
    EXPECT_EQ(found[0].column, 3U);
    EXPECT_THAT(found[0].message, testing::StartsWith("outbound.ca_file: "));
    EXPECT_THAT(found[0].message, testing::HasSubstr("accepted: "));
  }
  EXPECT_TRUE(read_named_file(context, {.key = "ca_file", .place = {}, .path = "exact"}, 10, reader));
  EXPECT_TRUE(faults.empty());
}

}  // namespace
}  // namespace assay::config
