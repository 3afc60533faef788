// How often a client may ask for tokens.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace assay::development {

// One bucket per client, filled at a steady rate. Thread-confined; holds one entry per name it was asked about, so ask
// only about authenticated clients.
class RateLimiter {
 public:
  // `per_minute` at least 1: both the requests of a burst and those that a minute gives back.
  explicit RateLimiter(std::int64_t per_minute) : per_minute_(per_minute) {}

  // Takes one request of `client` at `now_ns` (monotonic, nanoseconds).
  //   returns   0 if it may go on; otherwise the whole seconds, at least 1, until one may
  [[nodiscard]] std::int64_t take(std::string_view client, std::int64_t now_ns);

  // Sets the rate and forgets what was used.
  void set_per_minute(std::int64_t per_minute);

 private:
  struct Bucket {
    std::int64_t debt_ns = 0;  // how long the bucket needs to be full again
    std::int64_t asked_ns = 0;
  };

  std::int64_t per_minute_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace assay::development
