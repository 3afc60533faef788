#include "config/state_reader.h"

#include <array>
#include <utility>

#include "assay/limits.h"
#include "config/secret_reader.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr DurationBounds kFleetTimeoutBounds{milliseconds(50), seconds(30)};
constexpr IntegerBounds kStreamLengthBounds{1000, 1'000'000'000};
constexpr DurationBounds kFeedLagBounds{seconds(1), hours(24)};
constexpr DurationBounds kShareWaitBounds{milliseconds(1), seconds(1)};
constexpr SecretKeys kIdKeys{
    .file = "id_key_file", .variable = "id_key_env", .bytes = {kHmacSecretBytesMin, kHmacSecretBytesMax}};
constexpr SecretKeys kPasswordKeys{.file = "fleet_password_file", .variable = "fleet_password_env", .bytes = {1, 1024}};

constexpr std::array<Choice<FeedRule::PastMax>, 2> kPastMaxChoices{
    {{"go_on", FeedRule::PastMax::kGoOn}, {"refuse", FeedRule::PastMax::kRefuse}}};

// What says something of a fleet alone.
constexpr std::array<std::string_view, 8> kFleetKeys{
    kPasswordKeys.file, kPasswordKeys.variable, "fleet_timeout", "fleet_stream_length",
    "max_feed_lag",     "past_max_feed_lag",    "share_answers", "share_wait"};

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kRevocationsForm = "\"sqlite:/var/lib/assay/revocations.db\"";

bool has_any(const TableReader& reader, const SecretKeys& keys) {
  return reader.has(keys.file) || reader.has(keys.variable);
}

void read_log_path(TableReader& reader, const ReadContext& context, StateSettings& state) {
  reader.require("revocations", kRevocationsForm);
  const TomlValue* value = reader.read_string("revocations");
  if (value == nullptr) return;
  if (!value->text.starts_with(kSqlite) || value->text.size() == kSqlite.size() || value->text.ends_with('/')) {
    return reader.complain_value("revocations", *value, kRevocationsForm);
  }
  state.log_path = resolve(context, value->text.substr(kSqlite.size()));
}

// Whether the part before the host says more than a user: "redis://user:password@host".
bool holds_password(std::string_view url) {
  const std::size_t authority_at = url.find("://");
  if (authority_at == std::string_view::npos) return false;
  const std::string_view authority = url.substr(authority_at + 3, url.find('/', authority_at + 3) - authority_at - 3);
  const std::size_t user_end = authority.rfind('@');
  return user_end != std::string_view::npos && authority.substr(0, user_end).find(':') != std::string_view::npos;
}

// Where what share_answers says cannot be read, that is the one complaint: nobody knows whether answers are shared.
void read_sharing(TableReader& reader, StateSettings& state) {
  const bool is_read = reader.read_boolean("share_answers", state.shares_answers);
  const bool is_garbled = !is_read && (reader.has("share_answers") || reader.has_slip_of("share_answers"));
  if (state.shares_answers || is_garbled) {
    reader.read_duration("share_wait", kShareWaitBounds, state.share_wait);
  } else {
    reader.refuse_without_effect("share_wait", "no answers are shared");
  }
}

// Takes the keys that hang on a fleet, where it is not known whether there is to be one.
void leave_fleet_keys(TableReader& reader) {
  for (const std::string_view key : kFleetKeys) static_cast<void>(reader.take(key));
}

void read_fleet(TableReader& reader, const ReadContext& context, StateSettings& state) {
  const TomlValue* url = reader.read_string("fleet");
  if (url != nullptr) {
    state.fleet = {.text = url->text, .line = url->place.line, .column = url->place.column};
    if (holds_password(url->text)) {
      // Not quoted: it is a credential.
      reader.complain_at(url->place, "fleet",
                         "holds a password; accepted: \"redis://user@host\" with fleet_password_file or "
                         "fleet_password_env");
    }
  }
  if (has_any(reader, kPasswordKeys)) {
    if (auto password = read_secret(reader, context, kPasswordKeys, state.fleet_password_source)) {
      state.fleet_password = std::move(*password);
    }
  }
  reader.read_duration("fleet_timeout", kFleetTimeoutBounds, state.fleet_timeout);
  reader.read_integer("fleet_stream_length", kStreamLengthBounds, state.fleet_stream_length);
  reader.read_duration("max_feed_lag", kFeedLagBounds, state.feed_rule.lag_max);
  reader.read_choice<FeedRule::PastMax>("past_max_feed_lag", kPastMaxChoices, state.feed_rule.past_max);
  read_sharing(reader, state);
}

}  // namespace

void read_state(TableReader& document, const ReadContext& context, Configuration& out) {
  const TomlValue* table = document.read_table("state");
  if (table == nullptr) return;
  TableReader reader(*table, "state", context.faults);
  StateSettings state;
  read_log_path(reader, context, state);
  if (reader.has("fleet")) {
    read_fleet(reader, context, state);
  } else if (reader.has_slip_of("fleet")) {
    leave_fleet_keys(reader);
  } else {
    for (const std::string_view key : kFleetKeys) {
      reader.refuse_without_effect(key, "there is no fleet");
    }
  }
  // What one node names, all must name alike.
  if (reader.has("fleet") || has_any(reader, kIdKeys)) {
    if (auto key = read_secret(reader, context, kIdKeys, state.id_key_source)) state.id_key = std::move(*key);
  }
  reader.finish();
  out.state = std::move(state);
}

}  // namespace assay::config
