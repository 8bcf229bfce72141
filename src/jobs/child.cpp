#include "jobs/child.hpp"

#include "jobs/child_registry.hpp"
#include "jobs/descriptor_limit.hpp"
#include "jobs/owned_fd.hpp"
#include "jobs/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

constexpr auto completion = asio::as_tuple(asio::use_awaitable);

error lacking(const std::string& what) {
  return error{error_kind::io, {}, "cannot start the command: " + what + ": " + std::strerror(errno)};
}

/// glibc has its wrapper from 2.36 on only.
owned_fd open_pidfd(pid_t id) noexcept {
  return owned_fd{static_cast<int>(::syscall(SYS_pidfd_open, id, 0))};
}

/// Moved out of the way of 0, 1 and 2, which are free in a process that was started without them.
owned_fd above_standard_streams(owned_fd fd) noexcept {
  if (!fd || fd.get() > 2) return fd;
  return owned_fd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)};
}

owned_fd new_memory_file() noexcept {
#ifdef MFD_NOEXEC_SEAL
  constexpr unsigned not_executable = MFD_NOEXEC_SEAL;
#else
  constexpr unsigned not_executable = 8;
#endif
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  // Kernels from 6.3 on may insist on the flag, older ones do not know it.
  owned_fd file{::memfd_create("message", flags | not_executable)};
  if (!file && errno == EINVAL) file = owned_fd{::memfd_create("message", flags)};
  return above_standard_streams(std::move(file));
}

/// A file that holds the bytes, can't be changed any more, and stands at its beginning.
result<owned_fd> sealed_file(std::string_view bytes) {
  owned_fd file = new_memory_file();
  if (!file) return lacking("no file in memory for its standard input");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return lacking("no memory for its standard input");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0 || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return lacking("its standard input can't be sealed");
  return file;
}

struct pipe_ends {
  owned_fd reading;
  owned_fd writing;
};

result<pipe_ends> new_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return lacking("no pipe for its output");
  pipe_ends ends{above_standard_streams(owned_fd{fds[0]}), above_standard_streams(owned_fd{fds[1]})};
  if (!ends.reading || !ends.writing) return lacking("no pipe for its output");
  return ends;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts)
    pointers.push_back(const_cast<char*>(text.c_str()));  // execve(2) does not change them
  pointers.push_back(nullptr);
  return pointers;
}

error not_started(const std::string& path, int problem) {
  const auto because = [&](error_kind kind, const std::string& why) {
    return error{kind, {}, "cannot start " + path + ": " + why};
  };
  switch (problem) {
    case EAGAIN:
    case ENOMEM:
    case ENFILE:
    case EMFILE:
      return because(error_kind::io, std::strerror(problem));
    case ENOENT:
      return because(error_kind::invalid, "it, or the interpreter that its first line names, is missing");
    case ENOEXEC:
      return because(error_kind::invalid, "not a program; does a script lack its #! line?");
    case E2BIG:
      return because(error_kind::invalid, "the message's attributes are too large for environment variables");
    default:
      return because(error_kind::invalid, std::strerror(problem));
  }
}

/// Puts a descriptor into the care of Asio. False with errno where one of the two fails.
bool adopt(asio::posix::stream_descriptor& into, owned_fd fd) {
  if (!fd) return false;
  boost::system::error_code problem;
  into.assign(fd.get(), problem);
  errno = problem.value();
  if (!problem) fd.release();
  return !problem;
}

}  // namespace

child::child(const asio::any_io_executor& executor, pid_t id)
    : id_(id), exit_(executor), output_(executor), errors_(executor) {}

result<std::unique_ptr<child>> child::start(const asio::any_io_executor& executor, const plan& plan) {
  child_registry& registry = child_registry::of_process();
  registry.reap_abandoned();

  auto input = sealed_file(plan.input);
  if (!input) return input.error();
  auto output = new_pipe();
  if (!output) return output.error();
  auto errors = new_pipe();
  if (!errors) return errors.error();

  const std::vector<char*> arguments = pointers_to(plan.arguments);
  const std::vector<char*> environment = pointers_to(plan.environment);
  const spawn_plan prepared{
      plan.path.c_str(),     arguments.data(),      environment.data(),          input->get(),
      output->writing.get(), errors->writing.get(), inherited_descriptor_limit()};
  spawned answer{};
  registry.start([&] {
    answer = spawn(prepared);
    return answer.id;
  });
  if (answer.id < 0) return not_started(plan.path, answer.problem);

  // From here on its destructor cleans up. The id can't be another's before the registry reaps it.
  std::unique_ptr<child> running(new child(executor, answer.id));
  if (!adopt(running->exit_, open_pidfd(answer.id)) || !adopt(running->output_, std::move(output->reading)) ||
      !adopt(running->errors_, std::move(errors->reading)))
    return lacking("its end or its output can't be watched");
  return running;
}

result<void> child::check_platform() {
  const bool has_pidfd = static_cast<bool>(open_pidfd(::getpid()));
  // An empty range far above what is open: only asks whether the call exists.
  const bool has_close_range = ::close_range(~0U, ~0U, 0) == 0;
  const bool has_sealed_files = sealed_file({}).has_value();
  if (has_pidfd && has_close_range && has_sealed_files) return {};
  constexpr const char* needs =
      "running commands needs Linux 5.9 or later, with pidfd_open(2), close_range(2) and memfd_create(2) "
      "allowed: use the http job, or a newer kernel or container runtime";
  return error{error_kind::invalid, {}, needs};
}

child::~child() {
  if (reaped_) return;
  signal_group(SIGKILL);
  child_registry::of_process().abandon(id_);
}

asio::awaitable<std::optional<exit_status>> child::wait() {
  for (;;) {
    const auto [problem] = co_await exit_.async_wait(descriptor::wait_read, completion);
    if (problem) co_return std::nullopt;
    if (const auto status = child_registry::of_process().reap(id_)) {
      reaped_ = true;
      co_return status;
    }
  }
}

void child::signal_group(int number) noexcept { ::kill(-id_, number); }

bool child::has_group() const noexcept {
  // As PID 1, or as a subreaper, this process inherits the members whose parents have ended; a dead one that
  // nobody reaps would count as a member for ever.
  siginfo_t info{};
  while (reaped_ && ::waitid(P_PGID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG) == 0 &&
         info.si_pid != 0)
    info.si_pid = 0;
  return ::kill(-id_, 0) == 0 || errno == EPERM;
}

void child::close() noexcept {
  boost::system::error_code ignored;
  exit_.close(ignored);
  output_.close(ignored);
  errors_.close(ignored);
}

}  // namespace lastcall::jobs
