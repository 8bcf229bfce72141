#include "jobs/reaper.hpp"

#include "jobs/captured_log.hpp"
#include "jobs/child_registry.hpp"
#include "jobs/exec.hpp"
#include "jobs/job_run.hpp"
#include "jobs/scratch_folder.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <future>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lastcall;
using namespace std::chrono_literals;
using lastcall::testing::captured_log;
using lastcall::testing::fake_job;
using lastcall::testing::job_run;
using lastcall::testing::manual_clock;
using lastcall::testing::scratch_folder;
namespace asio = boost::asio;

namespace {

/// Stands in for PID 1: orphans become children of this process.
struct subreaper {
  subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

std::unique_ptr<handler> shell(const std::string& script) {
  jobs::exec_options options;
  options.command = {"/bin/sh", "-c", script};
  return jobs::make_exec(real_clock(), options).value();
}

/// Waits for a child of this process to end, and leaves it to be reaped.
pid_t await_any_end() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 ? info.si_pid : -1;
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

TEST_CASE("an orphan that PID 1 inherits is reaped within a second") {
  const subreaper pid_1;
  fake_job job;
  const auto handler = shell("(exec >&- 2>&-; exec sleep 0.05) & exit 0");
  CHECK(lastcall::testing::run_to_the_end(*handler, job).what == outcome::kind::done);
  REQUIRE(await_any_end() > 0);

  asio::io_context context;
  manual_clock clock(context);
  asio::co_spawn(context, jobs::reap_orphans(clock), asio::detached);
  clock.advance(999ms);
  CHECK(has_children());
  clock.advance(1ms);
  CHECK(!has_children());
}

TEST_CASE("the end of a job's own command is left to the job") {
  const scratch_folder folder;
  const std::string fifo = folder.file("go");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  fake_job job;
  const auto handler = shell("read go < " + fifo + "; exit 7");
  asio::io_context context;
  job_run run(context, *handler, job);
  context.poll();
  std::ofstream(fifo) << "go\n";
  REQUIRE(await_any_end() > 0);
  CHECK(jobs::child_registry::of_process().reap_orphans() == 0);
  CHECK(lastcall::testing::finish(context, run).reason == "exit 7");
}

TEST_CASE("a child that ends before its id is known is not taken for an orphan") {
  auto& registry = jobs::child_registry::of_process();
  std::future<std::size_t> orphans;
  const pid_t child = registry.start([&] {
    const pid_t id = ::fork();
    if (id == 0) ::_exit(7);
    await_any_end();
    orphans = std::async(std::launch::async, [&] { return registry.reap_orphans(); });
    orphans.wait_for(50ms);
    return id;
  });
  CHECK(orphans.get() == 0);
  CHECK(registry.reap(child) == jobs::exit_status{jobs::exit_status::kind::exited, 7});
}

TEST_CASE("dead members of a stopped command's group that PID 1 inherited do not hold the job up") {
  const subreaper pid_1;
  captured_log log;
  fake_job job;
  steady_time told_at{};
  log.on_event = [&](const captured_log::event& e) {
    if (e.field("line") != "ready") return;
    told_at = real_clock().now();
    job.stop(stop_reason::draining, told_at + 30s);
  };
  const auto handler = shell("sleep 60 & echo ready; wait");
  CHECK(lastcall::testing::run_to_the_end(*handler, job).what == outcome::kind::stopped);
  CHECK(real_clock().now() - told_at < 10s);
  CHECK(!has_children());
}
