// The strict HTTP/1.1 request reader that stands in front of every decision. RFC 9112.
//
// It accepts exactly what the server serves and refuses whatever two programs could read differently; a request that it
// accepts, an independent parser reads alike (tests/server, fuzz/http1_fuzz.cc). Refused with 400 unless said:
//
//   head      control bytes, bare CR or LF, folded lines, empty lines before the request, blanks in front of a colon,
//             empty or non-token names; bytes >= 0x80 in the request line, credentials and framing fields
//   method    CONNECT; 501: one that is not registered
//   target    anything but origin-form, and "*" with OPTIONS; fragments; bytes outside 0x21-0x7E
//   version   505: any but HTTP/1.0 and HTTP/1.1
//   fields    repeated Host, Content-Length, Transfer-Encoding, Authorization; HTTP/1.1 without Host; Upgrade;
//             417: Expect, unless it is 100-continue; with a body that is not kept, that as well
//   framing   Content-Length with Transfer-Encoding; any transfer coding but one "chunked"; chunked in HTTP/1.0;
//             chunk extensions, trailers, chunk lines that are not digits and CRLF
//   size      431: head bytes or fields; 413: body bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/http.h"

namespace assay::server {

struct Http1Limits {
  std::size_t head_bytes_max = 0;  // request line to the empty line, both included
  std::size_t fields_max = 0;
  std::size_t body_bytes_max = 0;  // decoded
  bool keep_body = false;
};

// Reads one message after the other from a growing buffer. Never looks at a byte twice for finding line ends, so that
// the cost is linear however the bytes are cut into packets, and gives the same outcome however they are cut.
//
// Use: begin(); then read() with all bytes of the message so far each time that more have come, until it does not say
// kPartial. No allocation once the field table has grown.
class Http1Reader {
 public:
  enum class State : std::uint8_t { kPartial, kComplete, kBad };

  struct Progress {
    State state = State::kPartial;
    // kPartial   how many bytes of `message` to keep: the next call gets these, then the new ones
    // kComplete  how many bytes of `message` the request took; what follows is the next one's
    // kBad       0
    std::size_t bytes = 0;
  };

  // Forgets the message.
  void begin() noexcept;

  //   message  from the first byte of the message to the last one received. Written to: a kept chunked body is
  //            decoded in place, behind the head. It may have moved in memory since the last call
  //   limits   the same in every call for one message
  [[nodiscard]] Progress read(std::span<char> message, const Http1Limits& limits);

  // After kBad: the status to answer with, before closing.
  [[nodiscard]] int refusal_status() const noexcept { return refusal_status_; }

  // After kPartial: the head is complete and the body is awaited.
  [[nodiscard]] bool in_body() const noexcept { return phase_ != Phase::kHead; }

  // After kPartial: the client waits for 100 before it sends the body, and nothing of the body has come. RFC 9110
  // sec 10.1.1.
  [[nodiscard]] bool awaits_continue() const noexcept { return in_body() && message_.expects_continue; }
  // 100 is on its way.
  void note_continue() noexcept { message_.expects_continue = false; }

  // After kComplete: fills all of `request` but peer and listener. Views point into `message`, which is what read() was
  // given, and into `fields`, whose former content is dropped.
  void fill(std::string_view message, std::vector<HttpField>& fields, HttpRequest& request) const;

  // After kComplete: whether the client wants the connection to stay open. RFC 9112 sec 9.3.
  [[nodiscard]] AfterAnswer after_answer() const noexcept;

 private:
  enum class Phase : std::uint8_t {
    kHead,
    kLengthBody,
    kChunkSize,
    kChunkSizeLf,
    kChunkData,
    kChunkCr,
    kChunkLf,
    kLastCr,
    kLastLf,
    kDone,
  };

  // A part of the message: offset and length, because the message may move.
  struct Piece {
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
  };
  struct FieldPieces {
    Piece name;
    Piece value;
  };

  [[nodiscard]] bool refuse(int status) noexcept;
  [[nodiscard]] bool read_head(std::string_view message, const Http1Limits& limits);
  [[nodiscard]] bool read_request_line(std::string_view line);
  [[nodiscard]] bool read_version(std::string_view text);
  [[nodiscard]] bool read_target(std::string_view method, std::string_view target);
  [[nodiscard]] bool read_field_line(std::string_view message, std::size_t offset, std::size_t bytes);
  [[nodiscard]] bool note_field(std::string_view name, std::string_view value);
  [[nodiscard]] bool note_content_length(std::string_view value);
  [[nodiscard]] bool note_transfer_encoding(std::string_view value);
  [[nodiscard]] bool note_connection(std::string_view value);
  [[nodiscard]] bool finish_head(const Http1Limits& limits);
  [[nodiscard]] bool read_body(std::span<char> message, const Http1Limits& limits);
  [[nodiscard]] bool read_chunk_size_byte(char c, const Http1Limits& limits);
  void take_body(std::span<char> message, bool keep) noexcept;
  [[nodiscard]] bool expect_byte(char actual, char expected, Phase next) noexcept;

  // Everything that begin() resets, apart from the field table, which keeps its memory.
  struct Message {
    Piece method;
    Piece target;
    std::size_t line_begin = 0;  // of the line being read
    std::size_t scanned = 0;     // no LF between line_begin and here
    std::size_t head_bytes = 0;  // once the head is complete
    std::size_t read_bytes = 0;  // body: raw bytes consumed, head included
    std::size_t kept_bytes = 0;  // head and decoded body
    std::uint64_t content_length = 0;
    std::uint64_t body_bytes = 0;  // decoded so far, the current chunk included
    std::uint64_t remaining = 0;   // of the current chunk or of the Content-Length body
    int chunk_digits = 0;
    int minor_version = 1;
    bool have_host = false;
    bool have_authorization = false;
    bool have_content_length = false;
    bool chunked = false;
    bool expects_continue = false;
    bool asked_close = false;
    bool asked_keep_alive = false;
  };

  Phase phase_ = Phase::kHead;
  int refusal_status_ = 0;
  Message message_;
  std::vector<FieldPieces> fields_;
};

}  // namespace assay::server
