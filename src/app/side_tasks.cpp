#include "app/side_tasks.hpp"

#include "app/exit_code.hpp"
#include "base/log.hpp"
#include "jobs/reaper.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <unistd.h>

namespace lastcall::app {

side_tasks::side_tasks(const worker::supervisor& s, const worker_settings& settings) {
  const bool is_first_process = ::getpid() == 1;
  if (settings.admin.empty() && !is_first_process) return;
  loop_ = std::make_unique<background>();
  if (is_first_process)
    boost::asio::co_spawn(loop_->executor(), jobs::reap_orphans(real_clock()), boost::asio::detached);
  if (settings.admin.empty()) return;
  auto started = admin_endpoint::start(
      *loop_, settings.admin, [&s] { return status_of(s); }, longest_poll_silence(settings.options.wait));
  if (!started) throw refusal(exit_config, "--admin: " + started.error().message);
  admin_ = std::move(*started);
  log::info("admin endpoint", {{"address", admin_->address()}});
}

}  // namespace lastcall::app
