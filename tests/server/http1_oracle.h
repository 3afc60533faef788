// llhttp as the oracle: whatever the strict reader accepts, llhttp accepts and reads alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <llhttp.h>

#include "base/http_field.h"
#include "server/http1_syntax.h"
#include "tests/server/http1_stream.h"

namespace assay::server {

// What llhttp makes of a stream.
struct OracleOutcome {
  std::vector<ReadRequest> requests;
  std::size_t begun = 0;  // messages begun, complete or not
  bool accepted = true;
  std::string reason;
};

namespace detail {

struct OracleState {
  OracleOutcome outcome;
  ReadRequest current;
  std::string field_name;
  std::string field_value;
};

inline OracleState& state_of(llhttp_t* parser) { return *static_cast<OracleState*>(parser->data); }

inline int on_message_begin(llhttp_t* parser) {
  state_of(parser).current = ReadRequest{};
  ++state_of(parser).outcome.begun;
  return 0;
}

inline int on_url(llhttp_t* parser, const char* at, std::size_t bytes) {
  state_of(parser).current.target.append(at, bytes);
  return 0;
}

inline int on_field(llhttp_t* parser, const char* at, std::size_t bytes) {
  state_of(parser).field_name.append(at, bytes);
  return 0;
}

inline int on_value(llhttp_t* parser, const char* at, std::size_t bytes) {
  state_of(parser).field_value.append(at, bytes);
  return 0;
}

inline int on_value_complete(llhttp_t* parser) {
  OracleState& state = state_of(parser);
  // llhttp leaves the blanks behind a value to its caller.
  state.current.fields.push_back({state.field_name, std::string(base::trim_blanks(state.field_value))});
  state.field_name.clear();
  state.field_value.clear();
  return 0;
}

inline int on_body(llhttp_t* parser, const char* at, std::size_t bytes) {
  state_of(parser).current.body.append(at, bytes);
  return 0;
}

inline int on_message_complete(llhttp_t* parser) {
  OracleState& state = state_of(parser);
  state.current.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(parser)));
  state.current.minor_version = llhttp_get_http_minor(parser);
  state.outcome.requests.push_back(state.current);
  return 0;
}

}  // namespace detail

inline OracleOutcome read_with_oracle(std::string_view stream) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = detail::on_message_begin;
  settings.on_url = detail::on_url;
  settings.on_header_field = detail::on_field;
  settings.on_header_value = detail::on_value;
  settings.on_header_value_complete = detail::on_value_complete;
  settings.on_body = detail::on_body;
  settings.on_message_complete = detail::on_message_complete;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  detail::OracleState state;
  parser.data = &state;
  const llhttp_errno_t result = llhttp_execute(&parser, stream.data(), stream.size());
  if (result != HPE_OK) {
    state.outcome.accepted = false;
    const char* const reason = llhttp_get_error_reason(&parser);
    state.outcome.reason = reason == nullptr ? llhttp_errno_name(result) : reason;
  }
  return state.outcome;
}

// Empty if llhttp agrees with what the strict reader accepted of `stream`; else in which point it does not.
inline std::string disagreement(std::string_view stream, const StreamOutcome& strict) {
  const OracleOutcome oracle = read_with_oracle(stream.substr(0, strict.consumed_bytes));
  if (!oracle.accepted) return "llhttp refuses it: " + oracle.reason;
  if (oracle.begun != strict.requests.size()) return "llhttp sees another number of requests";
  if (oracle.requests != strict.requests) return "llhttp reads a request differently";
  return {};
}

}  // namespace assay::server
