// What a worker needs from the kernel, in terms that fit both io_uring (ring.h) and epoll (poller.h): bytes came, bytes
// went, a connection arrived or ended. One object per worker; used on one thread only.
//
// A turn is wait(), then deliver(). Events are told inside deliver() alone, never from inside another call, so that no
// call of a worker's is interrupted by an event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "assay/expected.h"

namespace assay::server {

// Receives the events of one turn.
class TransportEvents {
 public:
  // A connection was accepted by listener `listener`. The callee owns `fd` (close-on-exec) and either attaches or
  // closes it.
  virtual void on_accepted(std::uint32_t listener, int fd) = 0;
  // Nothing could be accepted for lack of descriptors or memory. Accepting pauses for kAcceptPauseNs.
  virtual void on_accept_failed() = 0;
  // `bytes` live for the call. Also after pause_receiving: what was on its way.
  virtual void on_received(std::uint32_t slot, std::string_view bytes) = 0;
  // No byte will come any more: the peer ended its stream.
  virtual void on_end(std::uint32_t slot) = 0;
  // The connection broke, in either direction.
  virtual void on_broken(std::uint32_t slot) = 0;
  // All bytes of the last send were taken by the kernel. The buffer is free.
  virtual void on_sent(std::uint32_t slot) = 0;
  // close() is complete: the slot may be attached again and its send buffer is free.
  virtual void on_closed(std::uint32_t slot) = 0;
  // A watched descriptor is readable. Told again in the next turn if it stays so.
  virtual void on_wake(std::uint32_t watch) = 0;

 protected:
  ~TransportEvents() = default;
};

// Whether an operation is over when its call returns, or an event will say so.
enum class Progress : std::uint8_t { kDone, kInFlight };

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Starts accepting from `fd` (listening; stays the caller's). `listener` comes back in on_accepted.
  virtual void listen(std::uint32_t listener, int fd) = 0;
  // Ends accepting from all listeners. Connections that were accepted just before may still be told.
  virtual void stop_listening() = 0;

  // Watches `fd` for readability for good. `watch` (0 .. kWatchesMax - 1) comes back in on_wake.
  virtual void watch(std::uint32_t watch, int fd) = 0;

  // Takes `fd` over for `slot` (0 .. slots_max - 1, not in use) and starts receiving.
  virtual void attach(std::uint32_t slot, int fd) = 0;
  virtual void pause_receiving(std::uint32_t slot) = 0;
  virtual void resume_receiving(std::uint32_t slot) = 0;

  // Sends all of `bytes`, which must live and stay where they are until kDone, on_sent or on_closed. One send per slot
  // at a time. A failure is told by on_broken.
  [[nodiscard]] virtual Progress send(std::uint32_t slot, std::string_view bytes) = 0;

  // Ends the sending direction, so that the peer reads the last response to its end.
  virtual void end_sending(std::uint32_t slot) = 0;

  // Closes the connection; cancels what is in flight. No event for the slot but on_closed follows (none after kDone).
  [[nodiscard]] virtual Progress close(std::uint32_t slot) = 0;

  // Submits what was asked for and waits for an event, at most `timeout_ns` (0: not at all).
  virtual void wait(std::int64_t timeout_ns) = 0;
  // Tells the events that wait() found; a bounded number, the rest in the next turn.
  //   now_ns   the turn's monotonic time
  virtual void deliver(TransportEvents& events, std::int64_t now_ns) = 0;

  // How often receiving had to be started again because the provided buffers were used up. Thread: the worker's.
  [[nodiscard]] virtual std::uint64_t receive_restarts() const noexcept = 0;
};

// Watched descriptors of one transport: the server's own wake-up and the handler's.
inline constexpr std::uint32_t kWatchesMax = 2;

// How long accepting pauses after a failure that would repeat at once (EMFILE, ENFILE, ENOBUFS, ENOMEM).
inline constexpr std::int64_t kAcceptPauseNs = 50'000'000;

// Events that one turn tells at most.
inline constexpr std::uint32_t kEventsPerTurn = 1024;

// Bytes of one connection that one turn receives at a time.
inline constexpr std::size_t kReceiveBytes = 16 * 1024;

// The slots that a transport serves. Memory for all of them is claimed when it is opened.
struct TransportOptions {
  std::uint32_t slots_max = 0;
  std::uint32_t listeners_max = 0;
};

// A transport, or one sentence why the kernel refuses it.
using OpenedTransport = tl::expected<std::unique_ptr<Transport>, std::string>;

}  // namespace assay::server
