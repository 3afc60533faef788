#include "server/listening_socket.h"

#include <fstream>
#include <set>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

TEST(ListeningSocket, WritesAddressesAsTheyAreConfigured) {
  EXPECT_EQ(address_text({.host = "127.0.0.1", .port = 80}), "tcp://127.0.0.1:80");
  EXPECT_EQ(address_text({.host = "::1", .port = 80}), "tcp://[::1]:80");
  EXPECT_EQ(address_text({.kind = Address::Kind::kUnix, .path = "/run/a.sock"}), "unix:/run/a.sock");
}

TEST(ListeningSocket, GivesEveryWorkerADescriptorOfOnePort) {
  auto socket = ListeningSocket::bind({.host = "127.0.0.1"}, 3);
  ASSERT_TRUE(socket.has_value()) << socket.error();
  EXPECT_NE(socket->address().port, 0);
  std::set<int> fds;
  for (const std::uint32_t worker : {0U, 1U, 2U}) {
    const int fd = socket->take(worker);
    EXPECT_GE(fd, 0);
    fds.insert(fd);
  }
  EXPECT_EQ(fds.size(), 3U);
  for (const int fd : fds) ::close(fd);
}

TEST(ListeningSocket, BindsIpv6) {
  auto socket = ListeningSocket::bind({.host = "::1"}, 2);
  if (!socket) GTEST_SKIP() << "this machine has no IPv6: " << socket.error();
  EXPECT_NE(socket->address().port, 0);
}

TEST(ListeningSocket, RefusesHostsThatAreNotNumeric) {
  for (const char* host : {"localhost", "", "127.0.0.1:80", "[::1]", "1.2.3"}) {
    const auto socket = ListeningSocket::bind({.host = host}, 1);
    ASSERT_FALSE(socket.has_value()) << host;
    EXPECT_NE(socket.error().find("numeric"), std::string::npos) << socket.error();
  }
}

TEST(ListeningSocket, SaysThatAnAddressIsTaken) {
  for (const std::uint32_t workers : {1U, 4U}) {
    const auto first = ListeningSocket::bind({.host = "127.0.0.1"}, workers);
    ASSERT_TRUE(first.has_value());
    const auto second = ListeningSocket::bind(first->address(), workers);
    ASSERT_FALSE(second.has_value()) << workers;
    EXPECT_NE(second.error().find("another process listens there"), std::string::npos) << second.error();
  }
}

TEST(ListeningSocket, ReplacesAStaleSocketFileAndRemovesItsOwn) {
  const Address address = free_address(Address::Kind::kUnix);
  {
    // A server that was killed: its file stays and nobody listens.
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    address.path.copy(path.sun_path, sizeof path.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&path), sizeof path), 0);
    ::close(fd);
  }
  struct stat file {};
  ASSERT_EQ(::stat(address.path.c_str(), &file), 0);
  {
    const auto socket = ListeningSocket::bind(address, 2);
    ASSERT_TRUE(socket.has_value()) << socket.error();
    const auto second = ListeningSocket::bind(address, 1);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().find("another process listens there"), std::string::npos) << second.error();
  }
  EXPECT_NE(::stat(address.path.c_str(), &file), 0);
}

TEST(ListeningSocket, LeavesOtherFilesAlone) {
  const Address address = free_address(Address::Kind::kUnix);
  std::ofstream(address.path) << "precious";
  const auto socket = ListeningSocket::bind(address, 1);
  EXPECT_FALSE(socket.has_value());
  std::string content;
  std::ifstream(address.path) >> content;
  EXPECT_EQ(content, "precious");
  ::unlink(address.path.c_str());
}

TEST(ListeningSocket, RefusesPathsThatDoNotFit) {
  EXPECT_FALSE(ListeningSocket::bind({.kind = Address::Kind::kUnix, .path = ""}, 1).has_value());
  EXPECT_FALSE(ListeningSocket::bind({.kind = Address::Kind::kUnix, .path = std::string(200, 'p')}, 1).has_value());
  EXPECT_FALSE(ListeningSocket::bind({.kind = Address::Kind::kUnix, .path = "/nowhere/at/all.sock"}, 1).has_value());
}

}  // namespace
}  // namespace assay::server
