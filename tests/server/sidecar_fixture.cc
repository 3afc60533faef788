#include "tests/server/sidecar_fixture.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::server {
namespace {

constexpr std::chrono::seconds kPatience{10};

// Ed25519 keys cost nothing to make.
const signing::SigningKey& main_key() {
  static const signing::SigningKey key = signing::SigningKey::generate_ed25519();
  return key;
}

using Members = std::vector<std::pair<std::string, std::string>>;

// A token of "main" with these members, changed.
std::string sign(const std::string& header_json, Members members, const Members& changes) {
  for (const auto& [name, json] : changes) {
    std::erase_if(members, [&name = name](const auto& member) { return member.first == name; });
    if (!json.empty()) members.emplace_back(name, json);
  }
  signing::JsonObject payload;
  for (const auto& [name, json] : members) payload.add_json(name, json);
  return signing::sign_jwt({.header_json = header_json, .payload_json = payload.text()}, main_key(), Alg::kEdDSA);
}

std::int64_t now_s() { return Now::read().wall_us / 1'000'000; }

}  // namespace

LateFetcher::~LateFetcher() {
  for (FetchDone& done : waiting_) done({});
}

void LateFetcher::fetch(FetchRequest /*request*/, FetchDone done) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(done));
  arrived_.notify_all();
}

void LateFetcher::answer(std::string body) {
  answer({.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = std::move(body), .complaint = {}});
}

void LateFetcher::answer(FetchResult result) {
  wait_for(1);
  FetchDone done;
  {
    const std::lock_guard lock(mutex_);
    ASSERT_FALSE(waiting_.empty());
    done = std::move(waiting_.front());
    waiting_.pop_front();
  }
  done(std::move(result));
}

void LateFetcher::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(arrived_.wait_for(lock, kPatience, [this, count] { return waiting_.size() >= count; }));
}

Policy sidecar_policy() {
  IssuerPolicy signs;
  signs.name = "main";
  signs.issuer = "https://issuer.example";
  signs.keys = {.kind = KeySource::Kind::kJwksText,
                .text = signing::jwk_set(main_key().public_jwk({.kid = "k1", .alg = "EdDSA", .use = {}}))};
  signs.audiences = {"api"};

  IssuerPolicy asked;
  asked.name = "asked";
  asked.issuer = "https://asked.example";
  asked.audience_unchecked = true;
  asked.opaque.emplace();
  asked.opaque->introspection_url = "https://asked.example/introspect";
  asked.opaque->client_id = "assay";
  asked.opaque->client_secret = "a secret that nobody may see";

  Policy policy;
  policy.issuers = {signs, asked};
  policy.unmatched_authenticated = true;
  policy.routes.push_back({.path = "/orders/*",
                           .methods = {"GET"},
                           .issuers = {"main"},
                           .scopes = {"orders:read"},
                           .any_scopes = {},
                           .required_claims = {}});
  policy.routes.push_back({.path = "/reports",
                           .methods = {},
                           .issuers = {"main"},
                           .scopes = {"reports:read"},
                           .any_scopes = {},
                           .required_claims = {}});
  return policy;
}

std::string live_token(const Members& changes) {
  return sign(signing::JsonObject().add("alg", "EdDSA").add("kid", "k1").text(),
              {{"iss", "\"https://issuer.example\""},
               {"aud", "\"api\""},
               {"sub", "\"alice\""},
               {"exp", std::to_string(now_s() + 3600)},
               {"scope", "\"orders:read profile\""}},
              changes);
}

std::string live_event(const Members& changes) {
  return sign(signing::JsonObject().add("alg", "EdDSA").add("kid", "k1").add("typ", "secevent+jwt").text(),
              {{"iss", "\"https://issuer.example\""},
               {"aud", "\"https://rs.example\""},
               {"jti", "\"event-1\""},
               {"iat", std::to_string(now_s())},
               {"sub", "\"alice\""},
               {"events", R"({"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{}})"}},
              changes);
}

std::string bearer(std::string_view token) { return "Authorization: Bearer " + std::string(token) + "\r\n"; }

std::string active_answer(std::string_view subject) {
  return signing::JsonObject().add("active", true).add("sub", subject).add("exp", now_s() + 3600).text();
}

SidecarTest::SidecarTest() {
  std::string name = (std::filesystem::temp_directory_path() / "assay_sidecar_XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  directory_ = name;
}

SidecarTest::~SidecarTest() {
  sidecar_.reset();
  engine_.reset();
  std::filesystem::remove_all(directory_);
}

void SidecarTest::start(Settings settings, Policy policy) {
  auto engine = Engine::open(
      {.policy = std::move(policy), .fetcher = &fetcher_, .revocation_log = log_, .host_steps_control = false});
  ASSERT_TRUE(engine.has_value()) << facts_of(engine.error().code).name;
  engine_ = std::move(*engine);
  for (ListenerSettings& listener : settings.listeners) {
    if (listener.address.kind == Address::Kind::kTcp) listener.address.host = "127.0.0.1";
  }
  settings.workers = 1;
  if (!settings.admin) settings.admin.emplace();
  settings.admin->address.host = "127.0.0.1";
  auto sidecar = Sidecar::start(*engine_, std::move(settings), reload_);
  ASSERT_TRUE(sidecar.has_value()) << sidecar.error();
  sidecar_ = std::move(*sidecar);
}

void SidecarTest::start(ListenerSettings listener, Policy policy) {
  Settings settings;
  settings.listeners.push_back(std::move(listener));
  start(std::move(settings), std::move(policy));
}

Address SidecarTest::unix_address(std::string_view name) const {
  return {.kind = Address::Kind::kUnix, .path = directory_ + "/" + std::string(name)};
}

double SidecarTest::metric(const std::string& sample) const {
  const std::string page = "\n" + ask_admin("/metrics").body;
  const std::size_t start = page.find("\n" + sample + " ");
  if (start == std::string::npos) return -1;
  return std::stod(page.substr(start + sample.size() + 2));
}

}  // namespace assay::server
