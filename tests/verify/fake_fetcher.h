// A Fetcher that keeps every request until the test answers it.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "assay/fetcher.h"

namespace assay::test {

// Thread-confined: tests step the control machine on their own thread.
class FakeFetcher final : public Fetcher {
 public:
  void fetch(FetchRequest request, FetchDone done) override {
    ++started;
    waiting_.emplace_back(std::move(request), std::move(done));
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] const FetchRequest& front() const { return waiting_.front().first; }

  // Answers the oldest request with status 200.
  void answer(std::string body) {
    answer_with(
        {.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = std::move(body), .complaint = {}});
  }
  void fail(std::string complaint) {
    answer_with({.outcome = FetchOutcome::kUnreachable,
                 .status = 0,
                 .headers = {},
                 .body = {},
                 .complaint = std::move(complaint)});
  }
  void answer_with(FetchResult result) {
    auto [request, done] = std::move(waiting_.front());
    waiting_.pop_front();
    done(std::move(result));
  }

  std::size_t started = 0;

 private:
  std::deque<std::pair<FetchRequest, FetchDone>> waiting_;
};

}  // namespace assay::test
