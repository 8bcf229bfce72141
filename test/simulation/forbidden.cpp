#include "simulation/forbidden.hpp"

#include "simulation/sanitized.hpp"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace lastcall::simulation {
namespace {

thread_local bool is_forbidden = false;

}  // namespace

without_the_machine::without_the_machine() noexcept { is_forbidden = true; }
without_the_machine::~without_the_machine() { is_forbidden = false; }
bool without_the_machine::is_effective() noexcept { return LASTCALL_SANITIZED == 0; }

#if !LASTCALL_SANITIZED
namespace {

void refuse(const char* name) {
  if (!is_forbidden) return;
  is_forbidden = false;
  static constexpr char text[] = "a simulated run called ";
  static_cast<void>(write(2, text, sizeof text - 1) + write(2, name, std::strlen(name)) + write(2, "\n", 1));
  std::abort();
}

/// The function of that name in the C library.
template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace
#endif
}  // namespace lastcall::simulation

#if !LASTCALL_SANITIZED
// The program's own definitions come before those of the C library, for every caller.
using namespace lastcall::simulation;

extern "C" {
int clock_gettime(clockid_t id, timespec* at) noexcept {
  refuse("clock_gettime");
  static auto* const to = real<int(clockid_t, timespec*)>("clock_gettime");
  return to(id, at);
}
int gettimeofday(timeval* at, void* zone) noexcept {
  refuse("gettimeofday");
  static auto* const to = real<int(timeval*, void*)>("gettimeofday");
  return to(at, zone);
}
time_t time(time_t* at) noexcept {
  refuse("time");
  static auto* const to = real<time_t(time_t*)>("time");
  return to(at);
}
int nanosleep(const timespec* how_long, timespec* left) {
  refuse("nanosleep");
  static auto* const to = real<int(const timespec*, timespec*)>("nanosleep");
  return to(how_long, left);
}
int socket(int domain, int type, int protocol) noexcept {
  refuse("socket");
  static auto* const to = real<int(int, int, int)>("socket");
  return to(domain, type, protocol);
}
int epoll_create1(int flags) noexcept {
  refuse("epoll_create1");
  static auto* const to = real<int(int)>("epoll_create1");
  return to(flags);
}
int timerfd_create(int id, int flags) noexcept {
  refuse("timerfd_create");
  static auto* const to = real<int(int, int)>("timerfd_create");
  return to(id, flags);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*what)(void*), void* with) noexcept {
  refuse("pthread_create");
  static auto* const to =
      real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return to(thread, how, what, with);
}
}
#endif
