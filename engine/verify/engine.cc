// The facade of assay/engine.h over the control machine and the workers.
#include "assay/engine.h"

#include "base/clock.h"
#include "verify/control.h"
#include "verify/worker.h"

namespace assay {

class Engine::Impl {
 public:
  explicit Impl(std::unique_ptr<verify::ControlMachine> machine) : control(std::move(machine)) {}
  std::unique_ptr<verify::ControlMachine> control;
};

Now Now::read() noexcept { return {.wall_us = base::wall_us(), .monotonic_ns = base::monotonic_ns()}; }

Expected<std::unique_ptr<Engine>> Engine::open(EngineOptions options) {
  Expected<std::unique_ptr<verify::ControlMachine>> control = verify::ControlMachine::open(std::move(options));
  if (!control) return Unexpected(control.error());
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(std::move(*control))));
}

Engine::Engine(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Worker Engine::worker() { return Worker(std::make_unique<Worker::Impl>(*impl_->control)); }

Control& Engine::control() noexcept { return *impl_->control; }

Worker::Worker(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;
Worker::~Worker() = default;

void Worker::decide(std::span<const Check> checks, std::span<Verdict> verdicts, Now now) noexcept {
  impl_->decide(checks, verdicts, now);
}

void Worker::decide_blocking(std::span<const Check> checks, std::span<Verdict> verdicts) {
  impl_->decide_blocking(checks, verdicts);
}

int Worker::completion_fd() const noexcept { return impl_->tickets().completion_fd(); }

std::size_t Worker::drain(std::span<Ticket> tickets) noexcept { return impl_->tickets().drain(tickets); }

void Worker::cancel(Ticket ticket) noexcept { impl_->tickets().cancel(ticket); }

}  // namespace assay
