#include "verify/compiled_policy.h"

#include <algorithm>

#include "base/letter_case.h"
#include "issuer/discovery.h"

namespace assay::verify {
namespace {

// RFC 7515 sec 4.1.9: the form in which a header's `typ` is compared.
std::string short_type(std::string_view type) {
  constexpr std::string_view kPrefix = "application/";
  std::string text = base::to_lower(type);
  return text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
}

bool takes_issuer(const EntrancePolicy& entrance, const std::string& name) {
  return entrance.issuers.empty() ||
         std::find(entrance.issuers.begin(), entrance.issuers.end(), name) != entrance.issuers.end();
}

CompiledEntrance compile_entrance(const Policy& policy, const EntrancePolicy& source,
                                  const std::vector<CompiledIssuer>& issuers) {
  CompiledEntrance entrance;
  std::size_t iss_bytes = 0;
  for (const CompiledIssuer& issuer : issuers) iss_bytes += issuer.policy.issuer.size();
  entrance.iss_texts.reserve(iss_bytes);  // so that views of what is in it stay
  if (!source.uses_routes) entrance.route = std::make_unique<const Route>(make_entrance_route(policy, source));
  for (std::uint32_t index = 0; index < issuers.size(); ++index) {
    const CompiledIssuer& issuer = issuers[index];
    if (!takes_issuer(source, issuer.policy.name)) continue;
    if (issuer.policy.opaque) entrance.opaque = index;
    if (!issuer.has_jwt()) continue;
    if (issuer.policy.issuer.empty()) {
      entrance.without_iss = index;
    } else {
      const std::string& iss = issuer.policy.issuer;
      const char* const text = entrance.iss_texts.data() + entrance.iss_texts.size();
      entrance.iss_texts.insert(entrance.iss_texts.end(), iss.begin(), iss.end());
      entrance.by_iss.emplace(absl::string_view(text, iss.size()), index);
    }
  }
  return entrance;
}

// What each issuer of opaque tokens gets of a worker's tickets where the policy names no number.
std::uint32_t equal_pending_share(const Policy& policy) {
  const auto opaque_count = std::count_if(policy.issuers.begin(), policy.issuers.end(),
                                          [](const IssuerPolicy& issuer) { return issuer.opaque.has_value(); });
  return static_cast<std::uint32_t>(kPendingMax / static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, opaque_count)));
}

std::uint32_t pending_max_of(const IssuerPolicy& issuer, std::uint32_t equal_share) {
  if (!issuer.opaque) return 0;
  return issuer.opaque->pending_max == 0 ? equal_share : issuer.opaque->pending_max;
}

}  // namespace

std::optional<std::uint32_t> CompiledEntrance::find_jwt_issuer(bool has_iss, std::string_view iss) const noexcept {
  if (!has_iss) return without_iss;
  const auto found = by_iss.find(absl::string_view(iss.data(), iss.size()));
  if (found == by_iss.end()) return std::nullopt;
  return found->second;
}

void CompiledPolicy::give_runtime(std::size_t issuer_index, std::shared_ptr<IssuerRuntime> runtime) {
  key_seats[issuer_index] = runtime->keys.number();
  issuers[issuer_index].runtime = std::move(runtime);
}

void CompiledPolicy::give_status(std::size_t issuer_index, const std::string& url,
                                 std::shared_ptr<const state::StatusSeat> seat) {
  issuers[issuer_index].status->seats.insert_or_assign(url, std::move(seat));
}

std::optional<state::StatusSeatNumber> CompiledStatus::find(std::string_view uri) const noexcept {
  const auto found = seats.find(absl::string_view(uri.data(), uri.size()));
  if (found == seats.end()) return std::nullopt;
  return found->second->number();
}

bool is_allowed_url(std::string_view url, const IssuerPolicy& policy) noexcept {
  if (!issuer::is_http_url(url)) return false;
  return url.starts_with("https://") || policy.allow_plain_http;
}

Expected<std::unique_ptr<CompiledPolicy>> compile_policy(const Policy& policy, std::uint64_t generation) {
  if (!policy_faults(policy).empty()) return fail(ErrorCode::kBadPolicy);
  auto compiled = std::make_unique<CompiledPolicy>();
  const std::uint32_t equal_share = equal_pending_share(policy);
  for (const IssuerPolicy& source : policy.issuers) {
    CompiledIssuer issuer{.policy = source,
                          .answers_id = generation * kIssuersMax + compiled->issuers.size(),
                          .pending_max = pending_max_of(source, equal_share),
                          .algorithms = {},
                          .status = nullptr,
                          .runtime = nullptr};
    for (std::string& type : issuer.policy.token_types) type = short_type(type);
    if (source.status_list) {
      issuer.status = std::make_unique<CompiledStatus>();
      issuer.status->required = source.status_list->required;
    }
    for (const Alg alg : source.algorithms) issuer.algorithms.set(static_cast<std::size_t>(alg));
    compiled->issuers.push_back(std::move(issuer));
  }
  compiled->key_seats.resize(compiled->issuers.size());
  for (const EntrancePolicy& source : policy.entrances) {
    compiled->entrances.push_back(compile_entrance(policy, source, compiled->issuers));
    compiled->takes_opaque = compiled->takes_opaque || compiled->entrances.back().opaque.has_value();
  }
  compiled->routes = RouteTable(policy);
  compiled->token_bytes_max = policy.max_token_bytes;
  return compiled;
}

}  // namespace assay::verify
