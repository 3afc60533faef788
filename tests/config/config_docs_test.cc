// docs/configuration.md says the truth: its table has every key, and its example is accepted and uses every key.
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/key_table.h"
#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

std::string read_documentation() {
  std::ifstream file(ASSAY_SOURCE_DIR "/docs/configuration.md");
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string full_name(const KnownKey& known) {
  return known.table.empty() ? std::string(known.key) : std::string(known.table) + "." + std::string(known.key);
}

// The names in the first column of the table of keys, which has its section to itself.
std::multiset<std::string> documented_keys() {
  const std::string text = read_documentation();
  const std::size_t start = text.find("\n## Every key\n");
  if (start == std::string::npos) return {};
  std::multiset<std::string> keys;
  std::istringstream lines(text.substr(start, text.find("\n## ", start + 1) - start));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

// The first fenced block of that language.
std::string fenced_block(const std::string& language) {
  const std::string text = read_documentation();
  const std::string fence = "```" + language + "\n";
  const std::size_t start = text.find(fence);
  if (start == std::string::npos) return "";
  const std::size_t body = start + fence.size();
  return text.substr(body, text.find("```", body) - body);
}

std::string example() { return fenced_block("toml"); }

test::MemoryFiles example_files() {
  test::MemoryFiles files;
  files.files = {{"private-ca.pem", "-----BEGIN CERTIFICATE-----\n"},
                 {"assay.pem", "-----BEGIN PRIVATE KEY-----\n"},
                 {"bookings.pem", "-----BEGIN PUBLIC KEY-----\n"},
                 {"legacy-keys/2026-01.pem", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"},
                 {"proxy.secret", "assay:proxy-pass"},
                 {"client.pem", "-----BEGIN CERTIFICATE-----\n"},
                 {"client.key", "-----BEGIN PRIVATE KEY-----\n"},
                 {"admin.secret", "steer-0123456789"},
                 {"shop.secret", "shop-pass"},
                 {"id.key", std::string(64, 'k')},
                 {"redis.secret", "redis-pass"},
                 {"batch.secret", std::string(32, 's')},
                 {"hubrise.secret", "client-pass"}};
  files.variables = {{"BATCH_SECRET", "pass"}, {"TILL_SECRET", "till-pass"}};
  return files;
}

TEST(ConfigDocs, DocumentsEveryKeyOnceAndNoOther) {
  std::multiset<std::string> known;
  for (const KnownKey& key : known_keys()) known.insert(full_name(key));
  EXPECT_THAT(documented_keys(), testing::ContainerEq(known));
}

TEST(ConfigDocs, ShowsASmallestFileThatIsAccepted) {
  EXPECT_EQ(test::accepted(fenced_block("text")).settings.listeners.size(), 1U);
}

TEST(ConfigDocs, ShowsAnExampleThatIsAccepted) {
  const auto configuration = test::read(example(), example_files());
  if (!configuration) {
    for (const ConfigFault& fault : configuration.error()) ADD_FAILURE() << fault.line << ": " << fault.message;
    return;
  }
  EXPECT_EQ(configuration->policy.issuers.size(), 9U);
  const std::string description = describe(*configuration);
  const auto again = test::read(description, example_files());
  ASSERT_TRUE(again.has_value()) << again.error()[0].message;
  EXPECT_EQ(describe(*again), description);
}

TEST(ConfigDocs, ShowsEveryKeyInTheExample) {
  const std::string text = example();
  for (const KnownKey& known : known_keys()) {
    const std::string key(known.key);
    const bool is_table = known.table.empty();
    EXPECT_THAT(text, is_table ? testing::ContainsRegex("\\[" + key + "\\]") : testing::ContainsRegex(key + "[] .]"))
        << full_name(known);
  }
}

}  // namespace
}  // namespace assay::config
