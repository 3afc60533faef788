// Watching key files: the Fetcher that serves file:// URLs from the disk.
//
// Concurrency
//   writers    any thread: fetch(); the destructor
//   readers    the thread of this object, which reads the files and calls `done`
//   locks      mutex_ guards the queue; it is not held while a file is read or `done` runs
//   invariant  I1 every request of a file is in the queue or in the thread's hands, and leaves by one call of `done`
#pragma once

#include <condition_variable>
#include <deque>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"

#include "assay/fetcher.h"
#include "base/mutex.h"
#include "config/config.h"

namespace assay::config {

// Serves "file://" and an absolute path (a folder's ends in "/") as read_key_text reads it; every other request goes to
// `next`, whose `done` runs where `next` runs it.
//
//   answer      200 with the text and an ETag, which names the text: a file that was replaced by a rename, written over
//               or touched is told by what it holds. 304 where If-None-Match has that ETag. RFC 9110 sec 13.1.2
//   kRefused    another method than GET, or a path that is not absolute
//   kUnreachable  the file cannot be read; the complaint has path and reason
//   timeout     not kept: a file system that hangs delays the answer, and all later ones of this object
//   destructor  ends the waiting requests with kUnreachable; waits for the file that is being read
//   cost        a key file is read whole at each fetch, by the thread of this object
class FileFetcher final : public Fetcher {
 public:
  // Both must outlive this object; `files` must be thread-safe.
  FileFetcher(const ConfigFiles& files, Fetcher& next);
  ~FileFetcher() override;
  FileFetcher(const FileFetcher&) = delete;
  FileFetcher& operator=(const FileFetcher&) = delete;

  void fetch(FetchRequest request, FetchDone done) override;

 private:
  struct Work {
    FetchRequest request;
    FetchDone done;
  };

  void run();
  [[nodiscard]] FetchResult read(const FetchRequest& request) const;

  const ConfigFiles& files_;
  Fetcher& next_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace assay::config
