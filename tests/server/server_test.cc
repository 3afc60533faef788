#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

class SidecarLifeTest : public SidecarTest {
 protected:
  // Why a sidecar with these settings does not start.
  std::string complaint_of(Settings settings) {
    if (!engine_) engine_ = Engine::open({.policy = sidecar_policy(), .fetcher = &fetcher_}).value();
    settings.workers = 1;
    const auto sidecar = Sidecar::start(*engine_, std::move(settings));
    return sidecar ? "<started>" : sidecar.error();
  }
};

Settings one_listener() {
  Settings settings;
  settings.listeners.emplace_back().address.host = "127.0.0.1";
  return settings;
}

TEST_F(SidecarLifeTest, FaultySettingsOpenNoSocket) {
  EXPECT_EQ(complaint_of({}), "no listener is given");
  Settings settings = one_listener();
  settings.listeners[0].mode = ListenerMode::kAuthRequest;
  EXPECT_THAT(complaint_of(settings), HasSubstr("trusted_peers"));
}

TEST_F(SidecarLifeTest, EventsNeedALog) {
  Settings settings = one_listener();
  settings.listeners.push_back(settings.listeners[0]);
  settings.listeners[1].mode = ListenerMode::kEvents;
  EXPECT_THAT(complaint_of(settings), HasSubstr("without a log of revocations"));
}

TEST_F(SidecarLifeTest, AnAddressInUseIsNamed) {
  start(ListenerSettings{});
  Settings settings = one_listener();
  settings.listeners[0].address = listener();
  EXPECT_THAT(complaint_of(settings), HasSubstr(std::to_string(listener().port)));
}

TEST_F(SidecarLifeTest, AnAdminAddressInUseStopsTheStart) {
  start(ListenerSettings{});
  Settings settings = one_listener();
  settings.admin = AdminSettings{.address = *sidecar_->admin_address()};
  EXPECT_THAT(complaint_of(settings), HasSubstr(std::to_string(sidecar_->admin_address()->port)));
}

TEST_F(SidecarLifeTest, TheAdminListenerIsOptional) {
  engine_ = Engine::open({.policy = sidecar_policy(), .fetcher = &fetcher_}).value();
  Settings settings = one_listener();
  settings.workers = 1;
  const auto sidecar = Sidecar::start(*engine_, settings);
  ASSERT_TRUE(sidecar.has_value()) << sidecar.error();
  EXPECT_FALSE((*sidecar)->admin_address().has_value());
  EXPECT_EQ(exchange_once((*sidecar)->bound_addresses()[0], get("/me")).status, 401);
}

TEST_F(SidecarLifeTest, DrainingEndsByItself) {
  start(ListenerSettings{});
  EXPECT_EQ(ask("/me").status, 401);
  sidecar_->drain();
  sidecar_->drain();
  sidecar_->join();
}

TEST_F(SidecarLifeTest, SeveralWorkersServeOneListener) {
  engine_ = Engine::open({.policy = sidecar_policy(), .fetcher = &fetcher_}).value();
  Settings settings = one_listener();
  settings.workers = 3;
  const auto sidecar = Sidecar::start(*engine_, settings);
  ASSERT_TRUE(sidecar.has_value()) << sidecar.error();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(exchange_once((*sidecar)->bound_addresses()[0], get("/me", bearer(live_token()))).status, 200);
  }
  (*sidecar)->drain();
  (*sidecar)->join();
}

}  // namespace
}  // namespace assay::server
