// Status lists for tests of the engine: the issuer that has them, and the tokens that carry them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "assay/fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {

inline constexpr std::string_view kListUrl = "https://issuer.example/statuslists/1";
inline constexpr std::string_view kOtherListUrl = "https://issuer.example/statuslists/2";

inline IssuerPolicy status_issuer(bool required = false) {
  IssuerPolicy issuer = issuer_policy();
  issuer.status_list = StatusListPolicy{};
  issuer.status_list->urls = {std::string(kListUrl)};
  issuer.status_list->required = required;
  return issuer;
}

// Lists of 8 tokens of 2 bits each. kSomeBad: index 1 is invalid, 2 suspended, 3 an application's own.
inline constexpr std::string_view kAllValid = R"({"bits":2,"lst":"eNpjYAAAAAIAAQ"})";
inline constexpr std::string_view kSomeBad = R"({"bits":2,"lst":"eNp7wgAAAcoA5Q"})";

inline std::string list_header(std::string_view typ = "statuslist+jwt", std::string_view kid = "k1") {
  signing::JsonObject object;
  object.add("alg", "RS256");
  if (!typ.empty()) object.add("typ", typ);
  if (!kid.empty()) object.add("kid", kid);
  return object.text();
}

// The claims of a list that is good at kNow, with changes: an empty JSON text removes the claim.
inline std::string list_claims(std::string_view status_list = kSomeBad,
                               const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> members = {{"sub", "\"" + std::string(kListUrl) + "\""},
                                                              {"iat", std::to_string(kNowS - 10)},
                                                              {"status_list", std::string(status_list)}};
  for (const auto& [name, json] : changes) {
    std::erase_if(members, [&replaced = name](const auto& member) { return member.first == replaced; });
    if (!json.empty()) members.emplace_back(name, json);
  }
  signing::JsonObject object;
  for (const auto& [name, json] : members) object.add_json(name, json);
  return object.text();
}

inline std::string list_token(std::string_view status_list = kSomeBad,
                              const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  return token(list_claims(status_list, changes), list_header());
}

// A token of whose status the list says something at `index`.
inline std::string referenced_token(std::uint32_t index, std::string_view url = kListUrl) {
  return token(claims(
      {{"status", R"({"status_list":{"idx":)" + std::to_string(index) + R"(,"uri":")" + std::string(url) + "\"}}"}}));
}

inline FetchResult answered(std::string body, std::vector<HttpHeader> headers = {}, int status = 200) {
  return {.outcome = FetchOutcome::kAnswered,
          .status = status,
          .headers = std::move(headers),
          .body = std::move(body),
          .complaint = {}};
}

}  // namespace assay::test
