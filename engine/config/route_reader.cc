#include "config/route_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/issuer_names.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr std::string_view kMethodForm = "upper-case HTTP methods like \"GET\"";
constexpr std::string_view kUnmatchedForm =
    "\"refuse\" (paths that no route names are refused) or \"authenticated\" (any valid token may pass there)";
constexpr std::array<Choice<bool>, 2> kUnmatchedChoices{{{"authenticated", true}, {"refuse", false}}};

bool is_method(const std::string& text) {
  // Methods are case-sensitive; a lower-case one would match no request. RFC 9110 sec 9.1.
  return is_http_token(text) && std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

void read_route(const TomlValue& table, Faults& faults, Configuration& out) {
  TableReader reader(table, "route", faults);
  RoutePolicy route;
  reader.require("path", kRoutePathForm);
  if (const TomlValue* path = reader.read_string("path")) {
    route.path = path->text;
    if (!is_route_path(path->text)) reader.complain_value("path", *path, kRoutePathForm);
  }
  for (PlacedText& method : reader.read_strings("methods")) {
    if (!is_method(method.text)) {
      reader.complain_at(method.place, "methods",
                         "\"" + method.text + "\" is no method; accepted: " + std::string(kMethodForm));
    }
    route.methods.push_back(std::move(method.text));
  }
  if (out.policy.issuers.size() > 1) reader.require("issuers", "the names of the issuers whose tokens may pass here");
  route.issuers = read_issuer_names(reader, out);
  route.scopes = reader.read_plain_strings("scopes");
  route.any_scopes = reader.read_plain_strings("any_scopes");
  route.required_claims = reader.read_plain_strings("require_claims");
  reader.finish();
  out.policy.routes.push_back(std::move(route));
}

// With routes it must be said what happens elsewhere; without any, a valid token is all there is to ask for.
void read_unmatched(TableReader& document, Faults& faults, Policy& policy) {
  const bool has_routes = document.has("route");
  const TomlValue* table = document.read_table("routes");
  if (table == nullptr) {
    if (has_routes) document.require("routes", "[routes] with unmatched = " + std::string(kUnmatchedForm));
    return;
  }
  TableReader reader(*table, "routes", faults);
  reader.require("unmatched", kUnmatchedForm);
  const bool read = reader.read_choice<bool>("unmatched", kUnmatchedChoices, policy.unmatched_authenticated);
  if (read && !has_routes && !policy.unmatched_authenticated) {
    reader.complain(
        "unmatched",
        "\"refuse\" refuses everything where there is no [[route]]; accepted: \"authenticated\", or routes");
  }
  reader.finish();
}

}  // namespace

void read_routes(TableReader& document, Faults& faults, Configuration& out) {
  const std::vector<const TomlValue*> tables = document.read_tables("route");
  if (tables.size() > kRoutesMax) {
    document.complain(
        "route", "there are " + std::to_string(tables.size()) + "; accepted: at most " + std::to_string(kRoutesMax));
  }
  for (const TomlValue* table : tables) read_route(*table, faults, out);
  read_unmatched(document, faults, out.policy);
}

}  // namespace assay::config
