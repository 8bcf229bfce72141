#include "app/report_file.hpp"
#include "app/report_json.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the report has the keys of the contract, in one line") {
  const steady_time now{1000s};
  worker::report r;
  r.reason = "SIGTERM";
  r.took = 1234ms;
  r.exit = 70;
  r.sums.received = 95;
  r.sums.deleted = 90;
  r.sums.released = 5;
  r.sums.late = 4;
  r.sums.lost = 2;
  r.sums.jobs_done = 90;
  r.sums.jobs_failed = 1;
  r.sums.jobs_cut = 3;
  r.sums.jobs_retried = 6;
  r.closing = 3ms;
  r.finishing = 1200ms;
  r.cutting = 7ms;
  r.left_behind = {{"id-1", "the delete was not answered", now + 11100ms}, {"id-2", "it ran", now - 5s}};
  const std::string line = report_json(r, now);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.starts_with(
      R"({"event":"drain","reason":"SIGTERM","took_ms":1234,"exit":70,"jobs":{"done":90,"failed":1,"cut":3)"));
  const auto json = nlohmann::json::parse(line);
  CHECK(json["jobs"]["retried"] == 6);
  CHECK(json["messages"]["received"] == 95);
  CHECK(json["messages"]["deleted"] == 90);
  CHECK(json["messages"]["released"] == 5);
  CHECK(json["messages"]["late"] == 4);
  CHECK(json["messages"]["lost"] == 2);
  CHECK(json["messages"]["left_behind"] ==
        nlohmann::json::parse(R"([{"message_id":"id-1","why":"the delete was not answered","visible_in_s":12},
                                  {"message_id":"id-2","why":"it ran","visible_in_s":0}])"));
  CHECK(json["phases_ms"] == nlohmann::json::parse(R"({"closing":3,"finishing":1200,"cutting":7})"));
  CHECK_FALSE(json.contains("risk"));
}

TEST_CASE("a risk is told, nothing left behind is an empty list, and broken text stays JSON") {
  worker::report r;
  r.risk = "polls were aborted \xff";
  const auto json = nlohmann::json::parse(report_json(r, {}));
  CHECK(json["risk"] == "polls were aborted \xEF\xBF\xBD");
  CHECK(json["messages"]["left_behind"] == nlohmann::json::array());
}

TEST_CASE("the report file is replaced in one step and nothing else is left beside it") {
  const temporary_folder folder;
  const std::string path = folder.file("report.json", "old");
  const report_file file = report_file::prepare(path).value();
  CHECK(folder.content("report.json") == "old");
  CHECK(folder.files() == 1);
  REQUIRE(file.write("{}").has_value());
  CHECK(folder.content("report.json") == "{}\n");
  CHECK(folder.files() == 1);
}

TEST_CASE("a report that could not be written is found at the start") {
  const temporary_folder folder;
  CHECK(report_file::prepare(folder.path("no/such/folder.json")).error().message ==
        "the report can't be written to " + folder.path("no/such/folder.json") +
            ": No such file or directory");
  CHECK(report_file::prepare(folder.path("")).error().message.ends_with("Is a directory"));
}

TEST_CASE(
    "a report to a device is written to it as it is, and a pipe that nobody reads is an error, not a wait") {
  const report_file null = report_file::prepare("/dev/null").value();
  CHECK(null.write("{}").has_value());
  const temporary_folder folder;
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  const report_file pipe = report_file::prepare(folder.path("pipe")).value();
  CHECK(pipe.write("{}").error().message.ends_with("No such device or address"));
}

}  // namespace
}  // namespace lastcall::app
