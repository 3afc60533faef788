// One connection as its worker sees it: what was received and not yet answered, what is to be sent, and until when.
// No I/O here.
//
// An idle connection holds neither an Intake nor an Outbox: both come from the worker's pool when the first byte
// arrives or the first response is written, and go back when nothing is left in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http1.h"

namespace assay::server {

// Received bytes and the reader that works on them.
//
//      requests given out      message being read      room
//     |-----------------------|-----------------------|----------|
//     0                     begin_                  end_    storage_.size()      then spill_, in order
//
// The views of requests that were given out point into the first part, so that the storage may move only while none of
// them is unanswered. What does not fit until then waits in spill_.
class Intake {
 public:
  // Whether the storage may move: no request that was given out is unanswered.
  enum class Storage : std::uint8_t { kFixed, kMovable };

  // Takes `bytes` in behind what is there. Allocates where the buffer grows.
  //   bytes_max  most bytes that the storage may grow to
  //   returns    whether all of it found room; if not, receiving should pause until `has_spill` is false
  bool take(std::string_view bytes, Storage storage, std::size_t bytes_max);

  // Moves spilled bytes into the room there is. Returns whether any was moved.
  bool refill(Storage storage, std::size_t bytes_max);

  // Reads on in the current message.
  [[nodiscard]] Http1Reader::State read(const Http1Limits& limits);

  // After kComplete: fills `request`, then goes on to the next message. Views live as long as the storage stays.
  AfterAnswer give_out(std::vector<HttpField>& fields, HttpRequest& request);

  [[nodiscard]] bool has_unread() const noexcept { return end_ > begin_ || !spill_.empty(); }
  [[nodiscard]] bool has_spill() const noexcept { return !spill_.empty(); }
  // A message has begun and its head is complete.
  [[nodiscard]] bool in_body() const noexcept { return reader_.in_body(); }
  [[nodiscard]] bool in_message() const noexcept { return end_ > begin_ || reader_.in_body(); }
  // The client waits for 100 before it sends the body of the current message.
  [[nodiscard]] bool awaits_continue() const noexcept { return reader_.awaits_continue(); }
  void note_continue() noexcept { reader_.note_continue(); }
  [[nodiscard]] const Http1Reader& reader() const noexcept { return reader_; }
  [[nodiscard]] std::size_t storage_bytes() const noexcept { return storage_.size(); }

  // Forgets everything, keeps the memory unless it is large.
  void reset();

 private:
  void make_room(std::size_t bytes, std::size_t bytes_max);

  std::vector<char> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t message_bytes_ = 0;  // after kComplete: what the message took
  std::string spill_;
  Http1Reader reader_;
};

// Bytes on their way out.
struct Outbox {
  std::string queued;   // responses of this turn
  std::string sending;  // what the transport works on: must not move
};

// What a connection waits for with a deadline.
enum class Awaiting : std::uint8_t { kNothing, kRequest, kHead, kBody, kSend, kEnd };

struct Connection {
  enum class Phase : std::uint8_t {
    kFree,
    kOpen,
    kLingering,  // the last response is sent; what still comes is read and dropped, so that no reset overtakes it
    kClosing,    // told the transport; the slot is free once that says so
  };
  static constexpr std::uint32_t kNoExchange = 0xFFFFFFFF;
  static constexpr std::size_t kAddressBytes = 46;  // INET6_ADDRSTRLEN

  Phase phase = Phase::kFree;
  Awaiting awaiting = Awaiting::kNothing;
  bool ended = false;             // no byte will come
  bool broken = false;            // neither will one go
  bool paused = false;            // receiving is paused
  bool stalled = false;           // requests wait unread until answers are given or taken
  bool sending = false;           // outbox->sending is in the transport
  bool reads_no_more = false;     // the request that ends the connection was read
  bool close_after_send = false;  // the response that ends the connection was written
  bool lingers = false;           // read and drop what comes after the last response
  bool has_asked = false;         // a whole request has come
  Standing standing = Standing::kUnproven;
  Peer::Kind peer_kind = Peer::Kind::kTcp;
  std::uint8_t address_bytes = 0;
  char address[kAddressBytes] = {};
  std::uint32_t listener = 0;
  std::uint32_t lingered_bytes = 0;            // dropped while lingering
  std::uint32_t first_exchange = kNoExchange;  // oldest request without a written response
  std::uint32_t last_exchange = kNoExchange;
  std::uint32_t exchanges = 0;   // in that chain
  std::uint32_t unanswered = 0;  // of these
  std::int64_t deadline_ns = 0;  // of `awaiting`
  std::int64_t number = 0;       // higher than of all that were opened before
  std::unique_ptr<Intake> intake;
  std::unique_ptr<Outbox> outbox;

  [[nodiscard]] Intake::Storage storage() const noexcept {
    return unanswered == 0 ? Intake::Storage::kMovable : Intake::Storage::kFixed;
  }
};

// Objects that connections borrow while they are busy. Keeps at most `kSparesMax`.
template <typename Object>
class SparePool {
 public:
  [[nodiscard]] std::unique_ptr<Object> take() {
    if (spares_.empty()) return std::make_unique<Object>();
    std::unique_ptr<Object> object = std::move(spares_.back());
    spares_.pop_back();
    return object;
  }

  // Precondition: the object was reset.
  void give_back(std::unique_ptr<Object> object) {
    if (spares_.size() < kSparesMax) spares_.push_back(std::move(object));
  }

 private:
  static constexpr std::size_t kSparesMax = 256;
  std::vector<std::unique_ptr<Object>> spares_;
};

// Buffers that grew beyond this are not kept for the next connection.
inline constexpr std::size_t kSpareBytesMax = 16 * 1024;

}  // namespace assay::server
