// How the engine reaches an authorization server. An embedder may bring their own; assay::outbound has one on libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct FetchRequest {
  enum class Method : std::uint8_t { kGet, kPost };
  Method method = Method::kGet;
  // https://...; http:// only with allow_plain_http; file:// and an absolute path (not percent-encoded) only for
  // KeySource::file. Nothing else.
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;                         // kPost
  std::size_t response_bytes_max = 0;       // body bytes; more is kTooLarge
  std::chrono::milliseconds timeout{5000};  // from call to last byte
  bool allow_plain_http = false;
};

enum class FetchOutcome : std::uint8_t {
  kAnswered,    // a complete response of any status except a redirect
  kRefused,     // the request itself is not allowed (scheme)
  kRedirected,  // 3xx: never followed
  kTooLarge,
  kTimedOut,
  kTlsFailed,
  kUnreachable,  // resolving, connecting, sending or receiving failed
};

struct FetchResult {
  FetchOutcome outcome = FetchOutcome::kUnreachable;
  int status = 0;                   // HTTP status where kAnswered
  std::vector<HttpHeader> headers;  // names in lower case
  std::string body;
  std::string complaint;  // one line for people; never holds credentials; empty where kAnswered
};

using FetchDone = std::function<void(FetchResult)>;

// Thread-safe. Implementations own their threads. Without a fetcher for it (assay::config has one), file:// is
// kRefused.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // Starts a request and returns at once. `done` is called exactly once, on any thread, at the latest shortly after the
  // timeout; also when the fetcher is destroyed first (kUnreachable).
  virtual void fetch(FetchRequest request, FetchDone done) = 0;
};

}  // namespace assay
