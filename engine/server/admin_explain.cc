#include "server/admin_explain.h"

#include <charconv>
#include <optional>
#include <string>

#include "assay/expected.h"
#include "server/json_text.h"

namespace assay::server {
namespace {

using ReadCheck = tl::expected<Check, std::string_view>;

tl::unexpected<std::string_view> fault(std::string_view sentence) { return tl::unexpected<std::string_view>(sentence); }

// Nothing where there is no such listener.
std::optional<std::uint32_t> entrance_of(const Claim& listener, std::span<const std::uint32_t> entrances) noexcept {
  std::size_t index = 0;
  const char* const end = listener.text.data() + listener.text.size();
  const auto [read_end, error] = std::from_chars(listener.text.data(), end, index);
  const bool is_index = listener.kind == JsonKind::kNumber && error == std::errc() && read_end == end;
  if (!is_index || index >= entrances.size()) return std::nullopt;
  return entrances[index];
}

// Views live until the reader's next object.
ReadCheck read_check(std::string_view body, std::span<const std::uint32_t> entrances, JsonObjectReader& reader) {
  const Expected<std::span<const Claim>> members = reader.read(body);
  if (!members) return fault("the body is not one JSON object");
  Check check{.token = {}, .entrance = entrances.front()};
  for (const Claim& member : *members) {
    if (member.name == "listener") {
      const std::optional<std::uint32_t> entrance = entrance_of(member, entrances);
      if (!entrance) return fault("listener is not the index of a decision listener");
      check.entrance = *entrance;
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

AdminPage explain_page(Control& control, std::span<const std::uint32_t> entrances, std::string_view body,
                       JsonObjectReader& reader, Now now) {
  const ReadCheck check = read_check(body, entrances, reader);
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
