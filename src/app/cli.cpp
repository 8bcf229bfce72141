#include "app/cli.hpp"

#include "app/command_line.hpp"
#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/help.hpp"
#include "app/log_sink.hpp"
#include "app/program.hpp"
#include "app/stop_signals.hpp"
#include "jobs/descriptor_limit.hpp"

#include <boost/system/system_error.hpp>

#include <csignal>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace lastcall::app {
namespace {

log::level level_named(const std::string& name) {
  return name == "debug"     ? log::level::debug
         : name == "info"    ? log::level::info
         : name == "warning" ? log::level::warning
                             : log::level::error;
}

std::string unfinished(const command_path& path) {
  std::string words;
  for (const command& child : path.back()->children)
    words += (words.empty() ? "" : ", ") + child.name;
  return "'" + spelled(path) + "' needs a " + path.back()->child_title + ": " + words + "\nTry '" +
         spelled(path) + " --help'.";
}

int run_command(const command_line& line, const common_settings& common, const environment& env, console& c,
                const std::vector<std::string>& warnings) {
  const command& chosen = *line.path.back();
  const log_session logging(c.err, common.log_format == "json" ? log_format::json : log_format::text,
                            level_named(common.log_level.empty() ? chosen.log_level : common.log_level));
  for (const std::string& warning : warnings)
    log::warning(warning);
  return chosen.run(c, env);
}

/// A standard stream that this process was started without would be the next thing that it opens: a connection,
/// and what is told to people would be written there. Its place is taken by what can't be used.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
}

}  // namespace

int run_cli(const make_root& make, const std::vector<std::string>& arguments, const environment& env,
            console& c) {
  try {
    common_settings common;
    const command program = make(common);
    const command_line line = parse_command_line(program, arguments);
    if (line.wants_version) {
      c.out.write("lastcall " LASTCALL_VERSION "\n");
      return exit_ok;
    }
    if (line.wants_help) {
      c.out.write(help_text(line.path));
      return exit_ok;
    }
    if (line.path.back()->needs_child()) throw refusal(exit_usage, unfinished(line.path));
    const std::vector<std::string> warnings = configure(line, env);
    return run_command(line, common, env, c, warnings);
  } catch (const refusal& r) {
    c.err.line(std::string("lastcall: ") + r.what());
    return r.exit();
  } catch (const std::system_error& e) {
    c.err.line(std::string("lastcall: the machine refuses what is needed: ") + e.what());
    return exit_system;
  } catch (const boost::system::system_error& e) {
    c.err.line(std::string("lastcall: the machine refuses what is needed: ") + e.what());
    return exit_system;
  }
}

int run_cli(const std::vector<std::string>& arguments, const environment& env, console& c) {
  return run_cli(make_program, arguments, env, c);
}

int run_process(const make_root& make, int count, char** arguments) {
  // One that comes before the command catches it is acted on then: it must not end a worker without a report.
  hold_stop_signals();
  occupy_standard_streams();
  // A reader of our output that goes away must not take the worker with it, nor a file that is full to the
  // limit of what a file may hold.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  jobs::raise_descriptor_limit();
  const environment env = process_environment();
  const std::string terminal = value_of(env, "TERM");
  const bool may_draw = !terminal.empty() && terminal != "dumb";
  output out(STDOUT_FILENO, may_draw);
  output err(STDERR_FILENO, may_draw);
  console c{STDIN_FILENO, out, err};
  const int exit = run_cli(make, {arguments + (count > 0 ? 1 : 0), arguments + count}, env, c);
  // All is settled and told: a signal that comes now must not change the exit code.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  return exit;
}

}  // namespace lastcall::app
