// A request for tests of the decision side, without a server: every view is an exact-size heap copy, so that
// AddressSanitizer sees a read past its end.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http.h"

namespace assay::server {

class RequestCopy {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit RequestCopy(std::string_view target = "/", Fields fields = {}) {
    request_.method = copy("GET");
    request_.target = copy(target);
    for (const auto& [name, value] : fields) fields_.push_back({.name = copy(name), .value = copy(value)});
    request_.fields = fields_;
  }
  RequestCopy(const RequestCopy&) = delete;
  RequestCopy& operator=(const RequestCopy&) = delete;

  RequestCopy& from_tcp(std::string_view address) {
    request_.peer = {.kind = Peer::Kind::kTcp, .address = copy(address)};
    return *this;
  }
  RequestCopy& from_unix() {
    request_.peer = {.kind = Peer::Kind::kUnix, .address = {}};
    return *this;
  }

  [[nodiscard]] const HttpRequest& get() const { return request_; }

 private:
  std::string_view copy(std::string_view text) {
    copies_.push_back(std::make_unique<char[]>(text.size()));
    std::copy(text.begin(), text.end(), copies_.back().get());
    return {copies_.back().get(), text.size()};
  }

  std::vector<std::unique_ptr<char[]>> copies_;
  std::vector<HttpField> fields_;
  HttpRequest request_;
};

}  // namespace assay::server
