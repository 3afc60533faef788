// Reads a stream of requests with the strict reader, cut into chunks at will, for tests and the fuzzer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http1.h"

namespace assay::server {

struct ReadField {
  std::string name;
  std::string value;

  friend bool operator==(const ReadField&, const ReadField&) = default;
};

struct ReadRequest {
  std::string method;
  std::string target;
  int minor_version = 1;
  std::vector<ReadField> fields;
  std::string body;

  friend bool operator==(const ReadRequest&, const ReadRequest&) = default;
};

// What became of a stream.
struct StreamOutcome {
  std::vector<ReadRequest> requests;
  Http1Reader::State end = Http1Reader::State::kPartial;  // of what follows the last request
  int status = 0;                                         // where end is kBad
  std::size_t consumed_bytes = 0;                         // by the requests
  bool closed = false;                                    // the last request ends the connection

  friend bool operator==(const StreamOutcome&, const StreamOutcome&) = default;
};

inline constexpr Http1Limits kTestLimits{
    .head_bytes_max = 4096, .fields_max = 32, .body_bytes_max = 1024, .keep_body = true};

inline ReadRequest copy_of(const HttpRequest& request) {
  ReadRequest copy{
      std::string(request.method), std::string(request.target), request.minor_version, {}, std::string(request.body)};
  for (const HttpField& field : request.fields)
    copy.fields.push_back({std::string(field.name), std::string(field.value)});
  return copy;
}

// Feeds a reader as a connection does, but from heap blocks of exactly the size, so that AddressSanitizer sees a read
// of one byte too many.
class StreamReader {
 public:
  explicit StreamReader(const Http1Limits& limits) : limits_(limits) { reader_.begin(); }

  void feed(std::string_view chunk) {
    received_.append(chunk);
    while (!over_ && (!received_.empty())) {
      const std::size_t bytes = received_.size();
      const std::unique_ptr<char[]> exact(new char[bytes]);
      std::copy(received_.begin(), received_.end(), exact.get());
      const Http1Reader::Progress progress = reader_.read(std::span<char>(exact.get(), bytes), limits_);
      outcome_.end = progress.state;
      if (progress.state == Http1Reader::State::kPartial) {
        received_.assign(exact.get(), progress.bytes);
        fed_bytes_ += bytes - progress.bytes;
        return;
      }
      if (progress.state == Http1Reader::State::kBad) {
        outcome_.status = reader_.refusal_status();
        over_ = true;
        return;
      }
      take_request({exact.get(), bytes}, progress.bytes);
      received_.erase(0, progress.bytes);
    }
  }

  [[nodiscard]] const StreamOutcome& outcome() const noexcept { return outcome_; }

 private:
  void take_request(std::string_view message, std::size_t bytes) {
    HttpRequest request;
    std::vector<HttpField> fields;
    reader_.fill(message, fields, request);
    outcome_.requests.push_back(copy_of(request));
    outcome_.consumed_bytes += bytes + std::exchange(fed_bytes_, 0);
    outcome_.end = Http1Reader::State::kPartial;
    outcome_.closed = over_ = reader_.after_answer() == AfterAnswer::kClose;
    reader_.begin();
  }

  const Http1Limits limits_;
  Http1Reader reader_;
  std::string received_;       // of the current message, as the reader left it
  std::size_t fed_bytes_ = 0;  // of the current message, dropped by the reader
  bool over_ = false;
  StreamOutcome outcome_;
};

// The outcome of `stream` in one piece.
inline StreamOutcome read_whole(std::string_view stream, const Http1Limits& limits = kTestLimits) {
  StreamReader reader(limits);
  reader.feed(stream);
  return reader.outcome();
}

// The outcome of `stream` cut after each `chunk_bytes`.
inline StreamOutcome read_in_chunks(std::string_view stream, std::size_t chunk_bytes,
                                    const Http1Limits& limits = kTestLimits) {
  StreamReader reader(limits);
  for (; !stream.empty(); stream.remove_prefix(std::min(chunk_bytes, stream.size()))) {
    reader.feed(stream.substr(0, chunk_bytes));
  }
  return reader.outcome();
}

// The outcome of `stream` cut once, behind `first_bytes`.
inline StreamOutcome read_in_two(std::string_view stream, std::size_t first_bytes,
                                 const Http1Limits& limits = kTestLimits) {
  StreamReader reader(limits);
  reader.feed(stream.substr(0, first_bytes));
  reader.feed(stream.substr(first_bytes));
  return reader.outcome();
}

}  // namespace assay::server
