#include "jobs/exec.hpp"

#include "jobs/captured_log.hpp"
#include "jobs/job_run.hpp"
#include "jobs/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <list>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lastcall;
using namespace std::chrono_literals;
using lastcall::testing::captured_log;
using lastcall::testing::fake_job;
using lastcall::testing::finish;
using lastcall::testing::job_run;
using lastcall::testing::scratch_folder;
namespace asio = boost::asio;
using kind = outcome::kind;

namespace {

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::size_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Whether the process, of whatever parent, has ended, or ends within this time.
bool ends_within(pid_t process, std::chrono::milliseconds limit) {
  const int watched = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (watched < 0) return true;
  pollfd end{watched, POLLIN, 0};
  const int answer = ::poll(&end, 1, static_cast<int>(limit.count()));
  ::close(watched);
  return answer == 1;
}

/// Runs shell scripts as jobs, with the folder of their files as $DIR.
struct bench {
  explicit bench(std::chrono::nanoseconds linger = 200ms) : linger_(linger) {
    ::setenv("DIR", folder.file(".").c_str(), 1);
    job.content.id = "m-1";
  }
  ~bench() { CHECK_MESSAGE(!has_children(), "a child was not reaped"); }

  std::unique_ptr<handler> make(std::vector<std::string> command) const {
    jobs::exec_options options;
    options.command = std::move(command);
    options.linger = linger_;
    return jobs::make_exec(real_clock(), options).value();
  }
  std::unique_ptr<handler> shell(const std::string& script) const { return make({"/bin/sh", "-c", script}); }

  outcome run(handler& h) {
    const std::size_t open_before = open_files();
    outcome o = lastcall::testing::run_to_the_end(h, job);
    CHECK_MESSAGE(open_files() == open_before, "a descriptor was not closed");
    return o;
  }
  outcome run(const std::string& script) {
    const auto handler = shell(script);
    return run(*handler);
  }
  /// Tells the job to stop as soon as its script has written "ready".
  outcome run_and_stop(const std::string& script, stop_reason why, std::chrono::nanoseconds time_left) {
    log.on_event = [this, why, time_left](const captured_log::event& e) {
      if (e.field("line") != "ready") return;
      told_at = real_clock().now();
      job.stop(why, told_at + time_left);
    };
    return run(script);
  }
  std::vector<std::string> lines(std::string_view stream) const {
    std::vector<std::string> found;
    for (const auto& e : log.named("command output"))
      if (e.field("stream") == stream && e.field("message_id") == "m-1") found.push_back(e.field("line"));
    return found;
  }
  pid_t pid_in(const std::string& file) const { return std::stoi(folder.content(file)); }

  scratch_folder folder;
  captured_log log;
  fake_job job;
  steady_time told_at{};

 private:
  std::chrono::nanoseconds linger_;
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a command gets the body on its standard input, byte for byte") {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("a\0b\n\xff\0", 6), std::string(1 << 20, 'x')}) {
    bench b;
    b.job.content.body = body;
    CHECK(b.run("cat > $DIR/body").what == kind::done);
    CHECK(b.folder.content("body") == body);
  }
}

TEST_CASE("a command that does not read its standard input is fine") {
  bench b;
  b.job.content.body = std::string(1 << 20, 'x');
  CHECK(b.run("exit 0").what == kind::done);
  CHECK(b.run("exec <&-; exit 0").what == kind::done);
}

TEST_CASE("a command can't change the body that it reads") {
  bench b;
  b.job.content.body = "body";
  CHECK(b.run("printf b >&0 || exit 3").reason.starts_with("exit 3"));
}

TEST_CASE("a command finds its message in its environment, and the worker's PATH but not its options") {
  bench b;
  ::setenv("LASTCALL_SMTP_PASSWORD", "secret", 1);
  b.job.content.attributes = {{"kind", {"String", "a b"}}};
  CHECK(b.run("echo $LASTCALL_MESSAGE_ID,$LASTCALL_QUEUE,$LASTCALL_ATTR_KIND,${LASTCALL_SMTP_PASSWORD-none}; "
              "ls > /dev/null")
            .what == kind::done);
  ::unsetenv("LASTCALL_SMTP_PASSWORD");
  CHECK(b.lines("stdout") == texts{"m-1,orders,a b,none"});
}

TEST_CASE("a message whose attributes can't be an environment fails and starts nothing") {
  bench b;
  b.job.content.attributes = {{"x", {"String", std::string("\0", 1)}}};
  const outcome o = b.run("touch $DIR/started");
  CHECK(o.what == kind::failed);
  CHECK(o.reason.find("NUL") != std::string::npos);
  b.job.content.attributes.clear();
  for (int i = 0; i < 40; ++i)
    b.job.content.attributes["a" + std::to_string(i)] = {"String", std::string(100'000, 'x')};
  const outcome too_large = b.run("touch $DIR/started");
  CHECK(too_large.what == kind::failed);
  CHECK(too_large.reason.find("too large") != std::string::npos);
  CHECK(!b.folder.has("started"));
}

TEST_CASE("a command's exit decides: 0 done, 75 try again, others and signals failed") {
  bench b;
  CHECK(b.run("exit 0").what == kind::done);
  CHECK(b.run("exit 75").what == kind::retry);
  const outcome failed = b.run("echo first >&2; echo the disk is full >&2; exit 9");
  CHECK(failed.what == kind::failed);
  CHECK(failed.reason == "exit 9: the disk is full");
  CHECK(b.run("kill -SEGV $$").reason.starts_with("killed by SIGSEGV"));
  CHECK(b.run("kill -TERM $$").what == kind::failed);
}

TEST_CASE("a command says on its last line of output when to try again") {
  bench b;
  CHECK(b.run(R"(echo busy; echo '{"retry_after_s":17}'; exit 75)").retry_after == 17s);
  CHECK(!b.run(R"(echo '{"retry_after_s":17}'; echo busy; exit 75)").retry_after);
  CHECK(!b.run(R"(echo '{"retry_after_s":17}' >&2; exit 75)").retry_after);
}

TEST_CASE("a command's output goes to the log, each line with its message and its stream") {
  bench b;
  CHECK(b.run("echo one; echo problem >&2; printf 'two\\033[2J'").what == kind::done);
  CHECK(b.lines("stdout") == texts{"one", "two\\x1b[2J"});
  CHECK(b.lines("stderr") == texts{"problem"});
}

TEST_CASE("a command that writes without end is neither held up nor remembered") {
  bench b;
  const outcome o = b.run("head -c 30000000 /dev/zero; yes | head -c 2000000; echo last >&2; exit 4");
  CHECK(o.reason == "exit 4: last");
  CHECK(b.lines("stdout").size() < 100'000);
  const auto dropped = b.log.named("command output dropped: too many lines a second");
  REQUIRE(!dropped.empty());
  CHECK(dropped.front().field("message_id") == "m-1");
}

TEST_CASE("what a command leaves behind neither holds its job up nor is killed") {
  bench b(50ms);
  const steady_time begun = real_clock().now();
  CHECK(b.run("sleep 60 & echo $! > $DIR/pid; exit 0").what == kind::done);
  CHECK(real_clock().now() - begun < 10s);
  const pid_t left_behind = b.pid_in("pid");
  CHECK(!ends_within(left_behind, 0ms));
  ::kill(left_behind, SIGKILL);
}

TEST_CASE("output that comes shortly after a command's end is not lost") {
  bench b(10s);
  CHECK(b.run("(sleep 0.1; echo late) & exit 0").what == kind::done);
  CHECK(b.lines("stdout") == texts{"late"});
}

TEST_CASE("a command finds its cursor in its checkpoint file and in its environment") {
  bench b;
  CHECK(b.run("cat $LASTCALL_CHECKPOINT_FILE; echo ${LASTCALL_CHECKPOINT-unset}").what == kind::done);
  CHECK(b.lines("stdout") == texts{"unset"});
  b.job.cursor = std::string("17\0x", 4);
  b.run("tr '\\0' , < $LASTCALL_CHECKPOINT_FILE; echo \" ${LASTCALL_CHECKPOINT-unset}\"");
  CHECK(b.lines("stdout").back() == "17,x unset");
  b.job.cursor = "17";
  b.run("cat $LASTCALL_CHECKPOINT_FILE; echo \" $LASTCALL_CHECKPOINT\"");
  CHECK(b.lines("stdout").back() == "17 17");
  CHECK(b.job.saved.empty());
}

TEST_CASE("what a command leaves in its checkpoint file is saved, unless it is done") {
  bench b;
  b.job.cursor = "17";
  CHECK(b.run("printf 18 > $LASTCALL_CHECKPOINT_FILE; printf 19 > $LASTCALL_CHECKPOINT_FILE; exit 75").what ==
        kind::retry);
  CHECK(b.job.saved == texts{"19"});
  b.job.saved.clear();
  CHECK(b.run("exec 9<&- 3<&-; (printf child > $LASTCALL_CHECKPOINT_FILE); kill -9 $$").what == kind::failed);
  CHECK(b.job.saved == texts{"child"});
}

TEST_CASE("a command says on its last line of output where it stands") {
  bench b;
  b.run("echo 'not {\"checkpoint\":1}'; exit 1");
  b.run("echo '{\"checkpoint\":null}'; exit 1");
  b.run("echo '{\"checkpoint\":\"over\"}'; exit 0");
  CHECK(b.job.saved.empty());
  const outcome o = b.run(
      "printf file > $LASTCALL_CHECKPOINT_FILE; "
      "echo '{\"retry_after_s\":3,\"checkpoint\":{\"row\":7}}'; exit 75");
  CHECK(o.retry_after == 3s);
  CHECK(b.job.saved == texts{"file", "{\"row\":7}"});  // the line came last, and counts
}

TEST_CASE("a command that is told to stop saves where it stands") {
  bench b;
  const auto script =
      "trap 'printf 42 > $LASTCALL_CHECKPOINT_FILE; exit 1' TERM; echo ready; while :; do sleep 0.01; done";
  CHECK(b.run_and_stop(script, stop_reason::draining, 10s).what == kind::stopped);
  CHECK(b.job.saved == texts{"42"});
  const auto talkative =
      "trap 'echo {\\\"checkpoint\\\":43}; exit 1' TERM; echo ready; while :; do sleep 0.01; done";
  bench c;
  CHECK(c.run_and_stop(talkative, stop_reason::draining, 10s).what == kind::stopped);
  CHECK(c.job.saved == texts{"43"});
}

TEST_CASE("a command that does not stop is killed, and what it had written is saved") {
  bench b;
  const auto script =
      "trap '' TERM; printf 42 > $LASTCALL_CHECKPOINT_FILE; echo ready; while :; do sleep 0.01; done";
  CHECK(b.run_and_stop(script, stop_reason::draining, 1s).what == kind::stopped);
  CHECK(b.job.saved == texts{"42"});
}

TEST_CASE("what a command has written for a second is saved while it runs") {
  bench b;
  CHECK(b.run("printf 1 > $LASTCALL_CHECKPOINT_FILE; sleep 2.5; exit 75").what == kind::retry);
  CHECK(b.job.saved == texts{"1"});
  // Of the end alone it would not be known that it came before.
  b.job.saved.clear();
  b.run("printf 1 > $LASTCALL_CHECKPOINT_FILE; sleep 2.5; printf 2 > $LASTCALL_CHECKPOINT_FILE; exit 75");
  CHECK(b.job.saved == texts{"1", "2"});
}

TEST_CASE("what a command writes last is saved, also where it ends while an earlier cursor is being saved") {
  bench b;
  b.job.save_takes = 1500ms;
  b.run("printf 1 > $LASTCALL_CHECKPOINT_FILE; sleep 2.3; printf 2 > $LASTCALL_CHECKPOINT_FILE; exit 75");
  CHECK(b.job.saved == texts{"1", "2"});
}

TEST_CASE("a command is told to stop by SIGTERM and may end its job") {
  bench b;
  const auto script = "trap 'echo finishing; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
  const outcome o = b.run_and_stop(script, stop_reason::draining, 10s);
  CHECK(o.what == kind::done);
  CHECK(b.lines("stdout") == texts{"ready", "finishing"});
  CHECK(real_clock().now() - b.told_at < 5s);
}

TEST_CASE("a command that stands still, stopped by a signal, can save where it stands too") {
  bench b;
  const auto script =
      "trap 'printf 42 > $LASTCALL_CHECKPOINT_FILE; exit 1' TERM;"
      "(while ! grep -q 'State:.T' /proc/$$/status; do sleep 0.01; done; echo ready) & kill -STOP $$; sleep 60";
  CHECK(b.run_and_stop(script, stop_reason::draining, 10s).what == kind::stopped);
  CHECK(b.job.saved == texts{"42"});
  CHECK(real_clock().now() - b.told_at < 5s);
}

TEST_CASE("a command that was told to stop and fails is stopped, or tried again where it was over its time") {
  const auto script = "echo ready; exec sleep 60";
  bench b;
  const outcome o = b.run_and_stop(script, stop_reason::draining, 10s);
  CHECK(o.what == kind::stopped);
  CHECK(o.reason == "killed by SIGTERM after SIGTERM");
  bench limited;
  CHECK(limited.run_and_stop(script, stop_reason::time_limit, 10s).what == kind::retry);
}

TEST_CASE("a command that does not heed SIGTERM is killed with its children before its deadline") {
  bench b;
  const auto script = "trap '' TERM; sleep 60 & echo $! > $DIR/pid; echo ready; wait";
  const outcome o = b.run_and_stop(script, stop_reason::draining, 1s);
  CHECK(o.what == kind::stopped);
  CHECK(o.reason == "killed by SIGKILL: it did not heed SIGTERM");
  CHECK(real_clock().now() - b.told_at >= 700ms);
  CHECK(real_clock().now() - b.told_at < 1s);
  CHECK(ends_within(b.pid_in("pid"), 5s));
}

TEST_CASE("children of a command that dies of SIGTERM have time to save their state") {
  bench b;
  const auto script =
      "(trap 'sleep 0.2; echo state > $DIR/saved; exit' TERM; echo ready; while :; do sleep 0.01; done) > "
      "/dev/null 2>&1 &"
      "sleep 0.2; echo ready; wait";
  const outcome o = b.run_and_stop(script, stop_reason::draining, 10s);
  CHECK(o.what == kind::stopped);
  CHECK(b.folder.content("saved") == "state\n");
  CHECK(real_clock().now() - b.told_at < 5s);
}

TEST_CASE("a deadline that comes nearer after the command was told is kept") {
  bench b;
  const auto handler = b.shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  b.log.on_event = [&](const captured_log::event& e) {
    if (e.field("line") == "ready") b.job.stop(stop_reason::draining, real_clock().now() + 1h);
  };
  asio::io_context context;
  job_run run(context, *handler, b.job);
  while (b.job.why == stop_reason::none)
    context.run_one();
  context.run_for(50ms);
  const steady_time nearer = real_clock().now() + 100ms;
  b.job.stop(stop_reason::draining, nearer);
  CHECK(finish(context, run).what == kind::stopped);
  CHECK(real_clock().now() < nearer + 1s);
}

TEST_CASE("a job that is told to stop before it begins starts nothing") {
  bench b;
  b.job.stop(stop_reason::draining, real_clock().now());
  CHECK(b.run("touch $DIR/started").what == kind::stopped);
  CHECK(!b.folder.has("started"));
}

TEST_CASE("a command that can't be run is an error at start, and a failed job if that comes later") {
  bench b;
  CHECK(jobs::make_exec(real_clock(), {.command = {"no-such-command"}}).has_error());
  CHECK(jobs::make_exec(real_clock(), {}).has_error());
  const auto handler = b.make({b.folder.script("job", "#!/bin/sh\n")});
  CHECK(b.run(*handler).what == kind::done);
  std::filesystem::permissions(b.folder.file("job"), std::filesystem::perms::owner_read);
  CHECK(b.run(*handler).what == kind::failed);
  b.folder.script("job", "#!/no/such/interpreter\n");
  CHECK(b.run(*handler).reason.find("interpreter") != std::string::npos);
  b.folder.script("job", "exit 0\n");
  CHECK(b.run(*handler).reason.find("#! line") != std::string::npos);
  std::filesystem::remove(b.folder.file("job"));
  CHECK(b.run(*handler).what == kind::failed);
}

TEST_CASE("a machine that is out of descriptors is a reason to try again") {
  bench b;
  const auto handler = b.shell("exit 0");
  asio::io_context context;
  std::list<int> taken;
  for (int fd = ::dup(0); fd >= 0 && taken.size() < 100'000; fd = ::dup(0))
    taken.push_back(fd);
  job_run run(context, *handler, b.job);
  const outcome o = finish(context, run);
  for (const int fd : taken)
    ::close(fd);
  CHECK(o.what == kind::retry);
  CHECK(o.reason.find("Too many open files") != std::string::npos);
}

TEST_CASE("a command inherits no descriptor, no blocked and no ignored signal, and leads its own group") {
  bench b;
  const int inheritable = ::dup(1);
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  ::setenv("FD", std::to_string(inheritable).c_str(), 1);
  const auto script =
      "[ -e /proc/$$/fd/$FD ] || echo closed; grep -E 'Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t';"
      "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leader";
  CHECK(b.run(script).what == kind::done);
  std::signal(SIGPIPE, before);
  ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  ::close(inheritable);
  CHECK(b.lines("stdout") == texts{"closed", "SigBlk:0000000000000000", "SigIgn:0000000000000000", "leader"});
}

TEST_CASE("commands run side by side") {
  bench b;
  const auto handler =
      b.shell("read n; touch $DIR/$n; while [ $(ls $DIR | wc -l) -lt 10 ]; do sleep 0.01; done; exit $n");
  asio::io_context context;
  std::list<fake_job> all(10);
  std::list<job_run> runs;
  int n = 1;
  for (fake_job& j : all) {
    j.content.body = std::to_string(n++) + "\n";
    runs.emplace_back(context, *handler, j);
  }
  n = 1;
  for (job_run& run : runs)
    CHECK(finish(context, run).reason == "exit " + std::to_string(n++));
}

TEST_CASE("exit statuses survive a parent that ignored SIGCHLD") {
  bench b;
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto handler = b.shell("exit 7");
  CHECK(b.run(*handler).reason == "exit 7");
  std::signal(SIGCHLD, before);
}

TEST_CASE("a status that something else in the process has taken is no success, and no hang") {
  bench b;
  const auto handler = b.shell("exit 0");
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const outcome o = b.run(*handler);
  std::signal(SIGCHLD, before);
  CHECK(o.what != kind::done);
}

TEST_CASE("a command does not outlive the loop that runs it") {
  bench b;
  const auto handler = b.shell("echo $$ > $DIR/pid; echo ready; exec sleep 60");
  bool is_ready = false;
  b.log.on_event = [&](const captured_log::event& e) { is_ready = e.field("line") == "ready"; };
  {
    asio::io_context context;
    job_run run(context, *handler, b.job);
    while (!is_ready)
      context.run_one();
  }
  const pid_t process = b.pid_in("pid");
  siginfo_t info{};
  CHECK(::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_status == SIGKILL);
  // Whoever starts the next one reaps it; that no child is left is checked at the end of each test.
  CHECK(b.run("exit 0").what == kind::done);
}

TEST_CASE("a command has its standard streams although the worker was started without") {
  bench b;
  b.job.content.body = "body";
  const auto handler = b.shell("cat; echo problem >&2");
  const int input = ::fcntl(0, F_DUPFD_CLOEXEC, 10);
  ::close(0);
  const outcome o = b.run(*handler);
  ::dup2(input, 0);
  ::close(input);
  CHECK(o.what == kind::done);
  CHECK(b.lines("stdout") == texts{"body"});
  CHECK(b.lines("stderr") == texts{"problem"});
}
