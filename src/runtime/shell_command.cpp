#include "runtime/shell_command.hpp"

#include "base/encoding.hpp"
#include "runtime/late_answer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace lastcall {
namespace asio = boost::asio;
namespace {

constexpr std::size_t most_output = 1024 * 1024;
constexpr std::size_t most_complaint = 4096;

/// What reads one of the command's streams.
struct reading_end {
  int fd{-1};
  std::string text;

  reading_end() = default;
  reading_end(const reading_end&) = delete;
  reading_end& operator=(const reading_end&) = delete;
  ~reading_end() { close(); }

  void close() noexcept {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  /// Takes what is there now; closes at the end of the stream.
  void read() {
    std::array<char, 4096> room;
    const ssize_t size = ::read(fd, room.data(), room.size());
    if (size > 0) text.append(room.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR)) close();
  }
};

/// How to start a process, freed at the end.
struct start_plan {
  start_plan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    sigset_t every;
    sigset_t none;
    ::sigfillset(&every);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &every);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  start_plan(const start_plan&) = delete;
  start_plan& operator=(const start_plan&) = delete;
  ~start_plan() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
  }
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

error failed(const std::string& why) { return {error_kind::io, "", "the command " + why}; }

result<pid_t> start(const std::string& line, reading_end& output, reading_end& errors) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return failed(std::string("can't be started: ") + std::strerror(errno));
  output.fd = out[0];
  if (::pipe2(err, O_CLOEXEC) != 0) {
    ::close(out[1]);
    return failed(std::string("can't be started: ") + std::strerror(errno));
  }
  errors.fd = err[0];
  start_plan plan;
  ::posix_spawn_file_actions_addopen(&plan.files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&plan.files, out[1], 1);
  ::posix_spawn_file_actions_adddup2(&plan.files, err[1], 2);
  ::posix_spawn_file_actions_addclosefrom_np(&plan.files, 3);  // Asio's sockets are not close-on-exec
  std::string shell = "sh";
  std::string option = "-c";
  std::string command = line;
  const std::array<char*, 4> arguments{shell.data(), option.data(), command.data(), nullptr};
  pid_t id = -1;
  const int problem = ::posix_spawn(&id, "/bin/sh", &plan.files, &plan.attributes, arguments.data(), environ);
  ::close(out[1]);
  ::close(err[1]);
  if (problem != 0) return failed(std::string("can't be started: ") + std::strerror(problem));
  return id;
}

/// Reads both streams to their ends. False: the time was over first, or the output was more than anyone
/// wants.
bool read_all(reading_end& output, reading_end& errors, const clock& clock, steady_time deadline) {
  while (output.fd >= 0 || errors.fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
    if (left <= 0 || output.text.size() > most_output) return false;
    std::array<pollfd, 2> ends{{{output.fd, POLLIN, 0}, {errors.fd, POLLIN, 0}}};
    ::poll(ends.data(), ends.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ends[0].revents != 0) output.read();
    if (ends[1].revents != 0) errors.read();
    if (errors.text.size() > most_complaint) errors.text.erase(0, errors.text.size() - most_complaint);
  }
  return true;
}

/// How it ended; kills it at the deadline. None: unknown, since this process is PID 1 and reaps every child;
/// then what it wrote must tell.
std::optional<int> await_end(pid_t id, const clock& clock, steady_time deadline) {
  for (;;) {
    int status = 0;
    const pid_t reaped = ::waitpid(id, &status, clock.now() < deadline ? WNOHANG : 0);
    if (reaped == id) return status;
    if (reaped < 0 && errno != EINTR) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (clock.now() >= deadline) ::kill(-id, SIGKILL);
  }
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return printable(text.substr(text.find_last_of('\n') + 1), 300);
}

result<std::string> run(const std::string& line, const clock& clock, steady_time deadline) {
  reading_end output;
  reading_end errors;
  const result<pid_t> started = start(line, output, errors);
  if (!started) return started.error();
  if (!read_all(output, errors, clock, deadline)) ::kill(-*started, SIGKILL);
  const std::optional<int> status = await_end(*started, clock, deadline);
  if (clock.now() >= deadline)
    return error{error_kind::timeout, "", "the command took too long, and was killed"};
  if (output.text.size() > most_output) return failed("wrote more than 1 MiB, and was killed");
  if (!status || *status == 0) return std::move(output.text);
  const std::string complaint = last_line(errors.text);
  return failed(describe(*status) + (complaint.empty() ? "" : ": " + complaint));
}

}  // namespace

asio::awaitable<result<std::string>> run_shell_command(clock& clock, std::string line, steady_time deadline) {
  const auto answer = std::make_shared<late_answer<std::string>>();
  try {
    std::thread([answer, line, &clock, deadline] { answer->come(run(line, clock, deadline)); }).detach();
  } catch (const std::system_error& problem) {
    co_return failed(std::string("can't be started: ") + problem.what());
  }
  // The thread keeps the deadline; a little later it has said so.
  const steady_time patience = deadline == steady_time::max() ? deadline : deadline + std::chrono::seconds(1);
  std::optional<result<std::string>> came = co_await answer->wait_until(clock, patience);
  if (came) co_return std::move(*came);
  co_return error{error_kind::timeout, "", "the command took too long"};
}

}  // namespace lastcall
