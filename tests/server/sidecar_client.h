// A small blocking HTTP/1.1 client for tests: sends exact bytes and reads whole responses.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/settings.h"

namespace assay::server {

// One response; status 0 if none came.
struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;

  // The values of all fields of that name (lower case).
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  // The value of the only field of that name; "<none>" or "<several>" otherwise.
  [[nodiscard]] std::string value(std::string_view name) const;
};

// One connection. A test that waits longer than ten seconds for bytes gets status 0.
class SidecarClient {
 public:
  explicit SidecarClient(const Address& address);
  ~SidecarClient();
  SidecarClient(const SidecarClient&) = delete;
  SidecarClient& operator=(const SidecarClient&) = delete;

  void send(std::string_view bytes);
  [[nodiscard]] ClientResponse receive();
  [[nodiscard]] ClientResponse exchange(std::string_view bytes) {
    send(bytes);
    return receive();
  }
  // A HEAD response has no body, whatever its Content-Length says.
  [[nodiscard]] ClientResponse receive_head();

 private:
  // Reads until `buffer_` holds a whole head; its size, or 0 if the connection ended.
  [[nodiscard]] std::size_t receive_head_bytes();
  bool receive_more();

  int fd_ = -1;
  std::string buffer_;
};

// One request on a connection of its own.
[[nodiscard]] ClientResponse exchange_once(const Address& address, std::string_view bytes);

// "GET path HTTP/1.1" with a Host field and `fields`, each ending in CRLF.
[[nodiscard]] std::string get(std::string_view path, std::string_view fields = {});
// "POST path HTTP/1.1" likewise, with Content-Length and `body`.
[[nodiscard]] std::string post(std::string_view path, std::string_view body, std::string_view fields = {});

}  // namespace assay::server
