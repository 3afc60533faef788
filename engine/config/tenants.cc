#include "config/tenants.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr std::string_view kMark = "{tenant}";
constexpr std::array<std::string_view, 4> kMarkedKeys{"issuer", "discovery", "jwks", "public_key"};
constexpr std::string_view kTenantForm =
    "letters, digits, dots, underscores and hyphens, not dots alone, at most 64 together with the issuer's name";

template <typename Table>
auto* find_member(Table& table, std::string_view key) {
  const auto found = std::find_if(table.members.begin(), table.members.end(),
                                  [key](const TomlMember& member) { return member.key == key; });
  return found == table.members.end() ? nullptr : &*found;
}

bool has_mark(const TomlValue& table, std::string_view key) {
  const TomlMember* member = find_member(table, key);
  return member != nullptr && member->value.kind == TomlValue::Kind::kString &&
         member->value.text.find(kMark) != std::string::npos;
}

// Dots alone would be a step in a URL's path. RFC 3986 sec 5.2.4.
bool is_tenant(const std::string& text) {
  return is_issuer_name(text) && text.find_first_not_of('.') != std::string::npos;
}

void put_tenant_in(std::string& text, const std::string& tenant) {
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), tenant);
  }
}

// The URLs of the issuer's status lists, where it has any.
std::vector<TomlValue>* find_list_urls(TomlValue& table) {
  TomlMember* const lists = find_member(table, "status_list");
  TomlMember* const urls = lists == nullptr ? nullptr : find_member(lists->value, "urls");
  return urls == nullptr ? nullptr : &urls->value.elements;
}

void put_tenant(TomlValue& table, const std::string& tenant) {
  std::erase_if(table.members, [](const TomlMember& member) { return member.key == "tenants"; });
  for (const std::string_view key : kMarkedKeys) {
    if (!has_mark(table, key)) continue;
    put_tenant_in(find_member(table, key)->value.text, tenant);
  }
  if (std::vector<TomlValue>* const urls = find_list_urls(table)) {
    for (TomlValue& url : *urls) put_tenant_in(url.text, tenant);
  }
  if (TomlMember* name = find_member(table, "name")) name->value.text += "." + tenant;
}

}  // namespace

bool has_tenants(const TomlValue& issuer) {
  return find_member(issuer, "tenants") != nullptr || has_mark(issuer, "issuer");
}

std::vector<TomlValue> write_out_tenants(const TomlValue& issuer, Faults& faults) {
  TableReader reader(issuer, "issuer", faults);
  reader.require("tenants", "the list of tenants that {tenant} in issuer.issuer stands for");
  const std::vector<PlacedText> tenants = reader.read_strings("tenants");
  if (!has_mark(issuer, "issuer")) {
    reader.complain("tenants", "every tenant would have the same issuer; accepted: {tenant} in issuer.issuer");
    return {};
  }
  if (reader.has("opaque")) {
    reader.complain("tenants", "opaque tokens do not name their tenant; accepted: signed tokens alone");
    return {};
  }
  const TomlMember* name = find_member(issuer, "name");
  const std::string prefix = name == nullptr ? "" : name->value.text + ".";
  std::vector<TomlValue> tables;
  for (const PlacedText& tenant : tenants) {
    if (!is_tenant(tenant.text) || !is_issuer_name(prefix + tenant.text)) {
      reader.complain_at(tenant.place, "tenants",
                         "\"" + tenant.text + "\" is no tenant's name; accepted: " + std::string(kTenantForm));
      continue;
    }
    tables.push_back(issuer);
    put_tenant(tables.back(), tenant.text);
  }
  return tables;
}

}  // namespace assay::config
