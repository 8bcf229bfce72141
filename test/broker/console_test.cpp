#include "broker/server_world.hpp"

namespace lastcall::broker {

using nlohmann::json;

namespace {

constexpr const char* jobs_path = "/queue/us-east-1/000000000000/jobs";

http::request post(const std::string& path, const std::string& body) {
  http::request request;
  request.method = "POST";
  request.target = path;
  request.body = body;
  return request;
}

json document(const http::response& answer) {
  CAPTURE(answer.body);
  REQUIRE(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == "application/json");
  return json::parse(answer.body);
}

json messages(server_world& w, const std::string& path = jobs_path) {
  return document(w.get("/_lastcall/messages.json?queue=" + path))["messages"];
}

unsigned drop(server_world& w, const json& asked) {
  return w.ask(post("/_lastcall/drop", asked.dump())).status;
}

}  // namespace

TEST_CASE("the page and its parts are served with a policy that lets nothing else run") {
  server_world w;
  const http::response page = w.get("/_lastcall/");
  CHECK(page.status == 200);
  CHECK(page.headers.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body.find("<script") != std::string::npos);
  const std::string_view policy = page.headers.get("Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'; script-src 'self';"));
  CHECK(policy.find("unsafe") == std::string_view::npos);
  CHECK(policy.find("frame-ancestors 'none'") != std::string_view::npos);
  CHECK(page.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(w.get("/_lastcall/index.html").body == page.body);
  CHECK(w.get("/_lastcall/../index.html").status == 404);
}

TEST_CASE("a browser that asks for the server is led to the page, another client is not") {
  server_world w;
  http::request browser;
  browser.headers.add("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
  const http::response answer = w.ask(browser);
  CHECK(answer.status == 302);
  CHECK(answer.headers.get("Location") == "/_lastcall/");
  CHECK(w.get("/").status == 404);
}

TEST_CASE("the list of queues counts them as SQS does, of all accounts and regions") {
  server_world w;
  CHECK(document(w.get("/_lastcall/queues.json"))["queues"] == json::array());
  const std::string url = w.create("jobs");
  w.create("orders.fifo", {{"FifoQueue", "true"}});
  for (int i = 0; i < 3; ++i)
    w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}, {"DelaySeconds", i == 2 ? 60 : 0}});
  w.call("ReceiveMessage", {{"QueueUrl", url}});
  w.clock.advance(std::chrono::nanoseconds(5'000'400'000));
  const json queues = document(w.get("/_lastcall/queues.json"))["queues"];
  REQUIRE(queues.size() == 2);
  const json& jobs = queues[0];
  CHECK(jobs["name"] == "jobs");
  CHECK(jobs["path"] == jobs_path);
  CHECK(jobs["visible"] == 1);
  CHECK(jobs["inFlight"] == 1);
  CHECK(jobs["delayed"] == 1);
  CHECK(jobs["oldestSeconds"] == 5.0);
  CHECK(jobs["sent"] == 3);
  CHECK(jobs["received"] == 1);
  CHECK(queues[1]["fifo"] == true);
}

TEST_CASE("messages are seen without being received, in whatever state they are") {
  server_world w;
  const std::string url = w.create("jobs");
  for (const char* body : {"first", "second"})
    w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", body}});
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "later"}, {"DelaySeconds", 60}});
  w.call("ReceiveMessage", {{"QueueUrl", url}, {"VisibilityTimeout", 20}});
  for (int look = 0; look < 2; ++look) {
    const json seen = messages(w);
    REQUIRE(seen.size() == 3);
    CHECK(seen[0]["state"] == "in flight");
    CHECK(seen[0]["receives"] == 1);
    CHECK(seen[0]["dueSeconds"] == 20.0);
    CHECK(seen[1]["body"] == "second");
    CHECK(seen[1]["state"] == "visible");
    CHECK(seen[1]["receives"] == 0);
    CHECK_FALSE(seen[1].contains("dueSeconds"));
    CHECK(seen[2]["state"] == "delayed");
  }
}

TEST_CASE("markup in a body, a name or a value stays data") {
  server_world w;
  const std::string url = w.create("jobs");
  const std::string markup = "</script><script>alert(\"1\")</script>\u2028";
  w.call("SendMessage", {{"QueueUrl", url},
                         {"MessageBody", markup},
                         {"MessageAttributes", {{"a", {{"DataType", "String"}, {"StringValue", markup}}}}}});
  const http::response answer = w.get(std::string("/_lastcall/messages.json?queue=") + jobs_path);
  CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
  const json seen = document(answer)["messages"][0];
  CHECK(seen["body"] == markup);
  CHECK(seen["attributes"]["a"]["value"] == markup);
  const http::response missing = w.get("/_lastcall/" + std::string("%3Cscript%3E<script>.html"));
  CHECK(missing.status == 404);
  CHECK(missing.body.find("script") == std::string::npos);
}

TEST_CASE("a long body is cut, and said to be, within a character too") {
  server_world w;
  const std::string url = w.create("jobs");
  const std::string body = std::string(16'383, 'x') + "ü and more";
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", body}});
  const json seen = messages(w)[0];
  CHECK(seen["isCut"] == true);
  CHECK(seen["bytes"] == body.size());
  CHECK(seen["body"] == std::string(16'383, 'x') + "\uFFFD");
}

TEST_CASE("at most a hundred messages are shown, the oldest") {
  server_world w;
  const std::string url = w.create("jobs");
  for (int i = 0; i < 120; ++i)
    w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", std::to_string(i)}});
  const json seen = messages(w);
  REQUIRE(seen.size() == 100);
  CHECK(seen[0]["body"] == "0");
  CHECK(seen[99]["body"] == "99");
}

TEST_CASE("messages are asked for of a queue that there is") {
  server_world w;
  CHECK(w.get("/_lastcall/messages.json").status == 400);
  CHECK(w.get("/_lastcall/messages.json?queue=").status == 404);
  CHECK(w.get(std::string("/_lastcall/messages.json?queue=") + jobs_path).status == 404);
  w.create("jobs");
  CHECK(w.get("/_lastcall/messages.json?queue=%2Fqueue%2Fus-east-1%2F000000000000%2Fjobs").status == 200);
  CHECK(w.get("/_lastcall/messages.json?queue=/queue/us-east-2/000000000000/jobs").status == 404);
}

TEST_CASE("a message is dropped whatever its state, once") {
  server_world w;
  const std::string url = w.create("jobs");
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  w.call("ReceiveMessage", {{"QueueUrl", url}});
  const json asked = {{"queue", jobs_path}, {"serial", messages(w)[0]["serial"]}};
  CHECK(drop(w, asked) == 200);
  CHECK(messages(w).empty());
  CHECK(drop(w, asked) == 404);
}

TEST_CASE("what drops nothing says what is wrong with it") {
  server_world w;
  const std::string url = w.create("jobs");
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  const std::string serial = messages(w)[0]["serial"];
  CHECK(drop(w, {{"queue", jobs_path}}) == 400);
  CHECK(drop(w, {{"queue", jobs_path}, {"serial", serial + "x"}}) == 400);
  CHECK(drop(w, {{"queue", jobs_path}, {"serial", -1}}) == 400);
  CHECK(drop(w, {{"queue", "/queue/us-east-1/000000000000/other"}, {"serial", serial}}) == 404);
  CHECK(drop(w, json::array({1})) == 400);
  CHECK(w.ask(post("/_lastcall/drop", "")).status == 400);
  const http::response deep = w.ask(post("/_lastcall/drop", R"({"x":)" + std::string(100'000, '[')));
  CHECK(deep.status == 400);
  CHECK(deep.body.find("nested too deeply") != std::string::npos);
  CHECK(messages(w).size() == 1);
}

TEST_CASE("the page carries out operations as the API does") {
  server_world w;
  http::request create = server_world::json_request("CreateQueue", {{"QueueName", "jobs"}}, "/_lastcall/api");
  CHECK(w.ask(create).status == 200);
  CHECK(document(w.get("/_lastcall/queues.json"))["queues"][0]["name"] == "jobs");
  const http::response refused =
      w.ask(server_world::json_request("GetQueueUrl", {{"QueueName", "none"}}, "/_lastcall/api"));
  CHECK(refused.status == 400);
  CHECK(json::parse(refused.body)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist");
  CHECK(w.ask(post("/_lastcall/api", "{}")).status == 400);  // no operation is named
}

TEST_CASE("a name that another site could have does not lead to the page") {
  server_options options;
  options.host_names = {"queues.example.com"};
  server_world w(options);
  const auto asked_at = [&](const std::string& host, const std::string& path) {
    http::request request;
    request.method = "GET";
    request.target = path;
    request.headers.add("Host", host);
    return w.ask(request).status;
  };
  const std::string page = "/_lastcall/queues.json";
  for (const char* own : {"127.0.0.1:9324", "10.1.2.3", "[::1]:9324", "localhost:9324", "LocalHost.",
                          "lastcall:9324", "", "a.localhost", "host.docker.internal:9324",
                          "sqs.default.svc.cluster.local", "queues.example.com:80", "Queues.Example.com."}) {
    CAPTURE(own);
    CHECK(asked_at(own, page) == 200);
  }
  for (const char* foreign : {"example.com", "evil.example.com:9324", "127.0.0.1.example.com",
                              "localhost.com", ".local", "10.1.2.3.nip.io", "notqueues.example.com"}) {
    CAPTURE(foreign);
    CHECK(asked_at(foreign, page) == 403);
  }
  http::request reset = post("/_lastcall/reset", "");
  reset.headers = {};
  reset.headers.add("Host", "evil.example.com:9324");
  CHECK(w.ask(reset).status == 403);
  CHECK(asked_at("evil.example.com", "/healthz") == 200);
  CHECK(asked_at("evil.example.com", "/?Action=ListQueues") == 200);
}

TEST_CASE("the page of another site can change nothing here") {
  server_world w;
  const std::string url = w.create("jobs");
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  const std::string body = json{{"queue", jobs_path}, {"serial", messages(w)[0]["serial"]}}.dump();
  const auto asked_from = [&](const std::string& name, const std::string& value) {
    http::request request = post("/_lastcall/drop", body);
    request.headers.add(name, value);
    return w.ask(request).status;
  };
  for (const char* origin :
       {"https://example.com", "null", "http://memory", "http://memory:50000.example.com"})
    CHECK(asked_from("Origin", origin) == 403);
  CHECK(asked_from("Sec-Fetch-Site", "cross-site") == 403);
  http::request api = server_world::json_request("DeleteQueue", {{"QueueUrl", url}}, "/_lastcall/api");
  api.headers.add("Origin", "https://example.com");
  CHECK(w.ask(api).status == 403);
  CHECK(messages(w).size() == 1);
  CHECK(asked_from("Origin", "http://memory:50000") == 200);
}

}  // namespace lastcall::broker
