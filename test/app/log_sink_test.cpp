#include "app/log_sink.hpp"

#include "captured.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace lastcall::app {
namespace {

/// What a line says after its time, which differs each time.
std::string after_time(const std::string& line) {
  return line.substr(std::string("2026-01-31T12:00:00.000Z ").size());
}

TEST_CASE("an event is a line with its fields, quoted where they could not be read back") {
  captured stream;
  {
    const log_session session(stream.to(), log_format::text, log::level::info);
    log::info("message released",
              {{"message_id", "id-1"}, {"why", "exit code 3"}, {"empty", ""}, {"took_ms", 12}});
    log::debug("not seen");
  }
  log::error("after the session");
  CHECK(after_time(stream.text()) ==
        "info message released message_id=id-1 why=\"exit code 3\" empty=\"\" took_ms=12\n");
  CHECK(stream.text()[10] == 'T');
  CHECK(stream.text()[23] == 'Z');
}

TEST_CASE("what a message brings can't forge lines, fields or colours") {
  captured stream;
  const log_session session(stream.to(), log_format::text, log::level::info);
  log::info("job failed", {{"reason", "x\nerror forged \x1b[31m a=\"b\" \xff"}});
  const std::string text = stream.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(after_time(text).starts_with("info job failed reason=\"x"));
}

TEST_CASE("in JSON an event is one object a line, whatever the bytes") {
  captured stream;
  const log_session session(stream.to(), log_format::json, log::level::debug);
  log::warning("job \"failed\" 100 %v", {{"reason", "two\nlines \xff"}});
  const auto json = nlohmann::json::parse(stream.text());
  CHECK(json["level"] == "warning");
  CHECK(json["event"] == "job \"failed\" 100 %v");
  CHECK(json["reason"] == "two\nlines \xEF\xBF\xBD");
  CHECK(json["time"].get<std::string>().size() == 24);
}

}  // namespace
}  // namespace lastcall::app
