#include "server/ring.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <liburing.h>

#include "base/check.h"
#include "server/ring_slot.h"

namespace assay::server {
namespace {

constexpr unsigned kSubmissionsMax = 1024;
constexpr unsigned kCompletionsMax = 4096;
constexpr int kSubmitTriesMax = 100;  // EAGAIN, EBUSY: the kernel is short of memory for a moment
static_assert(kCompletionsMax > kEventsPerTurn);

// The provided buffers: the whole ring is what receiving occupies in the processor's caches.
constexpr unsigned kBufferCount = 128;
constexpr unsigned kBufferBytes = 8 * 1024;
constexpr unsigned short kBufferGroup = 1;
constexpr std::size_t kBufferRingBytes = kBufferCount * sizeof(io_uring_buf);
constexpr std::size_t kBuffersBytes = std::size_t{kBufferCount} * kBufferBytes;
static_assert((kBufferCount & (kBufferCount - 1)) == 0, "the kernel wants a power of two");

class Ring final : public Transport {
 public:
  explicit Ring(const TransportOptions& options) : listeners_(options.listeners_max), slots_(options.slots_max) {}
  ~Ring() override;

  [[nodiscard]] int open();  // 0, or the negative errno of the step that failed

  void listen(std::uint32_t listener, int fd) override;
  void stop_listening() override;
  void watch(std::uint32_t watch, int fd) override;
  void attach(std::uint32_t slot, int fd) override;
  void pause_receiving(std::uint32_t slot) override;
  void resume_receiving(std::uint32_t slot) override;
  [[nodiscard]] Progress send(std::uint32_t slot, std::string_view bytes) override;
  void end_sending(std::uint32_t slot) override { static_cast<void>(::shutdown(slots_[slot].fd, SHUT_WR)); }
  [[nodiscard]] Progress close(std::uint32_t slot) override;
  void wait(std::int64_t timeout_ns) override;
  void deliver(TransportEvents& events, std::int64_t now_ns) override;
  [[nodiscard]] std::uint64_t receive_restarts() const noexcept override { return receive_restarts_; }

 private:
  [[nodiscard]] io_uring_sqe* next_submission();
  void arm_accept(std::uint32_t listener);
  void arm_poll(std::uint32_t watch);
  void arm_receive(std::uint32_t slot);
  void submit_send(std::uint32_t slot);
  void submit_close(std::uint32_t slot);
  void rearm_listeners(std::int64_t now_ns);
  void take_completion(const io_uring_cqe& completion, TransportEvents& events, std::int64_t now_ns);
  void take_accept(std::uint32_t listener, const io_uring_cqe& completion, TransportEvents& events,
                   std::int64_t now_ns);
  void take_receive(std::uint32_t slot, const io_uring_cqe& completion, TransportEvents& events);
  void end_receive(std::uint32_t slot, int result, TransportEvents& events);
  void take_send(std::uint32_t slot, int result, TransportEvents& events);
  void finish_close(std::uint32_t slot, TransportEvents& events);
  void give_back_buffer(unsigned short buffer);
  [[nodiscard]] char* buffer_bytes(unsigned short buffer) const noexcept {
    return buffers_ + std::size_t{buffer} * kBufferBytes;
  }

  io_uring ring_{};
  bool ring_open_ = false, listening_ = false;
  std::int64_t accept_paused_until_ns_ = 0;  // 0: not paused
  std::uint64_t receive_restarts_ = 0;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  char* buffers_ = nullptr;
  std::vector<RingListener> listeners_;
  std::vector<RingSlot> slots_;
  int watched_[kWatchesMax] = {-1, -1};
};

void* map_pages(std::size_t bytes) noexcept {
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
}

int Ring::open() {
  io_uring_params params{};
  params.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletionsMax;
  const int opened = io_uring_queue_init_params(kSubmissionsMax, &ring_, &params);
  if (opened < 0) return opened;
  ring_open_ = true;

  void* const entries = map_pages(kBufferRingBytes);
  void* const bytes = map_pages(kBuffersBytes);
  if (entries != MAP_FAILED) buffer_ring_ = static_cast<io_uring_buf_ring*>(entries);
  if (bytes != MAP_FAILED) buffers_ = static_cast<char*>(bytes);
  if (buffer_ring_ == nullptr || buffers_ == nullptr) return -ENOMEM;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(buffer_ring_);
  registration.ring_entries = kBufferCount;
  registration.bgid = kBufferGroup;
  const int registered = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (registered < 0) return registered;
  io_uring_buf_ring_init(buffer_ring_);
  for (unsigned i = 0; i < kBufferCount; ++i) give_back_buffer(static_cast<unsigned short>(i));
  return 0;
}

Ring::~Ring() {
  if (ring_open_) io_uring_queue_exit(&ring_);
  for (const RingSlot& slot : slots_) {
    if (slot.fd >= 0) ::close(slot.fd);
  }
  if (buffers_ != nullptr) ::munmap(buffers_, kBuffersBytes);
  if (buffer_ring_ != nullptr) ::munmap(buffer_ring_, kBufferRingBytes);
}

io_uring_sqe* Ring::next_submission() {
  io_uring_sqe* submission = io_uring_get_sqe(&ring_);
  // The queue is full in the middle of a turn: hand it over early. Completions stay where they are.
  for (int tries = 0; submission == nullptr && tries < kSubmitTriesMax; ++tries) {
    static_cast<void>(io_uring_submit_and_get_events(&ring_));
    submission = io_uring_get_sqe(&ring_);
  }
  ASSAY_CHECK(submission != nullptr);
  return submission;
}

// For operations whose result nobody needs: only a failure is told, and ignored.
void unobserve(io_uring_sqe* submission) {
  io_uring_sqe_set_data64(submission, ring_tag(RingOperation::kUnobserved, 0));
  submission->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::give_back_buffer(unsigned short buffer) {
  io_uring_buf_ring_add(buffer_ring_, buffer_bytes(buffer), kBufferBytes, buffer, io_uring_buf_ring_mask(kBufferCount),
                        0);
  io_uring_buf_ring_advance(buffer_ring_, 1);
}

void Ring::listen(std::uint32_t listener, int fd) {
  listening_ = true;
  listeners_[listener].fd = fd;
  arm_accept(listener);
}

void Ring::arm_accept(std::uint32_t listener) {
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_multishot_accept(submission, listeners_[listener].fd, nullptr, nullptr, SOCK_CLOEXEC);
  io_uring_sqe_set_data64(submission, ring_tag(RingOperation::kAccept, listener));
  listeners_[listener].armed = true;
}

void Ring::stop_listening() {
  listening_ = false;
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    if (!listeners_[i].armed) continue;
    io_uring_sqe* const submission = next_submission();
    io_uring_prep_cancel64(submission, ring_tag(RingOperation::kAccept, i), 0);
    unobserve(submission);
  }
}

void Ring::watch(std::uint32_t watch, int fd) {
  watched_[watch] = fd;
  arm_poll(watch);
}

// One shot, armed again after each event: so a descriptor that stays readable is told again, as the contract says.
void Ring::arm_poll(std::uint32_t watch) {
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_poll_add(submission, watched_[watch], POLLIN);
  io_uring_sqe_set_data64(submission, ring_tag(RingOperation::kPoll, watch));
}

void Ring::attach(std::uint32_t slot, int fd) {
  ASSAY_CHECK(slots_[slot].fd < 0);
  const std::uint32_t generation = (slots_[slot].generation + 1) & kRingGenerationMask;
  slots_[slot] = RingSlot{};
  slots_[slot].fd = fd;
  slots_[slot].generation = generation;
  slots_[slot].wants_bytes = true;
  arm_receive(slot);
}

void Ring::arm_receive(std::uint32_t slot) {
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_recv_multishot(submission, slots_[slot].fd, nullptr, 0, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  submission->buf_group = kBufferGroup;
  io_uring_sqe_set_data64(submission, ring_tag(RingOperation::kReceive, slot, slots_[slot].generation));
  slots_[slot].receiving = true;
  slots_[slot].cancelling = false;
}

void Ring::pause_receiving(std::uint32_t slot) {
  slots_[slot].wants_bytes = false;
  if (!slots_[slot].receiving || slots_[slot].cancelling) return;
  slots_[slot].cancelling = true;
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_cancel64(submission, ring_tag(RingOperation::kReceive, slot, slots_[slot].generation), 0);
  unobserve(submission);
}

void Ring::resume_receiving(std::uint32_t slot) {
  slots_[slot].wants_bytes = true;
  if (!slots_[slot].receiving) arm_receive(slot);  // else the end of the cancelled one does
}

Progress Ring::send(std::uint32_t slot, std::string_view bytes) {
  ASSAY_DCHECK(!slots_[slot].sending && !slots_[slot].closing);
  slots_[slot].unsent = bytes;
  submit_send(slot);
  return Progress::kInFlight;
}

void Ring::submit_send(std::uint32_t slot) {
  const std::string_view unsent = slots_[slot].unsent;
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_send(submission, slots_[slot].fd, unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_WAITALL);
  io_uring_sqe_set_data64(submission, ring_tag(RingOperation::kSend, slot, slots_[slot].generation));
  slots_[slot].sending = true;
}

Progress Ring::close(std::uint32_t slot) {
  ASSAY_CHECK(!slots_[slot].closing);
  if (!slots_[slot].receiving && !slots_[slot].sending) {
    submit_close(slot);
    return Progress::kDone;
  }
  slots_[slot].closing = true;
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_cancel_fd(submission, slots_[slot].fd, IORING_ASYNC_CANCEL_ALL);
  unobserve(submission);
  return Progress::kInFlight;
}

void Ring::submit_close(std::uint32_t slot) {
  io_uring_sqe* const submission = next_submission();
  io_uring_prep_close(submission, slots_[slot].fd);
  unobserve(submission);
  const std::uint32_t generation = slots_[slot].generation;
  slots_[slot] = RingSlot{};
  slots_[slot].generation = generation;
}

// io_uring_enter can yield, beside the completions' own results
//   ETIME           the time is over
//   EINTR           a signal: the next turn waits again
//   EBUSY, EAGAIN   completions overflowed or memory is short: reading completions helps, the next turn tries again
void Ring::wait(std::int64_t timeout_ns) {
  int result = 0;
  if (accept_paused_until_ns_ != 0) timeout_ns = std::min(timeout_ns, kAcceptPauseNs);
  if (timeout_ns == 0) {
    result = io_uring_submit_and_get_events(&ring_);
  } else {
    constexpr std::int64_t kNsPerS = 1'000'000'000;
    __kernel_timespec timeout{.tv_sec = timeout_ns / kNsPerS, .tv_nsec = timeout_ns % kNsPerS};
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  }
  ASSAY_CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY || result == -EAGAIN);
}

void Ring::deliver(TransportEvents& events, std::int64_t now_ns) {
  rearm_listeners(now_ns);
  unsigned head = 0;
  unsigned taken = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring_, head, completion) {
    if (taken == kEventsPerTurn) break;
    ++taken;
    take_completion(*completion, events, now_ns);
  }
  io_uring_cq_advance(&ring_, taken);
}

void Ring::rearm_listeners(std::int64_t now_ns) {
  if (!listening_ || accept_paused_until_ns_ == 0 || now_ns < accept_paused_until_ns_) return;
  accept_paused_until_ns_ = 0;
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].fd >= 0 && !listeners_[i].armed) arm_accept(i);
  }
}

void Ring::take_completion(const io_uring_cqe& completion, TransportEvents& events, std::int64_t now_ns) {
  const std::uint64_t user = completion.user_data;
  const auto index = static_cast<std::uint32_t>(user);
  switch (static_cast<RingOperation>(user >> 56)) {
    case RingOperation::kUnobserved:  // a cancellation or a close: what matters is told by the cancelled operation
      return;
    case RingOperation::kAccept: return take_accept(index, completion, events, now_ns);
    case RingOperation::kPoll: events.on_wake(index); return arm_poll(index);
    case RingOperation::kReceive:
    case RingOperation::kSend: break;
  }
  // A slot is free only when nothing of it is in the kernel, so a completion always finds its own connection.
  ASSAY_CHECK(((user >> 32) & kRingGenerationMask) == slots_[index].generation && slots_[index].fd >= 0);
  if (static_cast<RingOperation>(user >> 56) == RingOperation::kReceive) {
    take_receive(index, completion, events);
  } else {
    take_send(index, completion.res, events);
  }
}

// accept can yield
//   ECANCELED       stop_listening
//   EINTR, EAGAIN, ECONNABORTED, EPROTO and the network's own errors   that connection is gone: go on
//   EMFILE, ENFILE, ENOBUFS, ENOMEM   would repeat at once: pause
void Ring::take_accept(std::uint32_t listener, const io_uring_cqe& completion, TransportEvents& events,
                       std::int64_t now_ns) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) listeners_[listener].armed = false;
  const int result = completion.res;
  if (result >= 0) {
    events.on_accepted(listener, result);
  } else if (result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM) {
    accept_paused_until_ns_ = now_ns + kAcceptPauseNs;
    events.on_accept_failed();
  }
  if (listening_ && !listeners_[listener].armed && accept_paused_until_ns_ == 0) arm_accept(listener);
}

void Ring::take_receive(std::uint32_t slot, const io_uring_cqe& completion, TransportEvents& events) {
  const int result = completion.res;
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    const auto buffer = static_cast<unsigned short>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    if (result > 0 && !slots_[slot].closing) {
      events.on_received(slot, {buffer_bytes(buffer), static_cast<std::size_t>(result)});
    }
    give_back_buffer(buffer);
  }
  if ((completion.flags & IORING_CQE_F_MORE) != 0) return;
  slots_[slot].receiving = false;
  slots_[slot].cancelling = false;
  if (slots_[slot].closing) return finish_close(slot, events);
  end_receive(slot, result, events);
}

// A multishot receive ended with
//   > 0             bytes, and the kernel wants it armed again
//   0               the peer ended its stream
//   ENOBUFS         all provided buffers were in use: they are back now
//   ECANCELED       pause_receiving
//   EINTR, EAGAIN   again
//   ECONNRESET, ETIMEDOUT, EHOSTUNREACH and the like   broken
void Ring::end_receive(std::uint32_t slot, int result, TransportEvents& events) {
  if (result == 0) {
    slots_[slot].wants_bytes = false;
    return events.on_end(slot);
  }
  if (result == -ENOBUFS) ++receive_restarts_;
  const bool again = result > 0 || result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN;
  if (!again) return events.on_broken(slot);
  if (slots_[slot].wants_bytes) arm_receive(slot);
}

// send can yield
//   >= 0            bytes taken, perhaps not all
//   EINTR, EAGAIN   again
//   ECANCELED       close
//   EPIPE, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOBUFS, ENOMEM   broken
void Ring::take_send(std::uint32_t slot, int result, TransportEvents& events) {
  slots_[slot].sending = false;
  if (slots_[slot].closing) return finish_close(slot, events);
  if (result < 0 && result != -EINTR && result != -EAGAIN) return events.on_broken(slot);
  if (result > 0) slots_[slot].unsent.remove_prefix(static_cast<std::size_t>(result));
  if (!slots_[slot].unsent.empty()) return submit_send(slot);
  events.on_sent(slot);
}

void Ring::finish_close(std::uint32_t slot, TransportEvents& events) {
  if (slots_[slot].receiving || slots_[slot].sending) return;
  submit_close(slot);
  events.on_closed(slot);
}

std::string complain(int error) {
  switch (error) {
    case EPERM:
    case EACCES: return "io_uring is not permitted here (seccomp profile, or the sysctl kernel.io_uring_disabled)";
    case ENOSYS: return "this kernel has no io_uring, or a seccomp profile hides it";
    case EINVAL: return "this kernel's io_uring is too old (Linux 6.1 is needed)";
    case ENOMEM: return "there is no memory for io_uring (RLIMIT_MEMLOCK)";
    default: return std::string("io_uring cannot be set up: ") + std::generic_category().message(error);
  }
}

}  // namespace

OpenedTransport open_ring(const TransportOptions& options) {
  auto ring = std::make_unique<Ring>(options);
  if (const int result = ring->open(); result < 0) return tl::unexpected(complain(-result));
  return std::unique_ptr<Transport>(std::move(ring));
}

}  // namespace assay::server
