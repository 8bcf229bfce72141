#include "app/report_delivery.hpp"

#include "app/exit_code.hpp"
#include "app/report_json.hpp"
#include "base/log.hpp"

#include <csignal>

namespace lastcall::app {
namespace {

/// The grace period may be over: a reader that does not read gets no more time than this.
constexpr std::chrono::milliseconds patience{100};

}  // namespace

report_delivery::report_delivery(output& out, const std::string& path) : out_(out) {
  if (path.empty()) return;
  auto prepared = report_file::prepare(path);
  if (!prepared) throw refusal(exit_config, "--report: " + prepared.error().message);
  file_ = std::move(*prepared);
}

void report_delivery::deliver(const worker::report& r) const noexcept try {
  const std::string line = report_json(r, real_clock().now());
  if (!out_.write(line + "\n", patience))
    log::error("the report could not be written to standard output", {{"report", line}});
  if (!file_) return;
  if (const auto written = file_->write(line); !written)
    log::error("the report file could not be written", {{"reason", written.error().message}});
} catch (...) {
  log::error("there is no memory for the report");
}

worker::report nothing_done(int signal) {
  worker::report r;
  r.reason = name_of_signal(signal);
  return r;
}

const char* name_of_signal(int number) noexcept {
  return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "signal";
}

}  // namespace lastcall::app
