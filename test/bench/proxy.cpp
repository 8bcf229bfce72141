// A TCP proxy that adds latency and counts: every byte is passed on DELAY_US after it came, in each
// direction.
//
//   bench_proxy LISTEN_PORT SERVER_PORT DELAY_US
//
// Prints `listening`, and at SIGTERM one line of JSON: connections, and requests of HTTP/1.1 from the
// clients.

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

std::uint64_t connections = 0;
std::uint64_t requests = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

void without_delay(int fd) {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/// Blocks until all is written: a bench's peers read.
void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // the other side has gone
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// What came on one socket and goes out on another. Nothing in `bytes`: the end.
struct parcel {
  steady::time_point due;
  int to;
  std::string bytes;
};

struct pipe_end {
  int in;
  int out;
  bool is_client;
  std::string tail{};  ///< the last bytes, in which the mark of a request may begin

  void count(std::string_view bytes) {
    static constexpr std::string_view mark = " HTTP/1.1\r\n";
    tail.append(bytes);
    for (std::size_t at = tail.find(mark); at != std::string::npos; at = tail.find(mark, at + mark.size()))
      ++requests;
    tail.erase(0, tail.size() - std::min(tail.size(), mark.size() - 1));
  }
};

int watch(int epoll, int fd, void* what) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.ptr = what;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest);
}

void report(int) {
  std::printf("{\"connections\":%llu,\"requests\":%llu}\n", static_cast<unsigned long long>(connections),
              static_cast<unsigned long long>(requests));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench_proxy LISTEN_PORT SERVER_PORT DELAY_US\n", stderr);
    return 64;
  }
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const std::chrono::microseconds delay(std::atoi(argv[3]));
  const sockaddr_in server = loopback(static_cast<std::uint16_t>(std::atoi(argv[2])));
  const sockaddr_in here = loopback(static_cast<std::uint16_t>(std::atoi(argv[1])));
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) fail("bind");
  ::listen(listener, 512);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  const int epoll = ::epoll_create1(0);
  const int stop = ::signalfd(-1, &ends, 0);
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int accepts = 0;
  int stops = 0;
  int ticks = 0;
  watch(epoll, listener, &accepts);
  watch(epoll, stop, &stops);
  watch(epoll, timer, &ticks);
  std::puts("listening");
  std::fflush(stdout);

  std::deque<parcel> waiting;  // in the order of their times, for all wait equally long
  std::vector<std::unique_ptr<pipe_end>> ends_of_pipes;
  std::vector<char> buffer(1024UL * 1024);
  for (;;) {
    const auto now = steady::now();
    while (!waiting.empty() && waiting.front().due <= now) {
      if (waiting.front().bytes.empty())
        ::shutdown(waiting.front().to, SHUT_WR);
      else
        write_all(waiting.front().to, waiting.front().bytes);
      waiting.pop_front();
    }
    if (!waiting.empty()) {
      const auto left = std::chrono::nanoseconds(waiting.front().due - now).count();
      itimerspec at{};
      at.it_value.tv_sec = left / 1'000'000'000;
      at.it_value.tv_nsec = left % 1'000'000'000;
      ::timerfd_settime(timer, 0, &at, nullptr);
    }
    std::array<epoll_event, 64> events{};
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      void* what = events[static_cast<std::size_t>(i)].data.ptr;
      if (what == &stops) {
        report(0);
        return 0;
      }
      if (what == &ticks) {
        std::uint64_t ignored = 0;
        if (::read(timer, &ignored, sizeof ignored) < 0) continue;
      } else if (what == &accepts) {
        const int client = ::accept(listener, nullptr, nullptr);
        const int upstream = ::socket(AF_INET, SOCK_STREAM, 0);
        if (::connect(upstream, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
          fail("connect");
        without_delay(client);
        without_delay(upstream);
        ++connections;
        ends_of_pipes.push_back(std::make_unique<pipe_end>(client, upstream, true));
        watch(epoll, client, ends_of_pipes.back().get());
        ends_of_pipes.push_back(std::make_unique<pipe_end>(upstream, client, false));
        watch(epoll, upstream, ends_of_pipes.back().get());
      } else {
        pipe_end& from = *static_cast<pipe_end*>(what);
        const ssize_t got = ::recv(from.in, buffer.data(), buffer.size(), 0);
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (from.is_client) from.count(bytes);
        if (bytes.empty()) ::epoll_ctl(epoll, EPOLL_CTL_DEL, from.in, nullptr);
        waiting.push_back({steady::now() + delay, from.out, std::string(bytes)});
      }
    }
  }
}
