#include "verify/security_event.h"

#include <algorithm>
#include <array>
#include <optional>

#include "jose/numeric_date.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

// From here on an event_timestamp is in milliseconds, as the drafts of CAEP had it: the year 5138, or 1973.
constexpr std::int64_t kMillisecondsFromUs = 100'000'000'000 * kUsPerSecond;

enum class EventEffect : std::uint8_t { kEndsSession, kEndsUser, kChangesCredential };

struct EventType {
  std::string_view uri;
  EventEffect effect;
};
constexpr std::array<EventType, 5> kEventTypes{
    {{"https://schemas.openid.net/secevent/caep/event-type/session-revoked", EventEffect::kEndsSession},
     {"https://schemas.openid.net/secevent/caep/event-type/credential-change", EventEffect::kChangesCredential},
     {"https://schemas.openid.net/secevent/risc/event-type/sessions-revoked", EventEffect::kEndsUser},
     {"https://schemas.openid.net/secevent/risc/event-type/account-disabled", EventEffect::kEndsUser},
     {"https://schemas.openid.net/secevent/risc/event-type/account-purged", EventEffect::kEndsUser}}};

// Whether tokens that were issued before a change of a credential end with it. A further credential harms none.
enum class ChangeEffect : std::uint8_t { kNone, kEndsUser };
struct ChangeType {
  std::string_view name;
  ChangeEffect effect;
};
constexpr std::array<ChangeType, 4> kChangeTypes{{{"create", ChangeEffect::kNone},
                                                  {"update", ChangeEffect::kEndsUser},
                                                  {"revoke", ChangeEffect::kEndsUser},
                                                  {"delete", ChangeEffect::kEndsUser}}};

// Whom an event is about: a `sub` and a `sid` of the issuer's tokens. Empty: not named.
struct Subject {
  std::string_view user;
  std::string_view session;
};

// What a refusal is about.
struct Fault {
  EventOutcome outcome;
  std::string_view detail;
};
template <typename T>
using Read = tl::expected<T, Fault>;

tl::unexpected<Fault> fault(EventOutcome outcome, std::string_view detail) {
  return tl::unexpected<Fault>({outcome, detail});
}

// A member that is a string, and not an empty one.
Read<std::string_view> read_name(jose::JsonValue object, std::string_view member) {
  const jose::JsonValue::Found found = object.find(member);
  const bool is_name = found && found.value.kind() == JsonKind::kString && !found.value.text().empty();
  if (!is_name) return fault(EventOutcome::kBadClaims, member);
  return found.value.text();
}

class EventReader {
 public:
  EventReader(jose::JsonValue root, const jose::Claims& claims, const IssuerPolicy& issuer, std::int64_t wall_us)
      : root_(root), claims_(claims), issuer_(issuer), wall_us_(wall_us) {}

  Read<std::vector<RevocationTarget>> read() {
    const jose::JsonValue::Found events = root_.find("events");
    const bool has_any =
        events && events.value.kind() == JsonKind::kObject && events.value.begin() != events.value.end();
    if (!has_any) return fault(EventOutcome::kBadClaims, "events");
    for (const jose::JsonValue event : events.value) {
      if (event.kind() != JsonKind::kObject) return fault(EventOutcome::kBadClaims, event.name());
      if (const Read<void> taken = take(event); !taken) return tl::unexpected<Fault>(taken.error());
    }
    return std::move(targets_);
  }

 private:
  Read<void> take(jose::JsonValue event) {
    const auto type = std::find_if(kEventTypes.begin(), kEventTypes.end(),
                                   [&](const EventType& known) { return known.uri == event.name(); });
    if (type == kEventTypes.end()) return {};
    if (type->effect == EventEffect::kChangesCredential) {
      const Read<ChangeEffect> change = read_change(event);
      if (!change) return tl::unexpected<Fault>(change.error());
      if (*change == ChangeEffect::kNone) return {};
    }
    // A lone opaque id is what the event is named for: a session, or a user.
    const std::string_view lone_id = type->effect == EventEffect::kEndsSession ? "session" : "user";
    const Read<Subject> subject = read_event_subject(event, lone_id);
    if (!subject) return tl::unexpected<Fault>(subject.error());
    if (type->effect == EventEffect::kEndsSession && !subject->session.empty()) {
      targets_.push_back({.kind = RevocationKind::kSession,
                          .issuer_name = issuer_.name,
                          .value = subject->session,
                          .issued_before_us = 0});
      return {};
    }
    if (subject->user.empty()) return fault(EventOutcome::kUnsupportedSubject, "user");
    return end_user(event, subject->user);
  }

  Read<void> end_user(jose::JsonValue event, std::string_view user) {
    const Read<std::int64_t> time_us = read_time(event);
    if (!time_us) return tl::unexpected<Fault>(time_us.error());
    const std::int64_t rest_of_second = *time_us % kUsPerSecond == 0 ? kUsPerSecond : 0;
    targets_.push_back({.kind = RevocationKind::kSubjectIssuedBefore,
                        .issuer_name = issuer_.name,
                        .value = user,
                        .issued_before_us = *time_us + rest_of_second});
    return {};
  }

  static Read<ChangeEffect> read_change(jose::JsonValue event) {
    const Read<std::string_view> name = read_name(event, "change_type");
    if (!name) return tl::unexpected<Fault>(name.error());
    const auto change = std::find_if(kChangeTypes.begin(), kChangeTypes.end(),
                                     [&](const ChangeType& known) { return known.name == *name; });
    if (change == kChangeTypes.end()) return fault(EventOutcome::kBadClaims, "change_type");
    return change->effect;
  }

  Read<std::int64_t> read_time(jose::JsonValue event) const {
    std::string_view name = "event_timestamp";
    jose::JsonValue::Found found = event.find(name);
    if (!found) {
      name = "toe";
      found = root_.find(name);
    }
    if (!found) return claims_.iat->us;
    if (found.value.kind() != JsonKind::kNumber) return fault(EventOutcome::kBadClaims, name);
    const Expected<NumericDate> date = jose::parse_numeric_date(found.value.text(), jose::Rounding::kUp);
    if (!date) return fault(EventOutcome::kBadClaims, name);
    const std::int64_t time_us = date->us >= kMillisecondsFromUs ? date->us / 1000 : date->us;
    if (time_us > wall_us_ + issuer_.leeway.count()) return fault(EventOutcome::kFromFuture, name);
    return time_us;
  }

  Read<Subject> read_event_subject(jose::JsonValue event, std::string_view lone_id) const {
    if (const jose::JsonValue::Found subject = event.find("subject")) return read_subject(subject.value, lone_id);
    if (const jose::JsonValue::Found subject = root_.find("sub_id")) return read_subject(subject.value, lone_id);
    if (claims_.sub.empty()) return fault(EventOutcome::kBadClaims, "sub_id");
    return Subject{.user = claims_.sub, .session = {}};
  }

  Read<Subject> read_subject(jose::JsonValue subject, std::string_view lone_id) const {
    if (subject.kind() != JsonKind::kObject) return fault(EventOutcome::kBadClaims, subject.name());
    const Read<std::string_view> format = read_name(subject, "format");
    if (!format) return tl::unexpected<Fault>(format.error());
    if (*format == "complex") return read_complex(subject);
    const bool is_session = lone_id == "session" && *format == "opaque";
    const Read<std::string_view> id = read_simple(subject, *format, is_session ? "session" : "user");
    if (!id) return tl::unexpected<Fault>(id.error());
    return is_session ? Subject{.user = {}, .session = *id} : Subject{.user = *id, .session = {}};
  }

  // One identifier of RFC 9493 sec 3.2, of a user or a session: iss_sub names users alone.
  Read<std::string_view> read_simple(jose::JsonValue subject, std::string_view format, std::string_view of) const {
    if (format == "opaque") return read_name(subject, "id");
    const bool is_user_of_issuer = format == "iss_sub" && of == "user";
    if (!is_user_of_issuer) return fault(EventOutcome::kUnsupportedSubject, format);
    const Read<std::string_view> iss = read_name(subject, "iss");
    if (!iss) return iss;
    if (*iss != issuer_.issuer) return fault(EventOutcome::kForeignSubject, "iss");
    return read_name(subject, "sub");
  }

  // Its members together name one subject. The others than user and session (device, tenant, ...) narrow it to what no
  // token tells: without them more is revoked, and nothing less.
  Read<Subject> read_complex(jose::JsonValue subject) const {
    Subject named;
    for (const jose::JsonValue member : subject) {
      const bool is_read = member.name() == "user" || member.name() == "session";
      if (!is_read) continue;
      if (member.kind() != JsonKind::kObject) return fault(EventOutcome::kBadClaims, member.name());
      const Read<std::string_view> format = read_name(member, "format");
      if (!format) return tl::unexpected<Fault>(format.error());
      const Read<std::string_view> id = read_simple(member, *format, member.name());
      if (!id) return tl::unexpected<Fault>(id.error());
      (member.name() == "user" ? named.user : named.session) = *id;
    }
    return named;
  }

  const jose::JsonValue root_;
  const jose::Claims& claims_;
  const IssuerPolicy& issuer_;
  const std::int64_t wall_us_;
  std::vector<RevocationTarget> targets_;
};

}  // namespace

EventTargets read_event_targets(jose::JsonValue root, const jose::Claims& claims, const IssuerPolicy& issuer,
                                std::int64_t wall_us) {
  Read<std::vector<RevocationTarget>> read = EventReader(root, claims, issuer, wall_us).read();
  if (!read) return {.outcome = read.error().outcome, .detail = read.error().detail};
  const EventOutcome outcome = read->empty() ? EventOutcome::kIgnored : EventOutcome::kRevoked;
  return {.outcome = outcome, .detail = {}, .targets = std::move(*read)};
}

}  // namespace assay::verify
