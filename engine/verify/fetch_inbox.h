// Where finished fetches wait for the control machine.
//
// Concurrency
//   writers    the fetcher's threads, through put()
//   readers    the control machine, through take_all()
//   locks      mutex_; held for a push or a swap alone
//   lifetime   shared with every FetchDone, so a fetch may finish after the engine is gone
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "assay/fetcher.h"
#include "base/mutex.h"

namespace assay::verify {

class FetchInbox {
 public:
  FetchInbox();
  ~FetchInbox();
  FetchInbox(const FetchInbox&) = delete;
  FetchInbox& operator=(const FetchInbox&) = delete;

  struct Item {
    std::uint64_t fetch_id = 0;
    FetchResult result;
  };

  void put(std::uint64_t fetch_id, FetchResult result) ABSL_LOCKS_EXCLUDED(mutex_);
  [[nodiscard]] std::vector<Item> take_all() ABSL_LOCKS_EXCLUDED(mutex_);

  // Readable when something was put, or wake() called, since the last take_all.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  void wake() noexcept;

 private:
  const int fd_;
  base::Mutex mutex_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay::verify
