#include "app/log_sink.hpp"

#include "base/encoding.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace lastcall::app {
namespace {

constexpr std::size_t longest_value = 2048;

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A value of a text line: bare where that can be read back, else quoted.
std::string shown(std::string_view value) {
  std::string safe = printable(value, longest_value);
  return safe.empty() || safe.find_first_of(" =\"") != std::string::npos ? json_text(safe) : safe;
}

spdlog::level::level_enum level_of(log::level l) {
  switch (l) {
    case log::level::debug:
      return spdlog::level::debug;
    case log::level::info:
      return spdlog::level::info;
    case log::level::warning:
      return spdlog::level::warn;
    case log::level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

}  // namespace

/// Hands spdlog's finished lines to the output.
class log_sink::lines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  lines(output& to, std::atomic<std::uint64_t>& dropped) : to_(to), dropped_(dropped) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), formatted.size());
    // The formatter marks where the level stands; which colour is the terminal's business.
    if (to_.is_terminal() && message.color_range_end > message.color_range_start) {
      line.insert(message.color_range_end, "\x1b[0m");
      line.insert(message.color_range_start, colour_of(message.level));
    }
    if (!to_.line(line)) ++dropped_;
  }
  void flush_() override {}

  static const char* colour_of(spdlog::level::level_enum l) {
    return l >= spdlog::level::err ? "\x1b[31m" : l == spdlog::level::warn ? "\x1b[33m" : "\x1b[2m";
  }

  output& to_;
  std::atomic<std::uint64_t>& dropped_;
};

log_sink::log_sink(output& to, log_format format) : format_(format) {
  auto writer = std::make_shared<lines>(to, dropped_);
  // No line end: the output writes it.
  writer->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == log_format::json ? json_pattern : text_pattern, spdlog::pattern_time_type::utc, ""));
  logger_ = std::make_unique<spdlog::logger>("lastcall", std::move(writer));
  logger_->set_level(spdlog::level::trace);  // log::enabled has decided already
}

log_sink::~log_sink() = default;

std::string log_sink::payload(std::string_view event, log::fields fields) const {
  if (format_ == log_format::text) {
    std::string line = printable(event, longest_value);
    for (const log::field& f : fields)
      line.append(" ").append(f.name).append("=").append(shown(f.value));
    return line;
  }
  std::string line = "\"event\":" + json_text(printable(event, longest_value));
  for (const log::field& f : fields)
    line.append(",").append(json_text(std::string(f.name))).append(":").append(json_text(f.value));
  return line;
}

void log_sink::write(log::level l, std::string_view event, log::fields fields) noexcept try {
  if (const std::uint64_t dropped = dropped_.exchange(0); dropped > 0) {
    const std::uint64_t before = dropped_;
    logger_->log(spdlog::level::warn,
                 payload("log lines were dropped: nobody read them", {{"lines", dropped}}));
    // That line may have been dropped as well: it does not count, those before it still do.
    if (dropped_ > before) dropped_ += dropped - 1;
  }
  logger_->log(level_of(l), payload(event, fields));
} catch (...) {  // no memory for it: the event is lost, the worker is not
}

log_session::log_session(output& to, log_format format, log::level least) : sink_(to, format) {
  log::set_sink(&sink_, least);
}

log_session::~log_session() { log::set_sink(nullptr, log::level::error); }

}  // namespace lastcall::app
