#include "app/demo_jobs.hpp"
#include "jobs/email_request.hpp"
#include "program_under_test.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

namespace lastcall::app {
namespace {

TEST_CASE("every job of the demo is a correct email, and no two are alike") {
  std::set<std::string> seen;
  std::set<bool> images;
  std::set<bool> files;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string job = demo_job(i);
    const auto request = jobs::read_email_request(job, "");
    REQUIRE_MESSAGE(request.has_value(), request.error().message);
    images.insert(request->email.images.empty());
    files.insert(request->email.attachments.empty());
    CHECK(seen.insert(job).second);
    CHECK(demo_job(i) == job);
  }
  CHECK(images.size() == 2);
  CHECK(files.size() == 2);
}

TEST_CASE("the demo delivers every email once, keeps it, and ends by itself") {
  const temporary_folder folder;
  const std::string maildir = folder.path("mail");
  const finished f = run({"demo", "--jobs", "24", "--maildir", maildir, "--drain-when-empty", "--wait", "0s",
                          "--report", folder.path("report.json")});
  CHECK(f.exit == 0);
  const auto told = nlohmann::json::parse(f.out);
  CHECK(told["jobs"]["done"] == 24);
  CHECK(told["messages"]["left_behind"].empty());
  CHECK(folder.content("report.json") == f.out);
  const std::filesystem::directory_iterator kept(maildir + "/new");
  CHECK(std::distance(begin(kept), end(kept)) == 24);
  CHECK_MESSAGE(f.err.find("24 emails are in " + maildir) != std::string::npos, f.err);
  CHECK_MESSAGE(f.err.find("running: 0 of 24 done") != std::string::npos, f.err);
  CHECK_MESSAGE(f.err.find("stopped: 24 of 24 done, 0 queued, 0 in flight") != std::string::npos, f.err);
  CHECK(f.err.find('\x1b') == std::string::npos);
}

TEST_CASE("a folder for the mail that can't be made is found at the start") {
  const finished f = run({"demo", "--maildir", "/dev/null/mail"});
  CHECK(f.exit == 78);
  CHECK_MESSAGE(f.err.starts_with("lastcall: --maildir: "), f.err);
}

}  // namespace
}  // namespace lastcall::app
