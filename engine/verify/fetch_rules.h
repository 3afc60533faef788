// What every supply makes of its fetches: how long it waits for one, and what it says of one that brought nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "assay/fetcher.h"

namespace assay::verify {

// When a fetch that starts now is taken for lost, in monotonic nanoseconds: a fetcher answers by its timeout, and half
// a second more is for a busy machine.
[[nodiscard]] inline std::int64_t fetch_deadline_ns(std::chrono::milliseconds timeout, std::int64_t now_ns) {
  constexpr std::chrono::milliseconds kSlack{500};
  return now_ns + std::chrono::nanoseconds(timeout + kSlack).count();
}

// Empty if the answer is a document; else why not.
[[nodiscard]] inline std::string complaint_of(const FetchResult& result) {
  if (result.outcome != FetchOutcome::kAnswered) return result.complaint;
  if (result.status != 200) return "HTTP status " + std::to_string(result.status);
  return {};
}

}  // namespace assay::verify
