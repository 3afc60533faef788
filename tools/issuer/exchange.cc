#include "issuer/exchange.h"

#include <strings.h>

#include "signing/json_text.h"

namespace assay::development {

std::string_view Request::field(std::string_view name) const {
  for (const Field& candidate : fields) {
    if (candidate.name.size() == name.size() && strncasecmp(candidate.name.data(), name.data(), name.size()) == 0) {
      return candidate.value;
    }
  }
  return {};
}

Answer json_answer(int status, std::string json) {
  return {.status = status,
          .fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"Pragma", "no-cache"}},
          .body = std::move(json)};
}

Answer oauth_error(int status, std::string_view error, std::string_view description) {
  return json_answer(status, signing::JsonObject().add("error", error).add("error_description", description).text());
}

Answer retry_later(int status, std::int64_t retry_after_s) {
  Answer answer = oauth_error(status, status == 429 ? "slow_down" : "temporarily_unavailable",
                              "try again after the seconds that Retry-After names");
  answer.fields.push_back({"Retry-After", std::to_string(retry_after_s)});
  return answer;
}

}  // namespace assay::development
