// Concurrency
//   shared     the inbox alone (inbox.h); everything else of Impl belongs to the fetcher's thread once that runs
//   wake       curl_multi_wakeup after each push: libcurl remembers it, so a push between two polls is not missed
//   invariant  I1 `done` runs without a lock held, so it may call fetch()
//              I2 a request is in the inbox or in `transfers_`, never in both, and leaves by complete() alone
#include "outbound/http_fetcher.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "assay/expected.h"
#include "base/check.h"
#include "base/free_with.h"
#include "base/letter_case.h"
#include "outbound/http_syntax.h"
#include "outbound/inbox.h"

namespace assay::outbound {
namespace {

constexpr long kConnectionsKeptMax = 64;
// How long the thread sleeps where it has no deadline to keep: any value is right, waking costs nothing.
constexpr std::chrono::milliseconds kIdleWait{60'000};

using Easy = std::unique_ptr<CURL, base::FreeWith<curl_easy_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, base::FreeWith<curl_slist_free_all>>;
using ParsedUrl = std::unique_ptr<CURLU, base::FreeWith<curl_url_cleanup>>;
using UrlPart = std::unique_ptr<char, base::FreeWith<curl_free>>;

// One request that libcurl works on. libcurl keeps pointers into it: it must not move.
struct Transfer {
  Work work;
  std::uint64_t serial = 0;
  std::size_t head_bytes_max = 0;
  std::size_t head_bytes = 0;
  std::string cut_off;  // what a callback stopped it for: its size; empty if none did
  std::string where;    // host and port, or the socket's path
  bool to_socket = false;
  HeaderList headers;
  std::string body;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  Easy easy;  // last: freed first, while what it points to still lives
};

FetchResult failed(FetchOutcome outcome, std::string complaint) {
  FetchResult result;
  result.outcome = outcome;
  result.complaint = one_line(std::move(complaint));
  return result;
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  return UrlPart(text).get();
}

// Host and port of an allowed URL; or why the request is refused.
tl::expected<std::string, std::string> check_url(const FetchRequest& request) {
  if (has_blank_or_control(request.url)) {
    return tl::unexpected<std::string>("the URL holds a blank or a control byte");
  }
  const ParsedUrl url(curl_url());
  const CURLUcode parsed = curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (parsed != CURLUE_OK) return tl::unexpected<std::string>("not a URL: " + std::string(curl_url_strerror(parsed)));
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    return tl::unexpected<std::string>("the URL holds user information");
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme == "http" && !request.allow_plain_http) {
    return tl::unexpected<std::string>("http:// is not allowed here, only https://");
  }
  if (scheme != "https" && scheme != "http") {
    return tl::unexpected<std::string>("only https:// is allowed, not " + scheme + "://");
  }
  const std::string port = url_part(url.get(), CURLUPART_PORT);
  return url_part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

// libcurl's notation: "Name;" sends an empty value, "Name:" sends nothing.
HeaderList make_header_list(const FetchRequest& request) {
  std::vector<std::string> lines;
  bool has_content_type = false;
  for (const HttpHeader& header : request.headers) {
    has_content_type = has_content_type || base::to_lower(header.name) == "content-type";
    lines.push_back(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  // Left alone, libcurl declares every body to be a form and waits a second for "100 Continue" before a long one.
  if (!has_content_type) lines.emplace_back("Content-Type:");
  lines.emplace_back("Expect:");
  HeaderList list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    ASSAY_CHECK(longer != nullptr);
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

// libcurl's write callbacks: a return value other than the count stops the transfer with CURLE_WRITE_ERROR.
std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  const std::size_t bytes_max = transfer.work.request.response_bytes_max;
  if (count > bytes_max - transfer.body.size()) {
    transfer.cut_off = "the answer is longer than " + std::to_string(bytes_max) + " bytes";
    return 0;
  }
  transfer.body.append(bytes, count);
  return count;
}

std::size_t on_head_line(char*, std::size_t, std::size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  if (count > transfer.head_bytes_max - transfer.head_bytes) {
    transfer.cut_off = "the answer's head is longer than " + std::to_string(transfer.head_bytes_max) + " bytes";
    return 0;
  }
  transfer.head_bytes += count;
  return count;
}

template <typename T>
void set_option(CURL* easy, CURLoption option, T value) {
  ASSAY_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

// Trust, proxy and protocol: the same for every request.
void set_connection_options(CURL* easy, const HttpFetcherOptions& options, const FetchRequest& request) {
  set_option(easy, CURLOPT_PROTOCOLS_STR, request.allow_plain_http ? "http,https" : "https");
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set_option(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_option(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    set_option(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    // Otherwise the system's directory stays trusted beside the file.
    set_option(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  // An empty proxy turns the environment's off; an empty exception list likewise.
  set_option(easy, CURLOPT_PROXY, options.proxy.c_str());
  set_option(easy, CURLOPT_NOPROXY, "");
  if (!options.proxy_credentials.empty()) {
    set_option(easy, CURLOPT_PROXYUSERPWD, options.proxy_credentials.c_str());
    set_option(easy, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  }
  if (!options.client_certificate.empty()) {
    set_option(easy, CURLOPT_SSLCERT, options.client_certificate.c_str());
    set_option(easy, CURLOPT_SSLKEY, options.client_key.c_str());
  }
  if (!options.unix_socket.empty()) set_option(easy, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set_option(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  // Giving up must not wait for a name server that does not answer.
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);
}

void set_request_options(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  const FetchRequest& request = transfer.work.request;
  set_option(easy, CURLOPT_URL, request.url.c_str());
  set_option(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  set_option(easy, CURLOPT_USERAGENT, "assay");
  if (request.method == FetchRequest::Method::kPost) {
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDS, request.body.data());
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set_option(easy, CURLOPT_WRITEFUNCTION, on_body);
  set_option(easy, CURLOPT_WRITEDATA, &transfer);
  set_option(easy, CURLOPT_HEADERFUNCTION, on_head_line);
  set_option(easy, CURLOPT_HEADERDATA, &transfer);
  set_option(easy, CURLOPT_ERRORBUFFER, transfer.error_text.data());
  set_option(easy, CURLOPT_PRIVATE, &transfer);
}

FetchOutcome outcome_of(CURLcode code) {
  constexpr std::array kTlsCodes{
      CURLE_SSL_CONNECT_ERROR,   CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,    CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER,          CURLE_SSL_ISSUER_ERROR,         CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,     CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CLIENTCERT,
      CURLE_USE_SSL_FAILED,      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_SHUTDOWN_FAILED};
  if (std::find(kTlsCodes.begin(), kTlsCodes.end(), code) != kTlsCodes.end()) return FetchOutcome::kTlsFailed;
  if (code == CURLE_OPERATION_TIMEDOUT) return FetchOutcome::kTimedOut;
  if (code == CURLE_URL_MALFORMAT) return FetchOutcome::kRefused;
  return FetchOutcome::kUnreachable;
}

// Headers of the final response; interim responses, trailers and a proxy's answer are left out.
std::vector<HttpHeader> read_headers(CURL* easy) {
  std::vector<HttpHeader> headers;
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header)) != nullptr) {
    std::string_view value = header->value;
    // libcurl 7.88 gives an empty value as the line's end.
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
    headers.push_back({.name = base::to_lower(header->name), .value = std::string(value)});
  }
  return headers;
}

// Where a Unix socket takes no connection, libcurl names the URL's host, which nobody asked: the system says why
// instead.
std::string reason_of(const Transfer& transfer, CURLcode code) {
  const std::string_view text = transfer.error_text.data();
  if (!transfer.to_socket || code != CURLE_COULDNT_CONNECT)
    return text.empty() ? curl_easy_strerror(code) : text.data();
  long system_error = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_OS_ERRNO, &system_error);
  return system_error == 0 ? curl_easy_strerror(code) : std::system_category().message(static_cast<int>(system_error));
}

FetchResult read_result(Transfer& transfer, CURLcode code) {
  if (!transfer.cut_off.empty()) return failed(FetchOutcome::kTooLarge, transfer.where + ": " + transfer.cut_off);
  if (code != CURLE_OK) return failed(outcome_of(code), transfer.where + ": " + reason_of(transfer, code));
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 300 && status < 400 && status != 304) {
    return failed(FetchOutcome::kRedirected, transfer.where + ": answered with a redirect (" + std::to_string(status) +
                                                 "), which is not followed");
  }
  FetchResult result;
  result.outcome = FetchOutcome::kAnswered;
  result.status = static_cast<int>(status);
  result.headers = read_headers(transfer.easy.get());
  result.body = std::move(transfer.body);
  return result;
}

CURLM* make_multi(const HttpFetcherOptions& options) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  ASSAY_CHECK(initialised == CURLE_OK);
  CURLM* multi = curl_multi_init();
  ASSAY_CHECK(multi != nullptr);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connections_per_host_max));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kConnectionsKeptMax);
  return multi;
}

}  // namespace

class HttpFetcher::Impl {
 public:
  explicit Impl(HttpFetcherOptions options)
      : options_(std::move(options)), multi_(make_multi(options_)), inbox_(options_.requests_in_flight_max) {
    // The thread starts with every signal blocked: signals are the host's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Impl() {
    inbox_.ask_to_stop();
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  void fetch(FetchRequest request, FetchDone done) {
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    inbox_.push({.request = std::move(request), .done = std::move(done), .deadline = deadline});
    curl_multi_wakeup(multi_.get());
  }

 private:
  using Key = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;

  void run() {
    while (!inbox_.asked_to_stop()) {
      for (Work& work : inbox_.take_all()) start(std::move(work));
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      complete_finished();
      complete_expired();
      if (curl_multi_poll(multi_.get(), nullptr, 0, wait_ms(), nullptr) != CURLM_OK) {
        // Without this pause a failing poll (out of memory) would spin; deadlines are still kept.
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    abandon_all();
  }

  void start(Work work) {
    if (work.over_limit) {
      const std::string limit = std::to_string(options_.requests_in_flight_max);
      return complete(work, failed(FetchOutcome::kUnreachable, "too many requests in flight, over " + limit));
    }
    auto where = check_url(work.request);
    if (!where) return complete(work, failed(FetchOutcome::kRefused, where.error()));
    if (!headers_are_sound(work.request.headers)) {
      return complete(work, failed(FetchOutcome::kRefused, *where + ": a header of the request is malformed"));
    }
    auto transfer = std::make_unique<Transfer>();
    transfer->work = std::move(work);
    transfer->serial = ++serial_;
    transfer->head_bytes_max = options_.response_head_bytes_max;
    transfer->where = std::move(*where);
    transfer->to_socket = !options_.unix_socket.empty();
    if (transfer->to_socket) transfer->where = options_.unix_socket;
    transfer->headers = make_header_list(transfer->work.request);
    transfer->easy.reset(curl_easy_init());
    ASSAY_CHECK(transfer->easy != nullptr);
    set_connection_options(transfer->easy.get(), options_, transfer->work.request);
    set_request_options(*transfer);
    ASSAY_CHECK(curl_multi_add_handle(multi_.get(), transfer->easy.get()) == CURLM_OK);
    const Key key{transfer->work.deadline, transfer->serial};
    transfers_.emplace(key, std::move(transfer));
  }

  void complete_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      char* context = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
      Transfer& transfer = *reinterpret_cast<Transfer*>(context);
      FetchResult result = read_result(transfer, message->data.result);
      complete(take({transfer.work.deadline, transfer.serial}), std::move(result));
    }
  }

  // libcurl's own time limit does not count the wait for a free connection; this one does.
  void complete_expired() {
    const auto now = std::chrono::steady_clock::now();
    while (!transfers_.empty() && transfers_.begin()->first.first <= now) {
      const auto& [key, transfer] = *transfers_.begin();
      FetchResult result =
          failed(FetchOutcome::kTimedOut, transfer->where + ": no complete answer within " +
                                              std::to_string(transfer->work.request.timeout.count()) + " ms");
      complete(take(key), std::move(result));
    }
  }

  void abandon_all() {
    while (!transfers_.empty()) {
      complete(take(transfers_.begin()->first), failed(FetchOutcome::kUnreachable, "the fetcher is closing"));
    }
    // A completed request may have led to another one.
    for (auto works = inbox_.take_all(); !works.empty(); works = inbox_.take_all()) {
      for (Work& work : works) {
        work.request = {};
        complete(work, failed(FetchOutcome::kUnreachable, "the fetcher is closing"));
      }
    }
  }

  Work take(Key key) {
    auto node = transfers_.extract(key);
    ASSAY_CHECK(!node.empty());
    curl_multi_remove_handle(multi_.get(), node.mapped()->easy.get());
    return std::move(node.mapped()->work);
  }

  void complete(const Work& work, FetchResult result) {
    if (!work.over_limit) inbox_.count_completed();
    work.done(std::move(result));
  }

  int wait_ms() const {
    if (transfers_.empty()) return static_cast<int>(kIdleWait.count());
    // Rounded up: waking before the deadline would poll again with no time to wait.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(transfers_.begin()->first.first -
                                                                   std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kIdleWait).count());
  }

  const HttpFetcherOptions options_;
  const std::unique_ptr<CURLM, base::FreeWith<curl_multi_cleanup>> multi_;
  Inbox inbox_;
  std::uint64_t serial_ = 0;
  std::map<Key, std::unique_ptr<Transfer>> transfers_;
  std::thread thread_;
};

HttpFetcher::HttpFetcher(HttpFetcherOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpFetcher::~HttpFetcher() = default;

void HttpFetcher::fetch(FetchRequest request, FetchDone done) { impl_->fetch(std::move(request), std::move(done)); }

}  // namespace assay::outbound
