#include "server/admin_explain.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/admin_targets.h"
#include "server/json_text.h"

namespace assay::server {
namespace {

using ReadCheck = tl::expected<Check, std::string>;

tl::unexpected<std::string> fault(std::string sentence) { return tl::unexpected<std::string>(std::move(sentence)); }

bool takes_tokens(const ListenerSettings& listener) noexcept { return listener.mode != ListenerMode::kEvents; }

// A number from 1; 0 where it is none.
std::size_t read_number(const Claim& listener) noexcept {
  std::size_t number = 0;
  const char* const end = listener.text.data() + listener.text.size();
  const auto [read_end, error] = std::from_chars(listener.text.data(), end, number);
  return listener.kind == JsonKind::kNumber && error == std::errc() && read_end == end ? number : 0;
}

// Views live until the reader's next object.
ReadCheck read_check(std::string_view body, std::span<const ListenerSettings> listeners, JsonObjectReader& reader) {
  const Expected<std::span<const Claim>> members = reader.read(body);
  if (!members) return fault(object_fault(body, members.error()));
  Check check{.token = {}, .method = kExplainedMethod, .path = kExplainedPath};
  std::size_t number = 0;
  for (const Claim& member : *members) {
    if (member.name == "listener") {
      number = read_number(member);
      if (number == 0) return fault("listener is no number from 1");
      continue;
    }
    if (member.kind != JsonKind::kString) return fault("token, method and path are strings");
    if (member.name == "token") {
      check.token = member.text;
    } else if (member.name == "method") {
      check.method = member.text;
    } else if (member.name == "path") {
      check.path = member.text;
    } else {
      return fault("a member that is none of token, method, path, listener");
    }
  }
  if (check.token.empty()) return fault("token is missing");
  const tl::expected<std::uint32_t, std::string> entrance = explained_entrance(listeners, number);
  if (!entrance) return fault("listener " + entrance.error());
  check.entrance = *entrance;
  return check;
}

void append_step(std::string& json, const ExplainStep& step) {
  json += '{';
  append_text(json, "check", step.name);
  json += ',';
  append_text(json, "result", name_of(step.result));
  json += ',';
  append_text(json, "finding", step.finding);
  json += ',';
  append_text(json, "setting", step.setting);
  json += '}';
}

}  // namespace

tl::expected<std::uint32_t, std::string> explained_entrance(std::span<const ListenerSettings> listeners,
                                                            std::size_t number) {
  if (number == 0) {
    const auto first = std::find_if(listeners.begin(), listeners.end(), takes_tokens);
    return first == listeners.end() ? 0 : first->entrance;
  }
  // Without listeners there is one entrance for all.
  const std::size_t count = std::max<std::size_t>(1, listeners.size());
  if (number > count) {
    return fault(std::to_string(number) + ": the configuration has only " + std::to_string(count) + ", counted from 1");
  }
  if (listeners.empty()) return 0;
  const ListenerSettings& listener = listeners[number - 1];
  if (!takes_tokens(listener)) {
    return fault(std::to_string(number) + ": no access tokens come in there, but events");
  }
  return listener.entrance;
}

AdminPage explain_page(Control& control, std::span<const ListenerSettings> listeners, std::string_view body,
                       JsonObjectReader& reader, Now now) {
  const ReadCheck check = read_check(body, listeners, reader);
  if (!check) return error_page(400, "invalid_request", check.error());
  const Explanation explanation = control.explain(*check, now);
  const ErrorFacts facts = facts_of(explanation.code);
  AdminPage page{.body = "{"};
  append_text(page.body, "verdict", verdict_word(explanation.code));
  page.body += ',';
  append_text(page.body, "class", facts_of(facts.verdict_class).name);
  if (explanation.code == ErrorCode::kNone) {
    page.body += ",\"code\":null,\"detail\":null";
  } else {
    page.body += ',';
    append_text(page.body, "code", facts.name);
    page.body += ',';
    append_text(page.body, "detail",
                std::string(facts.text) + (explanation.detail.empty() ? "" : ": " + explanation.detail));
  }
  page.body += ",\"steps\":[";
  for (const ExplainStep& step : explanation.steps) {
    if (page.body.back() != '[') page.body += ',';
    append_step(page.body, step);
  }
  page.body += "]}\n";
  return page;
}

}  // namespace assay::server
