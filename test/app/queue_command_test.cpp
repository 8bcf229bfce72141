#include "program_under_test.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fcntl.h>

namespace lastcall::app {
namespace {

using json = nlohmann::json;

json stats(const queue_server_under_test& server, const std::string& queue) {
  return json::parse(server.run({"queue", "stats", queue, "--json"}).out);
}

finished send(const queue_server_under_test& server, const std::string& lines,
              std::vector<std::string> more) {
  const temporary_folder folder;
  std::vector<std::string> arguments{"send", "--file", folder.file("lines", lines)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return server.run(arguments);
}

TEST_CASE("a queue is created with its dead-letter queue, again without effect, and listed") {
  const queue_server_under_test server;
  const std::vector<std::string> create{
      "queue", "create",       "jobs", "--dead-letter-queue", "dead",          "--max-receives",
      "7",     "--visibility", "45s",  "--attribute",         "DelaySeconds=3"};
  const finished created = server.run(create);
  CHECK(created.exit == 0);
  CHECK(created.out == server.endpoint() + "/000000000000/jobs\n");
  CHECK(server.run(create).out == created.out);
  CHECK(server.run({"queue", "list"}).out ==
        server.endpoint() + "/000000000000/dead\n" + server.endpoint() + "/000000000000/jobs\n");
  CHECK(server.run({"queue", "list", "--prefix", "d"}).out == server.endpoint() + "/000000000000/dead\n");
  const json shown = stats(server, "jobs");
  CHECK(shown["visibility_timeout_s"] == 45);
  CHECK(shown["redrive_policy"]["maxReceiveCount"] == 7);
  CHECK(shown["visible"] == 0);
  CHECK(server.run({"queue", "stats", "jobs"}).out.starts_with("visible               0\n"));
}

TEST_CASE("a dead-letter queue of the other kind is refused before anything is created") {
  const queue_server_under_test server;
  CHECK(server.run({"queue", "create", "a.fifo", "--dead-letter-queue", "dead"}).exit == 64);
  CHECK(server.run({"queue", "create", "a", "--dead-letter-queue", "dead.fifo"}).exit == 64);
  CHECK(server.run({"queue", "list"}).out.empty());
  CHECK(server.run({"queue", "create", "a.fifo", "--dead-letter-queue", "dead.fifo"}).exit == 0);
}

TEST_CASE("a queue that is refused is told in the service's words") {
  const queue_server_under_test server;
  const finished f = server.run({"queue", "create", "--queue", "not a name"});
  CHECK(f.exit == 69);
  CHECK_MESSAGE(f.err.find("can't create the queue 'not a name': ") != std::string::npos, f.err);
}

TEST_CASE("a missing queue is said with a command that creates it as it is written") {
  const queue_server_under_test server;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"work", "--queue", "jobs", "--endpoint-url", server.endpoint(), "sleep"},
        std::vector<std::string>{"queue", "stats", "jobs", "--endpoint-url", server.endpoint()},
        std::vector<std::string>{"send", "--queue", "jobs", "--file", "/dev/null", "--endpoint-url",
                                 server.endpoint()}}) {
    const finished f = run(arguments);
    CHECK(f.exit == 69);
    CHECK_MESSAGE(f.err.find("\n  lastcall queue create --queue jobs --endpoint-url " + server.endpoint() +
                             "\n") != std::string::npos,
                  f.err);
  }
}

TEST_CASE("the command that creates a queue is written as the shell takes it") {
  const queue_server_under_test server;
  const finished f =
      server.run({"queue", "stats", "jobs", "--endpoint-url", server.endpoint() + "/it's$HOME"});
  CHECK_MESSAGE(f.err.ends_with("\n  lastcall queue create --queue jobs --endpoint-url '" +
                                server.endpoint() + "/it'\\''s$HOME'\n"),
                f.err);
}

TEST_CASE("the command that creates a queue has the region and the endpoint that the queue's URL told") {
  const queue_server_under_test server;
  const finished at_aws =
      server.run({"work", "--queue-url", "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", "sleep"});
  CHECK_MESSAGE(at_aws.err.ends_with("\n  lastcall queue create --queue jobs --region eu-west-1\n"),
                at_aws.err);
  const finished here = run({"work", "--queue-url", server.endpoint() + "/000000000000/jobs", "sleep"});
  CHECK_MESSAGE(here.err.ends_with("\n  lastcall queue create --queue jobs --endpoint-url " +
                                   server.endpoint() + " --region us-east-1\n"),
                here.err);
}

TEST_CASE("no command is shown that would create a queue of an impossible name") {
  const queue_server_under_test server;
  for (const std::string& name : {std::string("Žofie"), std::string("a b"), std::string(81, 'x')}) {
    const finished f = server.run({"queue", "stats", "--queue", name});
    CHECK(f.exit == 69);
    CHECK_MESSAGE(f.err.find("a queue's name is 1 to 80 letters, digits, '-' and '_'") != std::string::npos,
                  f.err);
    CHECK_MESSAGE(f.err.find("queue create") == std::string::npos, f.err);
  }
}

TEST_CASE("each line becomes a message, however many there are") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  std::string lines;
  for (int i = 0; i < 95; ++i)
    lines += "{\"n\":" + std::to_string(i) + "}\n";
  const finished f = send(server, lines, {"--queue", "jobs"});
  CHECK(f.exit == 0);
  CHECK(f.out == "95 of 95 messages sent\n");
  CHECK(f.err.empty());
  CHECK(stats(server, "jobs")["visible"] == 95);
}

TEST_CASE("a line that is not JSON is named, and the others are sent") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const finished f = send(server, "1\n{\"a\":}\n\n \t\n\xff\n2", {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "2 of 4 messages sent\n");
  CHECK(f.err ==
        "lastcall: line 2 is not accepted: not JSON from character 6 on\n"
        "lastcall: line 5 is not accepted: not JSON from character 1 on\n");
  CHECK(stats(server, "jobs")["visible"] == 2);
}

TEST_CASE("the byte order mark of a file is no part of its first line; elsewhere it is not JSON") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const finished f = send(server, "\xEF\xBB\xBF{\"n\":1}\n\xEF\xBB\xBF{\"n\":2}\n", {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "1 of 2 messages sent\n");
  CHECK(f.err == "lastcall: line 2 is not accepted: begins with a byte order mark, which is not JSON\n");
  const finished seen = server.run({"queue", "peek", "jobs"});
  CHECK_MESSAGE(seen.out.find(R"("body":"{\"n\":1}")") != std::string::npos, seen.out);
}

TEST_CASE("a number that no reader can hold is named like what is not JSON") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const finished f = send(server, "1\n{\"a\":1e999}\n3\n", {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "2 of 3 messages sent\n");
  CHECK(f.err == "lastcall: line 2 is not accepted: a number in it is too large for a reader of JSON\n");
}

TEST_CASE("a zero byte does not end a line: what comes after it would be sent unseen") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const finished f = send(server, std::string("1\n2\0\xff\n3\n", 8), {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "2 of 3 messages sent\n");
  CHECK(f.err == "lastcall: line 2 is not accepted: not JSON from character 2 on\n");
}

TEST_CASE("messages of any size up to 1 MiB are sent, in batches that are not larger") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const std::string big = '"' + std::string(1024 * 1024 - 2, 'x') + "\"\n";
  const std::string half = '"' + std::string(600 * 1024, 'y') + "\"\n";
  const finished f = send(server, "1\n" + big + half + half + '"' + big + "2\n", {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "5 of 6 messages sent\n");
  CHECK(f.err == "lastcall: line 5 is not accepted: longer than 1 MiB, the most that SQS takes\n");
  CHECK(stats(server, "jobs")["visible"] == 5);
}

TEST_CASE("a line that the queue does not take is named, and the others are sent") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs", "--attribute", "MaximumMessageSize=1024"});
  const finished f = send(server, "1\n\"" + std::string(2000, 'x') + "\"\n3\n", {"--queue", "jobs"});
  CHECK(f.exit == 65);
  CHECK(f.out == "2 of 3 messages sent\n");
  CHECK_MESSAGE(f.err.starts_with("lastcall: line 2 is not accepted: "), f.err);
}

TEST_CASE("a FIFO queue without content-based deduplication is sent nothing before it is said how") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs.fifo"});
  const finished f = send(server, "1\n", {"--queue", "jobs.fifo", "--group", "g"});
  CHECK(f.exit == 64);
  CHECK_MESSAGE(f.err.find("choose --dedup body or --dedup unique") != std::string::npos, f.err);
  CHECK(send(server, "1\n", {"--queue", "jobs.fifo", "--group", "g", "--dedup", "body"}).exit == 0);
  server.run({"queue", "create", "more.fifo", "--attribute", "ContentBasedDeduplication=true"});
  CHECK(send(server, "1\n", {"--queue", "more.fifo", "--group", "g"}).exit == 0);
}

TEST_CASE("lines come from standard input, also from one that has nothing to say") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(server.run({"send", "--queue", "jobs", "-"}, {}, null).out == "0 of 0 messages sent\n");
  ::close(null);
}

TEST_CASE("a standard input that is closed is said to be so") {
  const queue_server_under_test server;
  const finished f = server.run({"send", "--queue", "jobs"});
  CHECK(f.exit == 78);
  CHECK(f.err == "lastcall: standard input is closed; name a file with --file\n");
}

TEST_CASE("looking at messages leaves them where they are") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  send(server, "\"a\"\n\"b\"\n", {"--queue", "jobs"});
  const finished f = server.run({"queue", "peek", "jobs", "--count", "1"});
  CHECK(f.exit == 0);
  const json shown = json::parse(f.out);
  CHECK(shown["receive_count"] == 1);
  CHECK((shown["body"] == "\"a\"" || shown["body"] == "\"b\""));
  CHECK(stats(server, "jobs")["visible"] == 2);
  CHECK(stats(server, "jobs")["in_flight"] == 0);
}

TEST_CASE("a purge empties a queue") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs"});
  send(server, "1\n2\n3\n", {"--queue", "jobs"});
  CHECK(server.run({"queue", "purge", "jobs"}).exit == 0);
  CHECK(stats(server, "jobs")["visible"] == 0);
}

TEST_CASE("a redrive starts a task of SQS, and what it refuses is told") {
  const queue_server_under_test server;
  server.run({"queue", "create", "jobs", "--dead-letter-queue", "dead"});
  CHECK(server.run({"queue", "redrive", "dead"}).exit == 0);
  const finished f = server.run({"queue", "redrive", "jobs"});
  CHECK(f.exit == 69);
  CHECK_MESSAGE(f.err.find("can't start the redrive: ") != std::string::npos, f.err);
}

}  // namespace
}  // namespace lastcall::app
