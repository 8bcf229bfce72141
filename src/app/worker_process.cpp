#include "app/worker_process.hpp"

#include "app/exit_code.hpp"
#include "app/report_delivery.hpp"
#include "app/stop_signals.hpp"
#include "base/log.hpp"
#include "jobs/reaper.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <unistd.h>

namespace lastcall::app {

worker_process::worker_process(const worker_settings& s, const worker::options& options,
                               worker::supervisor::make_shard make, foreground& start)
    : supervisor_(options, s.threads, std::move(make)) {
  // The supervisor catches signals by now. One that came before has found nobody else to take it.
  admit_quiet_signal();
  if (const int number = start.signal(); number != 0) supervisor_.drain(name_of_signal(number));
  const bool is_first_process = ::getpid() == 1;
  if (!s.admin.empty() || is_first_process) loop_ = std::make_unique<background>();
  if (is_first_process)
    boost::asio::co_spawn(loop_->executor(), jobs::reap_orphans(real_clock()), boost::asio::detached);
  if (!s.admin.empty()) serve_admin(s);
}

void worker_process::serve_admin(const worker_settings& s) {
  const auto status = [this] { return status_of(supervisor_); };
  auto started = admin_endpoint::start(*loop_, s.admin, status, longest_poll_silence(s.options.wait));
  if (!started) throw refusal(exit_config, "--admin: " + started.error().message);
  admin_ = std::move(*started);
  log::info("admin endpoint", {{"address", admin_->address()}});
}

}  // namespace lastcall::app
