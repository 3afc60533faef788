// What happens where io_uring is not permitted. Each test runs in a child process, because a seccomp filter stays.
#include "server/ring.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

// As container runtimes do: io_uring_setup fails with `error`, everything else is allowed.
bool forbid_io_uring(unsigned error) {
  const sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{};
  program.len = static_cast<unsigned short>(std::size(code));
  program.filter = const_cast<sock_filter*>(code);
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Runs `body` in a child that may not use io_uring; true if it returned true.
template <typename Body>
bool holds_where_forbidden(unsigned error, Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(forbid_io_uring(error) && body() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

HttpServerOptions options_for(PollerChoice poller) {
  HttpServerOptions options;
  options.listeners = {{.address = free_address(Address::Kind::kTcp)}};
  options.workers = 2;
  options.poller = poller;
  options.make_handler = echo_factory();
  return options;
}

TEST(Ring, IsReplacedByEpollWhereForbiddenAndTheReportSaysWhy) {
  EXPECT_TRUE(holds_where_forbidden(EPERM, [] {
    const auto server = HttpServer::start(options_for(PollerChoice::kAuto));
    if (!server) return false;
    TestClient client((*server)->bound_addresses()[0]);
    const bool served = client.send(get("/x")) && body_of(client.response()) == "GET /x ";
    const PollerReport& report = (*server)->poller();
    return served && report.name == "epoll" && report.reason.find("not permitted") != std::string::npos;
  }));
  EXPECT_TRUE(holds_where_forbidden(ENOSYS, [] {
    const auto server = HttpServer::start(options_for(PollerChoice::kAuto));
    return server && (*server)->poller().name == "epoll" &&
           (*server)->poller().reason.find("no io_uring") != std::string::npos;
  }));
}

TEST(Ring, IsNeverReplacedWhereItIsDemanded) {
  EXPECT_TRUE(holds_where_forbidden(EPERM, [] {
    const auto server = HttpServer::start(options_for(PollerChoice::kIoUring));
    return !server && server.error().find("not permitted") != std::string::npos;
  }));
}

TEST(Ring, IsNotAskedForWhereEpollIsDemanded) {
  EXPECT_TRUE(holds_where_forbidden(EPERM, [] {
    const auto server = HttpServer::start(options_for(PollerChoice::kEpoll));
    return server && (*server)->poller().name == "epoll";
  }));
}

TEST(Ring, IsTakenWherePermitted) {
  const auto server = start(options_for(PollerChoice::kAuto));
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->poller().name, "io_uring");
}

}  // namespace
}  // namespace assay::server
