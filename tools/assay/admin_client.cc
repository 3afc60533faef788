#include "assay/admin_client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <utility>

#include "base/letter_case.h"
#include "outbound/http_fetcher.h"
#include "server/admin_page.h"

namespace assay::cli {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kAnswerBytesMax = std::size_t{1024} * 1024;

tl::unexpected<std::string> fault(std::string sentence) { return tl::unexpected<std::string>(std::move(sentence)); }

bool is_this_machine(std::string_view authority) {
  constexpr std::array<std::string_view, 3> kHosts{"127.0.0.1", "localhost", "[::1]"};
  return std::any_of(kHosts.begin(), kHosts.end(), [authority](std::string_view host) {
    return authority == host || (authority.starts_with(host) && authority.substr(host.size()).front() == ':');
  });
}

}  // namespace

tl::expected<AdminPlace, std::string> read_admin_place(std::string_view url) {
  if (url.starts_with(kUnix)) {
    const std::string_view path = url.substr(kUnix.size());
    if (!path.starts_with('/')) return fault("--admin: unix: needs an absolute path, as unix:/run/assay/admin.sock");
    return AdminPlace{.base_url = "http://localhost", .unix_socket = std::string(path)};
  }
  const bool is_http = url.starts_with(kHttp);
  if (!is_http && !url.starts_with(kHttps)) {
    return fault("--admin: takes http://127.0.0.1:PORT, https://HOST:PORT or unix:/PATH");
  }
  const std::string_view scheme = is_http ? kHttp : kHttps;
  std::string_view authority = url.substr(scheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.empty() || authority.find_first_of("/?#@") != std::string_view::npos) {
    return fault("--admin: takes a host and a port, no path");
  }
  if (is_http && !is_this_machine(authority)) {
    return fault("--admin: http:// is for this machine alone, because the secret travels with the call; use https://");
  }
  return AdminPlace{.base_url = std::string(scheme) + std::string(authority), .unix_socket = {}};
}

tl::expected<AdminAnswer, std::string> post_json(const AdminPlace& place, std::string_view path,
                                                 std::string_view secret, std::string body) {
  std::promise<FetchResult> promise;
  std::future<FetchResult> future = promise.get_future();
  outbound::HttpFetcher fetcher({.unix_socket = place.unix_socket});
  fetcher.fetch({.method = FetchRequest::Method::kPost,
                 .url = place.base_url + std::string(path),
                 .headers = {{.name = "Authorization", .value = "Bearer " + std::string(secret)},
                             {.name = "Content-Type", .value = "application/json"}},
                 .body = std::move(body),
                 .response_bytes_max = kAnswerBytesMax,
                 .timeout = kPatience,
                 .allow_plain_http = true},
                [&promise](FetchResult result) { promise.set_value(std::move(result)); });
  FetchResult result = future.get();
  if (result.outcome != FetchOutcome::kAnswered) return fault(std::move(result.complaint));
  AdminAnswer answer{.status = result.status, .listener = {}, .body = std::move(result.body)};
  for (HttpHeader& header : result.headers) {
    if (base::equals_ignoring_case(header.name, server::kAdminMark.name)) answer.listener = std::move(header.value);
  }
  return answer;
}

}  // namespace assay::cli
