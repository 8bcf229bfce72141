#include "app/cli.hpp"

#include "app/command_line.hpp"
#include "app/help.hpp"
#include "app/program.hpp"
#include "program_under_test.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace lastcall::app {
namespace {

template <class Visit>
void for_each_path(command_path& path, const Visit& visit) {
  visit(path);
  for (const command& child : path.back()->children) {
    path.push_back(&child);
    for_each_path(path, visit);
    path.pop_back();
  }
}

/// Calls `visit` with every path of the program's tree.
template <class Visit>
void for_each_path(const Visit& visit) {
  common_settings common;
  const command program = make_program(common);
  command_path path{&program};
  for_each_path(path, visit);
}

std::string readme() {
  std::ostringstream all;
  all << std::ifstream("src/app/README.md").rdbuf();
  return all.str();
}

TEST_CASE("every command has a help that fits a terminal and explains each of its options") {
  for_each_path([](const command_path& path) {
    const std::string help = help_text(path);
    CHECK(help.starts_with("Usage: " + spelled(path)));
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);)
      CHECK_MESSAGE(line.size() <= 110, line);
    for (const command* word : path)
      for (const option_group& group : word->groups)
        for (const option& o : group.options) {
          CHECK_MESSAGE(help.find(o.flag()) != std::string::npos, o.flag());
          CHECK_MESSAGE(help.find(o.environment_name()) != std::string::npos, o.flag());
          CHECK_MESSAGE(o.help.ends_with('.'), o.flag());
        }
  });
}

TEST_CASE("no two options on one path share a name, for a variable could not tell them apart") {
  for_each_path([](const command_path& path) {
    std::set<std::string> names;
    for (const command* word : path)
      for (const option_group& group : word->groups)
        for (const option& o : group.options)
          CHECK_MESSAGE(names.insert(o.name).second, spelled(path) << " --" << o.name);
  });
}

TEST_CASE("the reference lists every option") {
  const std::string text = readme();
  REQUIRE_FALSE(text.empty());
  for_each_path([&](const command_path& path) {
    for (const option_group& group : path.back()->groups)
      for (const option& o : group.options)
        CHECK_MESSAGE(text.find("`" + o.flag() + (o.is_flag() ? "`" : " ")) != std::string::npos,
                      spelled(path) << " " << o.flag());
  });
}

TEST_CASE("help and version go to standard output, and nothing else") {
  const finished help = run({"--help"});
  CHECK(help.exit == 0);
  CHECK(help.out.find("Exit codes") != std::string::npos);
  CHECK(help.err.empty());
  CHECK(run({"work", "sleep", "-h"}).out.starts_with("Usage: lastcall work sleep"));
  CHECK(run({"--version"}).out == "lastcall " LASTCALL_VERSION "\n");
}

TEST_CASE("a wrong command line exits with 64 and says what to do") {
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& said) {
    const finished f = run(arguments);
    CHECK(f.exit == 64);
    CHECK(f.out.empty());
    CHECK_MESSAGE(f.err.find(said) != std::string::npos, f.err);
  };
  refused({}, "needs a COMMAND: demo, work, serve, send, queue");
  refused({"work", "--queue", "q"}, "needs a JOB: email, exec, http, sleep");
  refused({"work", "sleep"}, "--queue NAME or --queue-url URL");
  refused({"work", "--queue", "q", "exec"}, "exec -- CMD");
  refused({"work", "--queue", "q", "http"}, "http --to URL");
  refused({"work", "--queue", "q", "http", "--to", "not a url"}, "--to: ");
  refused({"work", "--queue", "q", "--endpoint-url", "ftp://x", "sleep"}, "--endpoint-url: ");
  refused({"work", "--queue", "http://host/1/q", "sleep"}, "give a URL with --queue-url");
  refused({"work", "--queue", "arn:aws:sqs:eu-west-1:1:q", "sleep"}, "what follows the last colon");
  refused({"work", "--queue", "q", "email", "--smtp", "relay"}, "such as smtp://");
  refused({"bench", "--step", "0s", "--endpoint-url", "http://127.0.0.1:1"},
          "--step: it must be at least 10ms");
  refused({"work", "--queue", "q", "--grace", "-1s", "sleep"}, "--grace: '-1s' is not a duration");
  refused({"work", "--queue", "q", "--admin", "nowhere", "sleep"}, "--admin: 'nowhere' is not accepted");
  refused({"work", "--queue", "q", "--stop-idle", "never", "sleep"}, "choose one of wait|abort");
  refused({"serve", "--listen", "::1:80"}, "--listen: '::1:80' is not accepted");
  refused({"serve", "--verify", "key"}, "--verify: ");
  refused({"serve", "--tls-cert", "file"}, "TLS needs both");
  refused({"queue", "create"}, "--queue NAME");
  refused({"queue", "create", "--queue-url", "http://host/1/q"}, "unknown option '--queue-url'");
  refused(
      {"queue", "create", "--queue", "q", "--attribute", "novalue", "--endpoint-url", "http://127.0.0.1:1"},
      "--attribute: write NAME=VALUE");
  refused({"send"}, "--queue NAME or --queue-url URL");
}

TEST_CASE("a wrong configuration exits with 78 and says what to set") {
  const temporary_folder folder;
  const auto refused = [](const std::vector<std::string>& arguments, const environment& env,
                          const std::string& said) {
    const finished f = run(arguments, env);
    CHECK(f.exit == 78);
    CHECK(f.out.empty());
    CHECK_MESSAGE(f.err.find(said) != std::string::npos, f.err);
  };
  const environment nowhere{{"AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1"}};
  refused({"work", "--queue", "q", "sleep"}, {{"LASTCALL_GRACE", "soon"}}, "LASTCALL_GRACE: 'soon'");
  refused({"work", "--queue", "q", "--grace", "2s", "--reserve", "5s", "sleep"}, nowhere, "--reserve");
  refused({"work", "--queue", "q", "--report", folder.path("no/file"), "sleep"}, nowhere, "--report: ");
  refused({"work", "--queue", "q", "sleep"}, {}, "region");
  refused({"work", "--queue", "q", "sleep"}, {{"AWS_REGION", "eu-west-1"}, {"AWS_PROFILE", "none"}},
          "'none'");
  refused({"send", "--queue", "q", "--file", "/no/such.jsonl"}, nowhere,
          "--file: /no/such.jsonl can't be read");
  refused({"send", "--queue", "q", "--file", folder.path("")}, nowhere, " is a folder");
  refused({"serve", "--listen", "203.0.113.1:1"}, {}, "--listen: ");
  refused({"serve", "--data", "/nonexistent/folder/file"}, {}, "--data: ");
}

TEST_CASE("an endpoint that can't be reached exits with 69 and is named") {
  const finished f = run({"work", "--queue", "q", "--endpoint-url", "http://127.0.0.1:1", "sleep"});
  CHECK(f.exit == 69);
  CHECK_MESSAGE(f.err.find("127.0.0.1:1") != std::string::npos, f.err);
  CHECK(f.out.empty());
}

}  // namespace
}  // namespace lastcall::app
