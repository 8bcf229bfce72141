#include "app/configuration.hpp"

#include "app/exit_code.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;

struct configured {
  std::string config, queue, queue_url, to;
  bool brief{false};
  std::chrono::nanoseconds grace{30s};
  std::chrono::nanoseconds pause{0};
  std::chrono::seconds wait{20};
  std::size_t pollers{2};
  std::vector<std::string> folders;
  temporary_folder folder;

  command tree() {
    const auto run = [](console&, const environment&) { return 0; };
    option url = text_option("queue-url", "URL", queue_url, "");
    url.instead_of = "queue";
    return {.name = "lastcall",
            .groups = {{"Common", {text_option("config", "FILE", config, "")}}},
            .children = {{.name = "work",
                          .groups = {{"Worker",
                                      {text_option("queue", "NAME", queue, ""), std::move(url),
                                       flag_option("brief", brief, ""), duration_option("grace", grace, ""),
                                       seconds_option("wait", wait, 0s, 20s, ""),
                                       count_option("pollers", pollers, 1, 100, "")}}},
                          .children = {{.name = "http",
                                        .groups = {{"Http", {text_option("to", "URL", to, "")}}},
                                        .run = run},
                                       {.name = "sleep",
                                        .groups = {{"Sleep",
                                                    {duration_option("for", pause, ""),
                                                     list_option("folder", "DIR", folders, "")}}},
                                        .run = run}}},
                         {.name = "serve", .run = run}}};
  }

  std::vector<std::string> apply(const std::vector<std::string>& arguments, const environment& env = {}) {
    const command program = tree();
    return configure(parse_command_line(program, arguments), env);
  }
  /// With a file of this content.
  std::vector<std::string> apply_file(const std::string& toml, std::vector<std::string> arguments,
                                      const environment& env = {}) {
    arguments.insert(arguments.begin(), {"--config", folder.file("c.toml", toml)});
    return apply(arguments, env);
  }
  template <class Apply>
  std::string refused(int exit, const Apply& what) {
    try {
      what();
    } catch (const refusal& r) {
      CHECK(r.exit() == exit);
      std::string text = r.what();
      const std::string place = folder.path("c.toml");
      if (text.starts_with(place)) text.replace(0, place.size(), "c.toml");
      return text;
    }
    return "(accepted)";
  }
  std::string file_refused(const std::string& toml) {
    return refused(exit_config, [&] { apply_file(toml, {"work", "sleep"}); });
  }
};

TEST_CASE("the command line beats the environment, which beats the file, which beats the default") {
  configured c;
  c.apply({"work", "sleep"});
  CHECK(c.grace == 30s);
  c.apply_file("grace = '1s'", {"work", "sleep"});
  CHECK(c.grace == 1s);
  c.apply_file("grace = '1s'", {"work", "sleep"}, {{"LASTCALL_GRACE", "2s"}});
  CHECK(c.grace == 2s);
  c.apply_file("grace = '1s'", {"work", "--grace", "3s", "sleep"}, {{"LASTCALL_GRACE", "2s"}});
  CHECK(c.grace == 3s);
}

TEST_CASE("of an option given twice the last one holds") {
  configured c;
  c.apply({"work", "--grace", "3s", "--grace", "4s", "sleep"});
  CHECK(c.grace == 4s);
}

TEST_CASE("an empty variable counts as not set") {
  configured c;
  c.apply({"work", "sleep"}, {{"LASTCALL_GRACE", ""}});
  CHECK(c.grace == 30s);
}

TEST_CASE("flags are true or false in the environment and the file") {
  configured c;
  c.apply({"work", "sleep"}, {{"LASTCALL_BRIEF", "1"}});
  CHECK(c.brief);
  c.apply({"work", "--brief=false", "sleep"}, {{"LASTCALL_BRIEF", "1"}});
  CHECK_FALSE(c.brief);
  c.apply_file("brief = true", {"work", "sleep"});
  CHECK(c.brief);
  CHECK(c.refused(exit_config, [&] { c.apply({"work", "sleep"}, {{"LASTCALL_BRIEF", "maybe"}}); }) ==
        "LASTCALL_BRIEF: 'maybe' is not accepted: say true or false");
}

TEST_CASE("a table holds for its word, and beats the tables and keys further out") {
  configured c;
  c.apply_file("grace = '1s'\nfor = '1ms'\n[work]\ngrace = '2s'\n[sleep]\nfor = '2ms'\n[http]\nto = 'x'",
               {"work", "sleep"});
  CHECK(c.grace == 2s);
  CHECK(c.pause == 2ms);
  CHECK(c.to.empty());
}

TEST_CASE("keys may be written with hyphens or underscores, numbers without quotes, lists as arrays") {
  configured c;
  c.apply_file("queue_url = 'https://q/1/2'\npollers = 7\n[sleep]\nfolder = ['a', 'b']", {"work", "sleep"});
  CHECK(c.queue_url == "https://q/1/2");
  CHECK(c.pollers == 7);
  CHECK(c.folders == std::vector<std::string>{"a", "b"});
  CHECK(c.file_refused("queue-url = 'a'\nqueue_url = 'b'") ==
        "c.toml, line 2: queue_url: the same key stands twice, once with '_' and once with '-'");
}

TEST_CASE("a wrong value is a usage error on the command line and a configuration error elsewhere") {
  configured c;
  CHECK(c.refused(exit_usage, [&] {
           c.apply({"work", "--grace", "10", "sleep"});
         }).starts_with("--grace: '10' is not a duration"));
  CHECK(c.refused(exit_config, [&] {
           c.apply({"work", "sleep"}, {{"LASTCALL_GRACE", "10"}});
         }).starts_with("LASTCALL_GRACE: '10' is not a duration"));
  CHECK(c.file_refused("\ngrace = 10").starts_with("c.toml, line 2: grace: '10' is not a duration"));
  CHECK(c.refused(exit_usage, [&] { c.apply({"work", "--pollers", "0", "sleep"}); }) ==
        "--pollers: '0' is not accepted: write a whole number from 1 to 100");
  CHECK(c.refused(exit_usage, [&] { c.apply({"work", "--pollers", "3x", "sleep"}); }) ==
        "--pollers: '3x' is not accepted: write a whole number from 1 to 100");
  CHECK(c.refused(exit_usage, [&] { c.apply({"work", "--wait", "21s", "sleep"}); }) ==
        "--wait: '21s' is not accepted: it must be from 0s to 20s");
  CHECK(c.refused(exit_usage, [&] { c.apply({"work", "--wait", "500ms", "sleep"}); }) ==
        "--wait: '500ms' is not accepted: SQS counts whole seconds here");
}

TEST_CASE("a file that is missing, broken or says something unknown is refused with the place") {
  configured c;
  CHECK(c.refused(exit_config, [&] { c.apply({"--config", "/nowhere/x.toml", "work", "sleep"}); }) ==
        "--config: there is no file /nowhere/x.toml");
  CHECK(c.refused(exit_config, [&] {
           c.apply({"--config", "/", "work", "sleep"});
         }).ends_with("Is a directory"));
  CHECK(c.file_refused("grace = \n").starts_with("c.toml, line 1: "));
  CHECK(c.file_refused("grce = '1s'") == "c.toml, line 1: grce: unknown key; did you mean 'grace'?");
  CHECK(c.file_refused("[slep]\nfor = '1s'") == "c.toml: unknown table [slep]; did you mean 'sleep'?");
  CHECK(c.file_refused("[sleep]\ngrace = '1s'").starts_with("c.toml, line 2: sleep.grace: unknown key"));
  CHECK(c.file_refused("grace = ['1s']") == "c.toml, line 1: grace: it takes one value, not an array");
  CHECK(c.file_refused("grace = 1979-05-27").starts_with("c.toml, line 1: grace: write a text"));
  CHECK(c.file_refused("[sleep]\nfor.x = '1s'").starts_with("c.toml, line 2: for: tables do not nest"));
  CHECK(c.file_refused("[work.sleep]\nfor = '1s'").starts_with("c.toml, line 1: sleep: tables do not nest"));
  CHECK(c.file_refused("queue = jobs").ends_with("a text stands in quotes, as in queue = \"jobs\""));
}

TEST_CASE("an empty file is a file, and the environment may name it") {
  configured c;
  c.apply({"work", "sleep"}, {{"LASTCALL_CONFIG", c.folder.file("c.toml", "")}});
  CHECK(c.grace == 30s);
  c.apply({"work", "sleep"}, {{"LASTCALL_CONFIG", c.folder.file("c.toml", "grace = '5s'")}});
  CHECK(c.grace == 5s);
}

TEST_CASE("of two options that say the same thing the stronger source's holds, and both in one are refused") {
  configured c;
  c.apply({"work", "--queue-url", "https://q/1/a", "sleep"}, {{"LASTCALL_QUEUE", "b"}});
  CHECK(c.queue_url == "https://q/1/a");
  CHECK(c.queue.empty());
  c.queue_url.clear();
  c.apply({"work", "--queue", "b", "sleep"}, {{"LASTCALL_QUEUE_URL", "https://q/1/a"}});
  CHECK(c.queue == "b");
  CHECK(c.queue_url.empty());
  CHECK(c.refused(exit_usage, [&] { c.apply({"work", "--queue", "b", "--queue-url", "x", "sleep"}); }) ==
        "--queue-url and --queue exclude each other: give one of them");
  CHECK(c.file_refused("queue = 'a'\nqueue-url = 'b'").find("exclude each other") != std::string::npos);
}

TEST_CASE("a variable that looks like a misspelled option is warned about, others are left alone") {
  configured c;
  CHECK(c.apply({"work", "sleep"}, {{"LASTCALL_GRCE", "1s"},
                                    {"LASTCALL_PORT", "tcp://10.0.0.1:80"},
                                    {"LASTCALL_ATTRIBUTES", "{}"},
                                    {"LASTCALL_CHECKPOINT", "17"},
                                    {"GRCE", "x"}}) ==
        std::vector<std::string>{
            "the environment variable LASTCALL_GRCE is not one of lastcall's; did you mean LASTCALL_GRACE?"});
}

}  // namespace
}  // namespace lastcall::app
