// The Fetcher on libcurl: HTTPS to authorization servers, from one thread of its own.
//
// What it never does, whatever a request or the environment says: follow a redirect, speak anything but HTTP over TLS
// (plain HTTP needs the request's own permission), skip the verification of a certificate or of its host name, use a
// proxy that was not configured, read .netrc, keep cookies, decompress, or send credentials from a URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "assay/fetcher.h"

namespace assay::outbound {

struct HttpFetcherOptions {
  std::string ca_file = {};             // PEM file of the only trusted authorities; empty: the system's store
  std::string proxy = {};               // "http://host:port"; empty: none. http_proxy and its kin are never read
  std::string proxy_credentials = {};   // "user:password", for the proxy alone (RFC 7617); empty: none
  std::string client_certificate = {};  // PEM file, chain included, shown to servers that ask for one; empty: none
  std::string client_key = {};          // PEM file of its private key, unencrypted; both or neither
  std::string unix_socket = {};         // path of the socket that every request goes to; empty: the URL's host
  std::chrono::milliseconds connect_timeout{2000};               // name, TCP and TLS together
  std::uint32_t connections_per_host_max = 16;                   // further requests wait for one, within their timeout
  std::size_t requests_in_flight_max = 1024;                     // further ones end as kUnreachable at once
  std::size_t response_head_bytes_max = std::size_t{64} * 1024;  // status line and headers, interim responses included
};

// Thread-safe. HTTP/2 where the server agrees to it by ALPN, else HTTP/1.1; connections are kept for reuse.
//
//   done        runs on the fetcher's thread without a lock held, never inside fetch(). It may call fetch(); it
//               must not block (all other requests wait for it) and must not destroy the fetcher
//   timeout     counts from the call of fetch(), waiting for a connection included
//   kRefused    URL: not https (or http with permission), user information, blanks or control bytes;
//               header: a name that is no token, a value with control bytes. RFC 9110 sec 5.1, RFC 9110 sec 5.5
//   kRedirected every 3xx but 304, which is an answer
//   kTlsFailed  also where the client's certificate or key cannot be read: the files are read for each new connection
//   complaint   "HOST: what happened"; of the request it names only the host and port, or in their place
//               `unix_socket`; of the proxy no credentials
//   destructor  ends every outstanding request with kUnreachable before it returns
class HttpFetcher final : public Fetcher {
 public:
  explicit HttpFetcher(HttpFetcherOptions options = {});
  ~HttpFetcher() override;
  HttpFetcher(const HttpFetcher&) = delete;
  HttpFetcher& operator=(const HttpFetcher&) = delete;

  void fetch(FetchRequest request, FetchDone done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::outbound
