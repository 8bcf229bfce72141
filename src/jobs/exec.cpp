#include "jobs/exec.hpp"

#include "base/log.hpp"
#include "jobs/checkpoint_file.hpp"
#include "jobs/checkpoint_in_json.hpp"
#include "jobs/checkpoint_watch.hpp"
#include "jobs/child.hpp"
#include "jobs/command.hpp"
#include "jobs/environment.hpp"
#include "jobs/exec_verdict.hpp"
#include "jobs/exec_watch.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

constexpr auto completion = asio::as_tuple(asio::use_awaitable);

/// One of the command's output streams on its way to the log.
struct stream_log {
  stream_log(asio::posix::stream_descriptor& from, std::string_view name, const std::string& id,
             output_limits limits)
      : pipe(from),
        lines(
            limits,
            [name, id](std::string_view line) {
              log::info("command output", {{"message_id", id}, {"stream", name}, {"line", line}});
            },
            [name, id](std::uint64_t count) {
              log::warning("command output dropped: too many lines a second",
                           {{"message_id", id}, {"stream", name}, {"lines", count}});
            }) {}

  asio::posix::stream_descriptor& pipe;
  output_lines lines;
  bool open{true};
  std::array<char, 16 * 1024> chunk;
};

/// What the coroutines of one job share. Shared ownership, because the program may end, and destroy them, in
/// any order.
struct running_command {
  running_command(clock& c, const asio::any_io_executor& executor, std::unique_ptr<child> started,
                  checkpoint_file file, const std::string& message_id, output_limits limits)
      : time(c),
        process(std::move(started)),
        checkpoint(std::move(file)),
        output(process->output(), "stdout", message_id, limits),
        errors(process->errors(), "stderr", message_id, limits),
        changed(c, executor),
        over(c, executor) {}

  bool output_open() const noexcept { return output.open || errors.open; }
  bool is_busy() const noexcept { return awaited || watched || output_open(); }

  clock& time;
  std::unique_ptr<child> process;
  checkpoint_file checkpoint;
  stream_log output;
  stream_log errors;
  bool awaited{true};  ///< the coroutine that awaits its end runs
  std::optional<exit_status> status;
  wakeup changed;
  bool watched{true};  ///< the coroutine that keeps its checkpoint runs
  bool is_over{false};
  wakeup over;
};

using command_ptr = std::shared_ptr<running_command>;

asio::awaitable<void> await_end(command_ptr c) {
  c->status = co_await c->process->wait();
  c->awaited = false;
  c->changed.notify();
}

asio::awaitable<void> read_stream(command_ptr c, stream_log& from) {
  for (;;) {
    const auto room = asio::buffer(from.chunk);
    const auto [problem, size] = co_await from.pipe.async_read_some(room, completion);
    if (problem) break;
    from.lines.feed({from.chunk.data(), size}, c->time.now());
  }
  from.lines.finish(c->time.now());
  from.open = false;
  c->changed.notify();
}

/// How often a running command's checkpoint is looked at: what is lost when the worker itself is killed.
constexpr std::chrono::seconds look_every{1};

/// Keeps what the command writes into its checkpoint file while it runs.
asio::awaitable<void> keep_checkpoint(command_ptr c, job& job) {
  checkpoint_watch watch(job.checkpoint());
  for (bool is_last = false; !is_last;) {
    co_await c->over.wait_until(c->time.now() + look_every);
    is_last = c->is_over;
    result<std::string> content = c->checkpoint.read();
    if (!content) break;
    std::optional<std::string> to_save = watch.look(std::move(*content), is_last);
    if (!to_save) continue;
    std::string cursor = std::move(*to_save);
    co_await job.save_checkpoint(std::move(cursor));
  }
  c->watched = false;
  c->changed.notify();
}

/// Sees the command to its end, or to the end of its time, and says how it ended.
asio::awaitable<exec_ending> attend(command_ptr c, job& job, std::chrono::nanoseconds linger) {
  using step = exec_watch::step::kind;
  exec_watch watch(linger);
  for (;;) {
    const bool ended = c->status.has_value();
    const exec_watch::view seen{.now = c->time.now(),
                                .stopping = job.stopping() != stop_reason::none,
                                .stop_deadline = job.stop_deadline(),
                                .ended = ended,
                                .output_open = c->output_open(),
                                .group_exists = !ended || (watch.is_told() && c->process->has_group())};
    const auto next = watch.next(seen);
    if (next.what == step::leave) break;
    if (next.what == step::terminate) {
      c->process->signal_group(SIGTERM);
      c->process->signal_group(SIGCONT);  // who is stopped takes no other
    }
    if (next.what == step::kill) c->process->signal_group(SIGKILL);
    if (next.what == step::wait) co_await c->changed.wait_until(next.until);
  }
  co_return exec_ending{.status = c->status,
                        .told = watch.is_told() ? job.stopping() : stop_reason::none,
                        .killed = watch.is_killed(),
                        .last_output = c->output.lines.last(),
                        .last_error = c->errors.lines.last()};
}

class exec_handler final : public handler {
 public:
  exec_handler(clock& clock, const exec_options& options, std::string path)
      : clock_(clock),
        options_(options),
        path_(std::move(path)),
        environment_(inherited_environment(environ)) {}

  asio::awaitable<outcome> run(job& job) override {
    if (job.stopping() != stop_reason::none) co_return outcome::stopped("told to stop before it began");
    const auto executor = co_await asio::this_coro::executor;
    result<checkpoint_file> file = checkpoint_file::make(job.checkpoint());
    if (!file) co_return outcome::retry(file.error().message);
    auto started = start(executor, job, file->path());
    if (!started) {
      const error& why = started.error();
      co_return why.kind == error_kind::io ? outcome::retry(why.message) : outcome::failed(why.message);
    }
    job.drop_body();  // the command has it
    const auto command = std::make_shared<running_command>(
        clock_, executor, std::move(*started), std::move(*file), job.message().id, options_.output);
    asio::co_spawn(executor, await_end(command), asio::detached);
    asio::co_spawn(executor, read_stream(command, command->output), asio::detached);
    asio::co_spawn(executor, read_stream(command, command->errors), asio::detached);
    asio::co_spawn(executor, keep_checkpoint(command, job), asio::detached);
    const exec_ending ending = co_await attend(command, job, options_.linger);
    // What was started in this scope ends in it.
    command->process->close();
    command->is_over = true;
    command->over.notify();
    while (command->is_busy())
      co_await command->changed.wait();
    outcome verdict = judge(ending);
    std::optional<std::string> said = checkpoint_in_json(ending.last_output);
    if (verdict.what != outcome::kind::done && said) {
      std::string cursor = std::move(*said);
      co_await job.save_checkpoint(std::move(cursor));
    }
    co_return verdict;
  }

 private:
  result<std::unique_ptr<child>> start(const asio::any_io_executor& executor, const job& job,
                                       const std::string& checkpoint) const {
    auto variables = message_environment(job.message(), job.queue_name());
    if (!variables) return variables.error();
    for (std::string& variable : checkpoint_environment(checkpoint, job.checkpoint()))
      variables->push_back(std::move(variable));
    variables->insert(variables->end(), environment_.begin(), environment_.end());
    const child::plan plan{path_, options_.command, std::move(*variables), job.message().body};
    return child::start(executor, plan);
  }

  clock& clock_;
  exec_options options_;
  std::string path_;
  std::vector<std::string> environment_;
};

/// A parent that ignored SIGCHLD hands that on; with it the kernel drops the exit statuses.
void keep_exit_statuses() noexcept {
  struct sigaction now{};
  if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) std::signal(SIGCHLD, SIG_DFL);
}

}  // namespace

result<std::unique_ptr<handler>> make_exec(clock& clock, const exec_options& options) {
  if (options.command.empty())
    return error{error_kind::invalid, {}, "the exec job needs a command: exec -- CMD ARG…"};
  if (const auto usable = child::check_platform(); !usable) return usable.error();
  const char* search_path = std::getenv("PATH");
  auto path =
      find_command(options.command.front(), search_path ? search_path : "/usr/local/bin:/usr/bin:/bin");
  if (!path) return path.error();
  keep_exit_statuses();
  return std::make_unique<exec_handler>(clock, options, std::move(*path));
}

}  // namespace lastcall::jobs
