#pragma once

#include "app/output.hpp"
#include "base/log.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace lastcall::app {

enum class log_format { text, json };

/// Writes events as lines to `to`:
///
///     2026-01-31T12:00:00.000Z info message released message_id=5f2e… why="the job failed"
///     {"time":"2026-01-31T12:00:00.000Z","level":"info","event":"message released","message_id":"5f2e…"}
///
/// It never blocks for long: where lines had to be dropped, an event says how many as soon as there is a
/// reader again. Any thread.
class log_sink final : public log::sink {
 public:
  log_sink(output& to, log_format);
  ~log_sink() override;
  void write(log::level, std::string_view event, log::fields) noexcept override;

 private:
  class lines;
  std::string payload(std::string_view event, log::fields) const;

  const log_format format_;
  std::atomic<std::uint64_t> dropped_{0};
  std::unique_ptr<spdlog::logger> logger_;
};

/// Sends the program's events to a sink while it lives.
class log_session {
 public:
  log_session(output& to, log_format, log::level least);
  ~log_session();
  log_session(const log_session&) = delete;
  log_session& operator=(const log_session&) = delete;

 private:
  log_sink sink_;
};

}  // namespace lastcall::app
