#include "load/server_cpu.h"

#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <system_error>

namespace assay::load {
namespace {

using Nanoseconds = tl::expected<std::int64_t, std::string>;

Nanoseconds read_process_ns(int pid) {
  const std::string name = "process " + std::to_string(pid);
  std::error_code error;
  std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
  std::int64_t total_ns = 0;
  for (; !error && tasks != std::filesystem::directory_iterator(); tasks.increment(error)) {
    std::ifstream file(tasks->path() / "schedstat");
    std::int64_t ran_ns = 0;
    // A thread that ends between the listing and the reading has no file any more, and nobody waits for its time.
    if (!file.is_open()) continue;
    if (!(file >> ran_ns)) return tl::unexpected(name + " has no schedstat: this kernel does not count CPU time so");
    total_ns += ran_ns;
  }
  if (error) return tl::unexpected(name + " cannot be looked at: " + error.message());
  return total_ns;
}

std::int64_t ns_of(const timeval& time) noexcept {
  constexpr std::int64_t kNsPerS = 1'000'000'000;
  constexpr std::int64_t kNsPerUs = 1'000;
  return std::int64_t{time.tv_sec} * kNsPerS + std::int64_t{time.tv_usec} * kNsPerUs;
}

}  // namespace

Nanoseconds read_server_cpu_ns(std::span<const int> pids) {
  std::int64_t total_ns = 0;
  for (const int pid : pids) {
    Nanoseconds process_ns = read_process_ns(pid);
    if (!process_ns) return process_ns;
    total_ns += *process_ns;
  }
  return total_ns;
}

std::int64_t read_own_cpu_ns() noexcept {
  rusage usage{};
  static_cast<void>(::getrusage(RUSAGE_SELF, &usage));
  return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

}  // namespace assay::load
