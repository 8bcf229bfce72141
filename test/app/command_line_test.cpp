#include "app/command_line.hpp"

#include "app/exit_code.hpp"
#include "app/help.hpp"

#include <doctest/doctest.h>

namespace lastcall::app {
namespace {

/// A tree like the program's, small enough to be read at once.
struct little_program {
  std::string level, queue, of;
  bool brief{false};
  std::vector<std::string> folders, rest;
  std::chrono::nanoseconds grace{std::chrono::seconds(30)};
  command tree{
      .name = "lastcall",
      .groups = {{"Common", {text_option("log-level", "LEVEL", level, "How much.")}}},
      .children = {
          {.name = "work",
           .groups = {{"Worker",
                       {text_option("queue", "NAME", queue, "Which."), flag_option("brief", brief, "Short."),
                        list_option("folder", "DIR", folders, "Where."),
                        duration_option("grace", grace, "How long.")}}},
           .children =
               {{.name = "exec", .rest = &rest, .run = [](console&, const environment&) { return 0; }},
                {.name = "sleep", .run = [](console&, const environment&) { return 0; }}}},
          {.name = "stats",
           .groups = {{"Stats", {text_option("of", "NAME", of, "Which.")}}},
           .operand = "of",
           .run = [](console&, const environment&) { return 0; }},
          {.name = "serve", .run = [](console&, const environment&) { return 0; }}}};

  command_line parse(const std::vector<std::string>& arguments) {
    return parse_command_line(tree, arguments);
  }
  std::string refused(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const refusal& r) {
      CHECK(r.exit() == exit_usage);
      return r.what();
    }
    return "(accepted)";
  }
};

using texts = std::vector<std::string>;

TEST_CASE("options stand before the job word, after it, and with an equals sign") {
  little_program p;
  for (const texts& arguments :
       {texts{"work", "--queue", "jobs", "sleep"}, texts{"work", "sleep", "--queue", "jobs"},
        texts{"--log-level", "x", "work", "--queue=jobs", "sleep"},
        texts{"work", "sleep", "--queue=jobs", "--log-level=x"}}) {
    const command_line line = p.parse(arguments);
    CHECK(spelled(line.path) == "lastcall work sleep");
    CHECK(line.given.at("queue") == texts{"jobs"});
  }
}

TEST_CASE("everything after -- belongs to the command that is run, whatever it looks like") {
  little_program p;
  const command_line line = p.parse(
      {"work", "--queue", "q", "exec", "--", "sh", "-c", "[a,b]", "--grace", "serve", "--", "", "--x="});
  CHECK(spelled(line.path) == "lastcall work exec");
  CHECK(p.rest == texts{"sh", "-c", "[a,b]", "--grace", "serve", "--", "", "--x="});
  CHECK(line.given.count("grace") == 0);
}

TEST_CASE("a value may look like a command, an option's name or a list") {
  little_program p;
  const command_line line = p.parse({"work", "--queue", "serve", "--folder", "[a,b]", "sleep"});
  CHECK(line.given.at("queue") == texts{"serve"});
  CHECK(line.given.at("folder") == texts{"[a,b]"});
}

TEST_CASE("a repeatable option takes one value each time, and keeps them in order") {
  little_program p;
  CHECK(p.parse({"work", "--folder", "a", "--folder", "b", "sleep"}).given.at("folder") == texts{"a", "b"});
}

TEST_CASE("a flag takes no value, but may be given one with an equals sign") {
  little_program p;
  CHECK(p.parse({"work", "--brief", "sleep"}).given.at("brief") == texts{"true"});
  CHECK(p.parse({"work", "--brief=false", "sleep"}).given.at("brief") == texts{"false"});
}

TEST_CASE("what is unknown is named, with what was probably meant") {
  little_program p;
  CHECK(p.refused({"work", "--grce", "3s", "sleep"}) ==
        "unknown option '--grce'; did you mean '--grace'?\nTry 'lastcall work sleep --help'.");
  CHECK(p.refused({"work", "--grce=3s", "sleep"})
            .starts_with("unknown option '--grce=3s'; did you mean '--grace'?"));
  CHECK(p.refused({"wrok"}).starts_with("unknown word 'wrok' after 'lastcall'; did you mean 'work'?"));
  CHECK(p.refused({"work", "slep"})
            .starts_with("unknown word 'slep' after 'lastcall work'; did you mean 'sleep'?"));
  CHECK(p.refused({"work", "./script"})
            .starts_with("unknown word './script' after 'lastcall work'; known are "));
  CHECK(p.refused({"work", "sleep", "exec"}).starts_with("unexpected argument 'exec'"));
  CHECK(p.refused({"serve", "work"}).starts_with("unexpected argument 'work'"));
  CHECK(p.refused({"serve", "-x"}).starts_with("unknown option '-x'"));
}

TEST_CASE("an option that stands before the word that it belongs to is shown its place") {
  little_program p;
  CHECK(p.refused({"--grace", "3s", "work", "sleep"})
            .starts_with("'--grace' is an option of 'work': put it after that word"));
}

TEST_CASE("an option without its value is refused, and does not take the next one's place") {
  little_program p;
  CHECK(p.refused({"work", "sleep", "--grace"}) == "--grace needs a value");
  CHECK(p.refused({"work", "--grace=", "sleep"}) == "--grace needs a value");
}

TEST_CASE("a command to run needs its --, and nothing else takes one") {
  little_program p;
  CHECK(p.refused({"work", "exec", "sh", "-c", "x"}) ==
        "unexpected argument 'sh': put '--' before the command and its arguments\nTry 'lastcall work exec "
        "--help'.");
  CHECK(p.refused({"serve", "--", "x"}).starts_with("'lastcall serve' takes no '--'"));
}

TEST_CASE("a bare word may stand for an option, once") {
  little_program p;
  CHECK(p.parse({"stats", "jobs"}).given.at("of") == texts{"jobs"});
  CHECK(p.parse({"stats", "--of", "jobs"}).given.at("of") == texts{"jobs"});
  CHECK(p.refused({"stats", "jobs", "more"}).starts_with("unexpected argument 'more'"));
  CHECK(p.refused({"stats", "--of", "jobs", "more"}).starts_with("unexpected argument 'more'"));
}

TEST_CASE("help is for the command it stands in, complete or not") {
  little_program p;
  CHECK(spelled(p.parse({"--help"}).path) == "lastcall");
  CHECK(spelled(p.parse({"work", "-h"}).path) == "lastcall work");
  const command_line line = p.parse({"work", "sleep", "--help"});
  CHECK(line.wants_help);
  const std::string help = help_text(line.path);
  CHECK(help.starts_with("Usage: lastcall work sleep"));
  CHECK(help.find("--grace DURATION") != std::string::npos);
  CHECK(help.find("How long. [default 30s, LASTCALL_GRACE]") != std::string::npos);
  CHECK(p.parse({"--version"}).wants_version);
}

}  // namespace
}  // namespace lastcall::app
