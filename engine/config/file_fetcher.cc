#include "config/file_fetcher.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <utility>

#include "base/hex.h"
#include "base/keyed_hash.h"
#include "base/letter_case.h"
#include "config/key_files.h"

namespace assay::config {
namespace {

constexpr std::string_view kScheme = "file://";

FetchResult failed(FetchOutcome outcome, std::string complaint) {
  FetchResult result;
  result.outcome = outcome;
  result.complaint = std::move(complaint);
  return result;
}

// RFC 9110 sec 8.8.3. Of this process alone: the hash's key is.
std::string etag_of(std::string_view text) {
  const base::Hash128 hash = base::keyed_hash(text);
  return '"' + base::hex_text(hash.high) + '-' + base::hex_text(hash.low) + '"';
}

bool has_header(const FetchRequest& request, std::string_view name, std::string_view value) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const HttpHeader& header) {
    return base::equals_ignoring_case(header.name, name) && header.value == value;
  });
}

}  // namespace

FileFetcher::FileFetcher(const ConfigFiles& files, Fetcher& next) : files_(files), next_(next) {
  // The thread starts with every signal blocked: signals are the host's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FileFetcher::~FileFetcher() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void FileFetcher::fetch(FetchRequest request, FetchDone done) {
  if (!request.url.starts_with(kScheme)) return next_.fetch(std::move(request), std::move(done));
  {
    const base::MutexLock lock(mutex_);
    queue_.push_back({.request = std::move(request), .done = std::move(done)});
  }
  changed_.notify_one();
}

void FileFetcher::run() {
  for (;;) {
    Work work;
    bool stopping = false;
    {
      const base::MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.wait(mutex_);
      if (queue_.empty()) return;
      stopping = stopping_;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work.done(stopping ? failed(FetchOutcome::kUnreachable, "the fetcher is closing") : read(work.request));
  }
}

FetchResult FileFetcher::read(const FetchRequest& request) const {
  const std::string path = request.url.substr(kScheme.size());
  if (request.method != FetchRequest::Method::kGet) return failed(FetchOutcome::kRefused, path + ": can only be read");
  if (!path.starts_with('/')) return failed(FetchOutcome::kRefused, "file:// needs an absolute path");
  auto text = read_key_text(files_, path, request.response_bytes_max);
  if (!text) return failed(FetchOutcome::kUnreachable, path + ": " + text.error());
  FetchResult result;
  result.outcome = FetchOutcome::kAnswered;
  result.headers = {{.name = "etag", .value = etag_of(*text)}};
  result.status = has_header(request, "if-none-match", result.headers.front().value) ? 304 : 200;
  if (result.status == 200) result.body = std::move(*text);
  return result;
}

}  // namespace assay::config
