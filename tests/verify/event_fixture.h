// Security event tokens, and an engine that takes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/verify/revocation_fixture.h"

namespace assay::test {

inline constexpr std::string_view kEventAudience = "https://rs.example/events";
inline constexpr std::string_view kSessionRevoked =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
inline constexpr std::string_view kCredentialChange =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";

inline std::string event_of(std::string_view type, const std::string& body = "{}") {
  return signing::JsonObject().add_json(type, body).text();
}

// Claims of a sound event: Alice's sessions are revoked. An empty JSON text removes a claim.
inline std::string event_claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> all = {
      {"client_id", ""},
      {"scope", ""},
      {"exp", ""},
      {"sub", ""},
      {"aud", "\"" + std::string(kEventAudience) + "\""},
      {"jti", "\"event-1\""},
      {"iat", std::to_string(kNowS - 10)},
      {"sub_id", R"({"format":"iss_sub","iss":"https://issuer.example","sub":"alice"})"},
      {"events", event_of(kSessionRevoked)}};
  all.insert(all.end(), changes.begin(), changes.end());
  return claims(all);
}

inline std::string event_header(std::string_view alg = "RS256", std::string_view kid = "k1",
                                std::string_view typ = "secevent+jwt") {
  signing::JsonObject object;
  object.add("alg", alg);
  if (!kid.empty()) object.add("kid", kid);
  if (!typ.empty()) object.add("typ", typ);
  return object.text();
}

inline std::string event_token(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  return token(event_claims(changes), event_header());
}

inline IssuerPolicy event_issuer() {
  IssuerPolicy issuer = issuer_policy();
  issuer.events = EventsPolicy{.audience = std::string(kEventAudience)};
  return issuer;
}

class Events : public Revocation {
 protected:
  EventResult push(std::string_view text, Now now = kNow, std::uint32_t entrance = 0) {
    EventResult seen;
    engine_->control().receive_event(entrance, text, now, [&](const EventResult& result) { seen = result; });
    return seen;
  }
  EventOutcome outcome_of(std::string_view text, Now now = kNow) { return push(text, now).outcome; }
  double count_of(EventOutcome outcome) {
    double count = -1;
    engine_->control().for_each_metric([&](const Metric& metric) {
      if (metric.name == "security_events_total" && metric.labels[0].second == facts_of(outcome).name) {
        count = metric.value;
      }
    });
    return count;
  }
};

}  // namespace assay::test
