// The contract of a transport, on io_uring and on epoll.
#include "server/transport.h"

#include <array>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "server/poller.h"
#include "server/ring.h"

namespace assay::server {
namespace {

struct Events final : TransportEvents {
  void on_accepted(std::uint32_t listener, int fd) override { accepted.emplace_back(listener, fd); }
  void on_accept_failed() override { ++accept_failures; }
  void on_received(std::uint32_t slot, std::string_view bytes) override { received[slot].append(bytes); }
  void on_end(std::uint32_t slot) override { ++ended[slot]; }
  void on_broken(std::uint32_t slot) override { ++broken[slot]; }
  void on_sent(std::uint32_t slot) override { ++sent[slot]; }
  void on_closed(std::uint32_t slot) override { ++closed[slot]; }
  void on_wake(std::uint32_t watch) override { ++woken[watch]; }

  static constexpr std::size_t kSlots = 4;
  std::vector<std::pair<std::uint32_t, int>> accepted;
  int accept_failures = 0;
  std::array<std::string, kSlots> received;
  std::array<int, kSlots> ended{}, broken{}, sent{}, closed{};
  std::array<int, kWatchesMax> woken{};
};

using OpenTransport = OpenedTransport (*)(const TransportOptions&);

class TransportTest : public ::testing::TestWithParam<std::pair<const char*, OpenTransport>> {
 protected:
  void SetUp() override {
    OpenedTransport opened = GetParam().second({.slots_max = Events::kSlots, .listeners_max = 2});
    ASSERT_TRUE(opened.has_value()) << opened.error();
    transport_ = std::move(*opened);
  }
  void TearDown() override {
    transport_.reset();
    for (const int fd : peers_) ::close(fd);
  }

  // Attaches one end of a new connection to `slot`; returns the other.
  int connect(std::uint32_t slot) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    transport_->attach(slot, fds[0]);
    peers_.push_back(fds[1]);
    return fds[1];
  }

  void turn(std::int64_t timeout_ns = 5'000'000) {
    transport_->wait(timeout_ns);
    transport_->deliver(events_, base::monotonic_ns());
  }
  template <typename Condition>
  [[nodiscard]] bool turn_until(Condition reached) {
    for (int i = 0; i < 1000 && !reached(); ++i) turn();
    return reached();
  }

  std::unique_ptr<Transport> transport_;
  Events events_;
  std::vector<int> peers_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, TransportTest,
                         ::testing::Values(std::pair<const char*, OpenTransport>("IoUring", open_ring),
                                           std::pair<const char*, OpenTransport>("Epoll", open_poller)),
                         [](const auto& tested) { return tested.param.first; });

TEST_P(TransportTest, TellsBytesThenTheEnd) {
  const int peer = connect(0);
  ASSERT_EQ(::write(peer, "hello", 5), 5);
  ::shutdown(peer, SHUT_WR);
  EXPECT_TRUE(turn_until([this] { return events_.ended[0] == 1; }));
  EXPECT_EQ(events_.received[0], "hello");
  turn();
  EXPECT_EQ(events_.ended[0], 1);
}

TEST_P(TransportTest, ReceivesNothingNewWhilePaused) {
  const int peer = connect(0);
  transport_->pause_receiving(0);
  turn();
  ASSERT_EQ(::write(peer, "later", 5), 5);
  for (int i = 0; i < 5; ++i) turn(1'000'000);
  EXPECT_EQ(events_.received[0], "");
  transport_->resume_receiving(0);
  EXPECT_TRUE(turn_until([this] { return events_.received[0] == "later"; }));
}

TEST_P(TransportTest, ReceivesAgainWhenPausedAndResumedInOneTurn) {
  const int peer = connect(0);
  turn(0);
  transport_->pause_receiving(0);
  transport_->resume_receiving(0);
  transport_->pause_receiving(0);
  transport_->resume_receiving(0);
  ASSERT_EQ(::write(peer, "now", 3), 3);
  EXPECT_TRUE(turn_until([this] { return events_.received[0] == "now"; }));
}

TEST_P(TransportTest, SendsMoreThanTheKernelTakesAtOnce) {
  const int peer = connect(0);
  const std::string large(4'000'000, 's');
  ASSERT_EQ(transport_->send(0, large), Progress::kInFlight);
  std::string read;
  std::array<char, 65536> buffer;
  while (events_.sent[0] == 0 || read.size() < large.size()) {
    turn(0);
    ASSERT_EQ(events_.broken[0], 0);
    const ssize_t bytes = ::recv(peer, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (bytes > 0) read.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  EXPECT_EQ(read, large);
  EXPECT_EQ(events_.sent[0], 1);
}

TEST_P(TransportTest, TellsThatASendFailed) {
  const int peer = connect(0);
  ::close(peer);
  peers_.clear();
  const std::string bytes = "x";
  static_cast<void>(transport_->send(0, bytes));
  EXPECT_TRUE(turn_until([this] { return events_.broken[0] > 0; }));
}

TEST_P(TransportTest, ClosesWithASendInFlightAndTellsOnlyThat) {
  for (int round = 0; round < 50; ++round) {
    events_ = Events{};
    const int peer = connect(0);
    const std::string large(4'000'000, 's');
    ASSERT_EQ(transport_->send(0, large), Progress::kInFlight);
    if (round % 2 == 0) turn(0);
    ASSERT_EQ(::write(peer, "unread", 6), 6);
    events_ = Events{};
    if (transport_->close(0) == Progress::kInFlight) {
      ASSERT_TRUE(turn_until([this] { return events_.closed[0] == 1; }));
    }
    turn(0);
    EXPECT_EQ(events_.received[0], "");
    EXPECT_EQ(events_.sent[0] + events_.ended[0] + events_.broken[0], 0);
    // The peer sees the end.
    std::array<char, 65536> buffer;
    ssize_t bytes = 0;
    while ((bytes = ::recv(peer, buffer.data(), buffer.size(), 0)) > 0) {}
  }
}

TEST_P(TransportTest, ReusesASlotWithoutTellingItOfItsFormerConnection) {
  for (int round = 0; round < 100; ++round) {
    const int peer = connect(0);
    turn(0);
    const std::string text = "round " + std::to_string(round);
    ASSERT_EQ(::write(peer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_TRUE(turn_until([&] { return events_.received[0].size() == text.size(); }));
    EXPECT_EQ(events_.received[0], text);
    ASSERT_EQ(::write(peer, "too late", 8), 8);
    if (transport_->close(0) == Progress::kInFlight) {
      ASSERT_TRUE(turn_until([this] { return events_.closed[0] == 1; }));
    }
    events_ = Events{};
  }
}

TEST_P(TransportTest, TellsAWatchAgainWhileItStaysReadable) {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  transport_->watch(1, fd);
  turn(1'000'000);
  EXPECT_EQ(events_.woken[1], 0);
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  EXPECT_TRUE(turn_until([this] { return events_.woken[1] == 3; }));
  std::uint64_t count = 0;
  ASSERT_EQ(::read(fd, &count, sizeof count), static_cast<ssize_t>(sizeof count));
  turn(0);
  const int before = events_.woken[1];
  for (int i = 0; i < 3; ++i) turn(1'000'000);
  EXPECT_LE(events_.woken[1], before + 1);
  ::close(fd);
}

TEST_P(TransportTest, WaitsNoLongerThanTold) {
  const std::int64_t before = base::monotonic_ns();
  turn(20'000'000);
  const std::int64_t took = base::monotonic_ns() - before;
  EXPECT_GE(took, 1'000'000) << "it waits; a guest's timers may be early";
  EXPECT_LT(took, 5'000'000'000);
}

}  // namespace
}  // namespace assay::server
