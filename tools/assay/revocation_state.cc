#include "assay/revocation_state.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "store/redis_answers.h"
#include "store/redis_log.h"
#include "store/redis_url.h"
#include "store/sqlite_log.h"
#include "verify/target_digest.h"

namespace assay::cli {
namespace {

// Precondition: there is a fleet, and nothing is wrong with it.
store::RedisSettings redis_settings(const config::StateSettings& state) {
  std::string complaint;
  store::RedisSettings redis = store::parse_redis_url(state.fleet.text, complaint).value();
  redis.password = state.fleet_password;
  redis.reply_timeout = state.fleet_timeout;
  redis.stream_length_min = state.fleet_stream_length;
  return redis;
}

}  // namespace

std::vector<config::ConfigFault> state_faults(const config::StateSettings& state) {
  if (state.fleet.text.empty()) return {};
  std::string complaint;
  if (store::parse_redis_url(state.fleet.text, complaint)) return {};
  return {{.line = state.fleet.line,
           .column = state.fleet.column,
           .message = "state.fleet: the URL cannot be used: " + complaint +
                      "; accepted: \"redis://[USER@]HOST[:PORT][,HOST[:PORT]...][/DATABASE][/PREFIX]\""}};
}

std::unique_ptr<RevocationLog> make_log(const config::StateSettings& state) {
  if (state.fleet.text.empty()) return std::make_unique<store::SqliteLog>(state.log_path, id_key_fingerprint(state));
  return std::make_unique<store::RedisLog>(state.log_path, redis_settings(state), id_key_fingerprint(state));
}

std::unique_ptr<SharedAnswers> make_shared_answers(const config::StateSettings& state) {
  if (!state.shares_answers) return nullptr;
  return std::make_unique<store::RedisAnswers>(redis_settings(state));
}

std::string id_key_fingerprint(const config::StateSettings& state) {
  DurableId fingerprint;
  ASSAY_CHECK(verify::TargetDigest(state.id_key).fingerprint(fingerprint));
  return {fingerprint.begin(), fingerprint.end()};
}

std::string describe_log(const config::StateSettings& state) {
  if (state.fleet.text.empty()) return state.log_path + ", of this node alone";
  return state.log_path + ", joined with the fleet at " + state.fleet.text;
}

}  // namespace assay::cli
