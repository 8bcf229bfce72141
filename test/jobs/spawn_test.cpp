#include "jobs/spawn.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace lastcall;
using jobs::spawn;
using jobs::spawned;

namespace {

spawned spawn_sleep(const char* path) {
  const char* const arguments[] = {"sleep", "60", nullptr};
  char* const environment[] = {nullptr};
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const spawned answer = spawn({path, const_cast<char* const*>(arguments), environment, null, null, null});
  ::close(null);
  return answer;
}

}  // namespace

TEST_CASE("a program is killed when the thread that started it ends, so that none outlives a killed worker") {
  spawned answer{};
  std::thread([&] { answer = spawn_sleep("/bin/sleep"); }).join();
  REQUIRE(answer.id > 0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(answer.id), &info, WEXITED) == 0);
  CHECK(info.si_code == CLD_KILLED);
  CHECK(info.si_status == SIGKILL);
}

TEST_CASE("a program that can't be started leaves no child and says why") {
  const spawned answer = spawn_sleep("/no/such/program");
  CHECK(answer.id < 0);
  CHECK(answer.problem == ENOENT);
  CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
}

TEST_CASE("the caller's signal mask is as before") {
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGUSR2);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  spawn_sleep("/no/such/program");
  ::pthread_sigmask(SIG_UNBLOCK, &mask, &mask);
  for (int number = 1; number < NSIG; ++number)
    CHECK(::sigismember(&mask, number) == (number == SIGUSR2 ? 1 : 0));
}
