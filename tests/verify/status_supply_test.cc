// One list by a simulated clock: when it is fetched, what of the answers serves, and for how long.
#include "verify/status_supply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/status_fixture.h"

namespace assay::verify {
namespace {

using std::chrono::seconds;
using test::answered;
using test::kListUrl;
using test::kNowS;
using test::list_token;
using ::testing::HasSubstr;
using Changes = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kSecondNs = 1'000'000'000;

class StatusSupplyTest : public testing::Test {
 protected:
  StatusSupplyTest() {
    keys_.set = keys::KeySet::make_from_jwks(test::default_jwks()).value();
    keys_.generation = 1;
    issuer_.status_list->refresh = seconds(100);
    issuer_.status_list->refresh_floor = seconds(10);
    issuer_.status_list->refresh_ceiling = seconds(200);
    issuer_.status_list->max_stale = seconds(1000);
    make();
  }

  void make() { supply_ = std::make_unique<StatusSupply>(issuer_, std::string(kListUrl), board_); }
  void pass_s(std::int64_t s) {
    now_ = test::later(now_, s * 1'000'000);
    EXPECT_FALSE(supply_->check_time(now_));
  }
  [[nodiscard]] std::optional<FetchRequest> request() { return supply_->next_request(keys_, now_.monotonic_ns); }
  std::optional<WantedKey> give(const FetchResult& result) {
    std::optional<WantedKey> wanted = supply_->on_result(result, keys_, now_);
    while (supply_->is_preparing()) supply_->prepare(now_);
    return wanted;
  }
  // A list that was issued just now.
  [[nodiscard]] std::string fresh_list(Changes changes = {}) const {
    changes.emplace_back("iat", std::to_string(now_.wall_us / 1'000'000));
    return list_token(test::kSomeBad, changes);
  }
  // Fetches: the request must be due.
  std::optional<WantedKey> fetch(const FetchResult& result) {
    EXPECT_TRUE(request());
    return give(result);
  }
  // How long until the next request, in seconds, rounded down.
  [[nodiscard]] std::int64_t due_in_s() const { return (supply_->next_due_ns(keys_) - now_.monotonic_ns) / kSecondNs; }
  [[nodiscard]] std::optional<std::uint8_t> status_at(std::uint32_t index) {
    const state::StatusBoard::Pin pin = board_->observe(0);
    const state::ServedStatusList* const served = pin->find(supply_->seat()->number());
    return served == nullptr ? std::nullopt : served->list.find(index);
  }
  [[nodiscard]] std::uint64_t refused(StatusListFault fault) const {
    return supply_->counts().faults[static_cast<std::size_t>(fault)];
  }

  std::shared_ptr<state::StatusBoard> board_ = std::make_shared<state::StatusBoard>();
  IssuerPolicy issuer_ = test::status_issuer();
  keys::KeyState keys_;
  std::unique_ptr<StatusSupply> supply_;
  Now now_ = test::kNow;
};

TEST_F(StatusSupplyTest, FetchesOnceThereAreKeysAndPublishes) {
  const std::shared_ptr<const keys::KeySet> set = std::exchange(keys_.set, nullptr);
  EXPECT_FALSE(request());
  EXPECT_EQ(supply_->next_due_ns(keys_), std::numeric_limits<std::int64_t>::max());
  keys_.set = set;
  const std::optional<FetchRequest> sent = request();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->url, kListUrl);
  EXPECT_EQ(sent->headers.at(0).value, "application/statuslist+jwt");
  EXPECT_EQ(sent->response_bytes_max, std::size_t{4} << 20);
  EXPECT_EQ(sent->timeout, seconds(10));
  EXPECT_FALSE(sent->allow_plain_http);
  EXPECT_FALSE(request()) << "one in flight";
  EXPECT_FALSE(supply_->served());
  give(answered(list_token()));
  EXPECT_EQ(status_at(1), 1);
  EXPECT_EQ(status_at(2), 2);
  EXPECT_EQ(supply_->last_error(), "");
  EXPECT_EQ(supply_->counts().replaced, 1U);
  ASSERT_TRUE(supply_->served());
  EXPECT_EQ(supply_->served()->status_count, 8U);
  EXPECT_EQ(supply_->served()->bytes, 2U);
}

TEST_F(StatusSupplyTest, ComesBackWhenTheListSays) {
  const auto due_after = [this](const Changes& changes, std::vector<HttpHeader> headers = {}) {
    make();
    fetch(answered(fresh_list(changes), std::move(headers)));
    return due_in_s();
  };
  const auto expect_due = [](std::int64_t due_s, std::int64_t fresh_s) {
    EXPECT_GE(due_s, fresh_s * 3 / 4 - 1) << fresh_s;
    EXPECT_LE(due_s, fresh_s) << fresh_s;
  };
  const HttpHeader caching{.name = "cache-control", .value = "max-age=150"};
  expect_due(due_after({}), 100);
  expect_due(due_after({}, {caching}), 150);
  expect_due(due_after({{"ttl", "50"}}), 50);
  expect_due(due_after({{"ttl", "50"}}, {caching}), 50);
  expect_due(due_after({{"ttl", "43200"}}), 200);
  expect_due(due_after({{"ttl", "1"}}), 10);
  expect_due(due_after({{"exp", std::to_string(kNowS + 40)}}), 40);
  expect_due(due_after({{"ttl", "50"}, {"exp", std::to_string(kNowS + 40)}}), 40);
  expect_due(due_after({{"ttl", "50"}, {"exp", std::to_string(kNowS + 4000)}}), 50);
}

TEST_F(StatusSupplyTest, AnEarlierListServesThroughAnOutageUntilItIsTooStale) {
  fetch(answered(list_token()));
  pass_s(100);
  fetch({.outcome = FetchOutcome::kUnreachable, .status = 0, .headers = {}, .body = {}, .complaint = "refused"});
  EXPECT_EQ(supply_->last_error(), "refused");
  EXPECT_EQ(status_at(1), 1);
  EXPECT_TRUE(supply_->serves_stale(now_.monotonic_ns));
  EXPECT_LE(due_in_s(), 1) << "the first pause is short";
  for (int i = 0; i < 13; ++i) {
    pass_s(65);
    fetch(answered("", {}, 503));
  }
  EXPECT_EQ(supply_->last_error(), "HTTP status 503");
  EXPECT_EQ(supply_->counts().failed, 14U);
  EXPECT_EQ(status_at(1), 1);
  pass_s(55);
  EXPECT_EQ(status_at(1), std::nullopt) << "a thousand seconds after the last good fetch";
  EXPECT_FALSE(supply_->served());
  pass_s(60);
  fetch(answered(fresh_list()));
  EXPECT_EQ(status_at(1), 1);
}

TEST_F(StatusSupplyTest, AListEndsWithItsExp) {
  fetch(answered(fresh_list({{"exp", std::to_string(kNowS + 40)}})));
  pass_s(39);
  EXPECT_EQ(status_at(1), 1);
  pass_s(1);
  EXPECT_EQ(status_at(1), std::nullopt);
  EXPECT_EQ(supply_->last_error(), "its exp is past");
  fetch(answered(fresh_list()));
  EXPECT_EQ(supply_->last_error(), "");
  EXPECT_EQ(status_at(1), 1);
}

TEST_F(StatusSupplyTest, WhatIsRefusedIsCountedAndLeavesTheEarlierList) {
  fetch(answered(list_token(test::kAllValid)));
  const std::pair<std::string, StatusListFault> cases[] = {
      {"<html>", StatusListFault::kMalformed},
      {test::token(test::list_claims(), test::list_header("JWT")), StatusListFault::kWrongType},
      {test::token(test::list_claims(), test::list_header(), test::other_rsa_key()), StatusListFault::kBadSignature},
      {list_token(test::kSomeBad, {{"sub", "\"https://issuer.example/statuslists/2\""}}),
       StatusListFault::kWrongSubject},
      {list_token(test::kSomeBad, {{"exp", std::to_string(kNowS)}}), StatusListFault::kExpired},
      {list_token(test::kSomeBad, {{"iss", "\"https://other.example\""}}), StatusListFault::kWrongIssuer},
      {list_token(test::kSomeBad, {{"iat", std::to_string(kNowS - 11)}}), StatusListFault::kOlder},
      {list_token(R"({"bits":2,"lst":"eNpjYAAAAAIAAA"})"), StatusListFault::kBadList},
  };
  for (const auto& [body, fault] : cases) {
    pass_s(100);
    fetch(answered(body));
    EXPECT_EQ(refused(fault), 1U) << name_of(fault);
    EXPECT_THAT(supply_->last_error(), HasSubstr("the list is refused: " + std::string(name_of(fault))));
    EXPECT_EQ(status_at(1), 0) << "the earlier list serves";
  }
  EXPECT_EQ(supply_->counts().replaced, 1U);
}

TEST_F(StatusSupplyTest, ABombIsRefusedAtItsBound) {
  issuer_.status_list->list_bytes_max = 1;
  make();
  fetch(answered(list_token()));
  EXPECT_EQ(refused(StatusListFault::kBadList), 1U);
  EXPECT_FALSE(supply_->served());
}

TEST_F(StatusSupplyTest, AnOlderListNeverComesBackEvenAfterAGap) {
  fetch(answered(list_token(test::kSomeBad, {{"exp", std::to_string(kNowS + 40)}})));
  pass_s(40);
  ASSERT_FALSE(supply_->served());
  fetch(answered(list_token(test::kAllValid, {{"iat", std::to_string(kNowS - 11)}})));
  EXPECT_EQ(refused(StatusListFault::kOlder), 1U);
  EXPECT_FALSE(supply_->served());
}

TEST_F(StatusSupplyTest, AsksForAKeyThatIsMissing) {
  const std::optional<WantedKey> wanted =
      fetch(answered(test::token(test::list_claims(), test::list_header("statuslist+jwt", "k2"))));
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->kid, base::keyed_hash("k2"));
  EXPECT_EQ(refused(StatusListFault::kUnknownKey), 1U);
}

TEST_F(StatusSupplyTest, FetchesAnewWhenTheKeysHaveChanged) {
  fetch(answered(list_token()));
  pass_s(1);
  EXPECT_FALSE(request());
  ++keys_.generation;
  EXPECT_TRUE(request()) << "the key that signed the list may be gone";
  give(answered(list_token()));
  EXPECT_FALSE(request());
}

TEST_F(StatusSupplyTest, GivesUpAFetchThatTheFetcherForgot) {
  ASSERT_TRUE(request());
  pass_s(10);
  now_ = test::later(now_, 500'000);
  EXPECT_TRUE(supply_->check_time(now_));
  EXPECT_EQ(supply_->last_error(), "the fetcher did not answer in time");
  EXPECT_FALSE(supply_->on_result(answered(list_token()), keys_, now_)) << "too late";
  EXPECT_FALSE(supply_->served());
}

TEST_F(StatusSupplyTest, ServesTheSameListOfTheSameIssuerAlone) {
  const std::string url(kListUrl);
  EXPECT_TRUE(supply_->serves(issuer_, url));
  EXPECT_FALSE(supply_->serves(issuer_, std::string(test::kOtherListUrl)));
  const auto serves_with = [&](const auto& change) {
    IssuerPolicy changed = issuer_;
    change(changed);
    return supply_->serves(changed, url);
  };
  EXPECT_TRUE(serves_with([](IssuerPolicy& p) { p.status_list->required = true; }));
  EXPECT_TRUE(serves_with([](IssuerPolicy& p) { p.status_list->urls.emplace_back(test::kOtherListUrl); }));
  EXPECT_TRUE(serves_with([](IssuerPolicy& p) { p.scope.wildcard = ScopeWildcard::kAll; }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.status_list.reset(); }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.status_list->max_stale += seconds(1); }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.keys.text += " "; }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.algorithms = {Alg::kES256}; }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.leeway = seconds(1); }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.name = "other"; }));
  EXPECT_FALSE(serves_with([](IssuerPolicy& p) { p.issuer = "https://other.example"; }));
}

}  // namespace
}  // namespace assay::verify
