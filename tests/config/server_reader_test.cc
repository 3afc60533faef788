#include "config/server_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;

const std::string kOne(test::kIssuer);

TEST(ServerReader, ReadsTheServerTable) {
  const Configuration configuration = accepted(
      "[server]\nworkers = 4\npoller = \"epoll\"\nmax_token_bytes = 4096\nintrospection_cache_bytes = 1000000\n"
      "verified_cache_bytes = 0\nrecheck_one_in = 7\n"
      "head_bytes_max = 9000\nheaders_max = 50\nbody_bytes_max = 0\nconnections_max = 10\nidle_timeout = \"30s\"\n"
      "head_timeout = \"500ms\"\nbody_timeout = \"1s\"\ndrain_timeout = \"0s\"\n" +
      kOne);
  const Settings& settings = configuration.settings;
  EXPECT_EQ(settings.workers, 4U);
  EXPECT_EQ(settings.poller, PollerChoice::kEpoll);
  EXPECT_EQ(configuration.policy.max_token_bytes, 4096U);
  EXPECT_EQ(configuration.policy.introspection_cache_bytes, 1'000'000U);
  EXPECT_EQ(settings.verified_cache_bytes, 0U);
  EXPECT_EQ(settings.recheck_one_in, 7U);
  EXPECT_EQ(settings.http.head_bytes_max, 9000U);
  EXPECT_EQ(settings.http.headers_max, 50U);
  EXPECT_EQ(settings.http.body_bytes_max, 0U);
  EXPECT_EQ(settings.http.connections_max, 10U);
  EXPECT_EQ(settings.http.idle_timeout.count(), 30'000);
  EXPECT_EQ(settings.http.head_timeout.count(), 500);
  EXPECT_EQ(settings.http.body_timeout.count(), 1000);
  EXPECT_EQ(settings.http.drain_timeout.count(), 0);
}

TEST(ServerReader, PlacesComplaintsAboutServerValues) {
  expect_fault("[server]\nworkers = @-1\n" + kOne, "server.workers", "-1 is out of bounds", "accepted: 0 to 128");
  expect_fault("[server]\nworkers = @129\n" + kOne, "server.workers", "129", "0 to 128");
  expect_fault("[server]\nworkers = @\"4\"\n" + kOne, "server.workers", "is a string", "accepted: an integer");
  expect_fault("[server]\nworkers = @1.5\n" + kOne, "server.workers", "is a fraction", "accepted: an integer");
  expect_fault("[server]\npoller = @\"uring\"\n" + kOne, "server.poller", "\"uring\"",
               "\"auto\", \"io_uring\", \"epoll\"");
  expect_fault("[server]\nmax_token_bytes = @16385\n" + kOne, "server.max_token_bytes", "16385", "256 to 16384");
  expect_fault("[server]\nverified_cache_bytes = @-1\n" + kOne, "server.verified_cache_bytes", "-1", "0 to 1073741824");
  expect_fault("[server]\nrecheck_one_in = @-1\n" + kOne, "server.recheck_one_in", "-1", "0 to 1000000000");
  expect_fault("[server]\nidle_timeout = @60\n" + kOne, "server.idle_timeout", "is an integer", "\"30s\"");
  expect_fault("[server]\nidle_timeout = @\"60\"\n" + kOne, "server.idle_timeout", "is no duration", "1s to 1h");
  expect_fault("[server]\nidle_timeout = @\"2h\"\n" + kOne, "server.idle_timeout", "out of bounds", "1s to 1h");
  expect_fault("server = @1\n" + kOne, "server", "is an integer", "accepted: a table");
}

TEST(ServerReader, ReadsOutbound) {
  const Configuration configuration =
      accepted("[outbound]\nca_file = \"./ca.pem\"\nproxy = \"http://10.0.0.1:3128\"\n" + kOne);
  EXPECT_EQ(configuration.outbound.ca_file, "ca.pem");
  EXPECT_EQ(configuration.outbound.proxy, "http://10.0.0.1:3128");
  expect_fault("[outbound]\nca_file = @\"absent.pem\"\n" + kOne, "outbound.ca_file", "cannot read absent.pem",
               "readable");
  expect_fault("[outbound]\nca_file = @\"good.pem\"\n" + kOne, "outbound.ca_file", "no certificate", "PEM");
  for (const char* proxy : {"socks5://h:1", "http://user:hidden@h:1", "http://h:1/x", "h:1"}) {
    expect_fault("[outbound]\nproxy = @\"" + std::string(proxy) + "\"\n" + kOne, "outbound.proxy", "no proxy's URL",
                 "\"http://host:port\"");
  }
}

}  // namespace
}  // namespace assay::config
