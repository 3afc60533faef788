// A status list as its issuer publishes it: what its JSON says, and its bytes, decompressed a piece at a time.
// draft-ietf-oauth-status-list, "Status List".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "jose/json.h"

namespace assay::issuer {

// What a `status_list` object says; its text may still be no list at all.
struct StatusListText {
  std::uint32_t bits = 1;       // of one status: 1, 2, 4 or 8
  std::string_view compressed;  // `lst`: base64url of the zlib format; a view of the document
};

// Members that are not known here are ignored, as `aggregation_uri` is.
//   errors   bad_status_list: no object, `bits` is not 1, 2, 4 or 8, or `lst` is no string
[[nodiscard]] Expected<StatusListText> read_status_list(jose::JsonValue status_list) noexcept;

// Decompresses one list within a bound: a few bytes may stand for very many. Thread-confined; movable.
class StatusListInflater {
 public:
  // Decodes the text's base64url.
  //   bytes_max   of the list; more is refused
  //   errors      bad_base64url: the offset in `compressed`
  [[nodiscard]] static Expected<StatusListInflater> start(std::string_view compressed, std::size_t bytes_max);
  StatusListInflater(StatusListInflater&&) noexcept;
  StatusListInflater& operator=(StatusListInflater&&) noexcept;
  ~StatusListInflater();

  // Decompresses up to `byte_count` bytes more, which is at least 1. Precondition: !done().
  void advance(std::size_t byte_count);
  // Whether the end has come, good or bad.
  [[nodiscard]] bool done() const noexcept;
  // The list. Precondition: done().
  //   errors   bad_status_list: not one whole stream in the zlib format with a right checksum, bytes behind it, or more
  //            than bytes_max bytes in it
  //   spec     RFC 1950, RFC 1951
  [[nodiscard]] Expected<std::vector<std::uint8_t>> finish() &&;

 private:
  class Impl;
  explicit StatusListInflater(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::issuer
