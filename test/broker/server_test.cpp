#include "broker/server_world.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A connection on which a poll is sent as bytes, so that it can be broken off.
std::unique_ptr<testing::memory_stream> begin_poll_by_hand(server_world& w, const std::string& url) {
  const steady_time deadline = w.clock.now() + 1s;
  auto connected = w.clock.run(w.network.connect("memory", 50'000, deadline));
  auto* stream = dynamic_cast<testing::memory_stream*>(connected.value().release());
  const std::string body = json{{"QueueUrl", url}, {"WaitTimeSeconds", 20}}.dump();
  const std::string request =
      "POST / HTTP/1.1\r\nHost: memory\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  w.clock.run(stream->write(boost::asio::buffer(request))).value();
  w.clock.run_ready();
  return std::unique_ptr<testing::memory_stream>(stream);
}

}  // namespace

TEST_CASE("a message goes through the server in the JSON protocol") {
  server_world w;
  const std::string url = w.create("jobs");
  CHECK(url == "http://memory:50000/000000000000/jobs");
  const json sent = w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "hello"}});
  const json got = w.call("ReceiveMessage", {{"QueueUrl", url}})["Messages"][0];
  CHECK(got["MessageId"] == sent["MessageId"]);
  CHECK(got["Body"] == "hello");
  w.call("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", got["ReceiptHandle"]}});
  CHECK(w.count(url, "ApproximateNumberOfMessagesNotVisible") == "0");
}

TEST_CASE("a message goes through the server in the query protocol, by POST and by GET") {
  server_world w;
  CHECK(w.form("Action=CreateQueue&QueueName=jobs")
            .body.find("<QueueUrl>http://memory:50000/000000000000/jobs") != std::string::npos);
  CHECK(w.get("/000000000000/jobs?Action=SendMessage&MessageBody=hello").status == 200);
  const std::string got = w.form("Action=ReceiveMessage", "/000000000000/jobs").body;
  CHECK(got.find("<Body>hello</Body>") != std::string::npos);
}

TEST_CASE("the parameter QueueUrl beats the URL that the request is sent to") {
  server_world w;
  const std::string jobs = w.create("jobs");
  const std::string other = w.create("other");
  CHECK(w.form("Action=SendMessage&MessageBody=x&QueueUrl=" + other, "/000000000000/jobs").status == 200);
  CHECK(w.count(jobs, "ApproximateNumberOfMessages") == "0");
  CHECK(w.count(other, "ApproximateNumberOfMessages") == "1");
  CHECK(w.json("SendMessage", {{"MessageBody", "x"}}, "/000000000000/jobs").status == 200);
  CHECK(w.count(jobs, "ApproximateNumberOfMessages") == "1");
}

TEST_CASE("a JSON request may go to the queue's URL, and name a queue by its bare name") {
  server_world w;
  const std::string url = w.create("jobs");
  CHECK(w.json("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}}, "/000000000000/jobs").status == 200);
  CHECK(w.json("SendMessage", {{"QueueUrl", "jobs"}, {"MessageBody", "x"}}).status == 200);
  CHECK(w.count(url, "ApproximateNumberOfMessages") == "2");
}

TEST_CASE("a queue's URL without an action is not found, and only operations on queues go there") {
  server_world w;
  w.create("jobs");
  const http::response nothing = w.get("/000000000000/jobs");
  CHECK(nothing.status == 404);
  CHECK(nothing.body == "<?xml version=\"1.0\"?><UnknownOperationException/>");
  for (const char* action : {"ListQueues", "CreateQueue", "Nonsense"}) {
    const http::response refused = w.get("/000000000000/jobs?QueueName=x&Action=" + std::string(action));
    CHECK(refused.status == 400);
    CHECK(refused.body.find("<Code>InvalidAction</Code>") != std::string::npos);
  }
  CHECK(w.get("/000000000000/jobs?QueueName=jobs&Action=GetQueueUrl").status == 200);
  CHECK(w.get("/?Action=ListQueues").status == 200);
}

TEST_CASE("a request to no operation of SQS is refused") {
  server_world w;
  http::request wrong = server_world::json_request("ListQueues", json::object());
  wrong.headers = {};
  wrong.headers.add("X-Amz-Target", "DynamoDB_20120810.ListTables");
  CHECK(w.ask(wrong).status == 400);
  CHECK(w.json("Nonsense", json::object()).status == 400);
}

TEST_CASE("a long poll is answered at once when a message comes") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto poll =
      w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}}));
  w.clock.advance(5s);
  CHECK_FALSE(poll->answer);
  const auto before = w.clock.now();
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "hello"}});
  w.clock.run_ready();
  REQUIRE(poll->answer);
  CHECK(w.clock.now() == before);
  CHECK(json::parse(poll->answer->body)["Messages"][0]["Body"] == "hello");
}

TEST_CASE("a long poll ends with nothing after its wait, in both protocols") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto in_json =
      w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 3}}));
  http::request form;
  form.method = "POST";
  form.target = "/000000000000/jobs";
  form.body = "Action=ReceiveMessage&WaitTimeSeconds=4";
  const auto in_form = w.begin(form);
  w.clock.advance(2999ms);
  CHECK_FALSE(in_json->answer);
  w.clock.advance(1ms);
  REQUIRE(in_json->answer);
  CHECK(in_json->answer->body == "{}");
  CHECK_FALSE(in_form->answer);
  w.clock.advance(1s);
  REQUIRE(in_form->answer);
  CHECK(in_form->answer->body.find("<ReceiveMessageResult/>") != std::string::npos);
}

TEST_CASE("a long poll wakes at the end of a lease and of a delay") {
  server_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "leased"}});
  w.call("ReceiveMessage", {{"QueueUrl", url}});
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "late"}, {"DelaySeconds", 3}});
  const auto poll = [&] {
    return w.begin(
        server_world::json_request("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}}));
  };
  const auto first = poll();
  const auto second = poll();
  w.clock.advance(3s);
  REQUIRE(first->answer);
  CHECK(first->answer->body.find("late") != std::string::npos);
  CHECK_FALSE(second->answer);
  w.clock.advance(2s);
  REQUIRE(second->answer);
  CHECK(second->answer->body.find("leased") != std::string::npos);
}

TEST_CASE("a server without polls waits for nothing") {
  server_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}, {"DelaySeconds", "7"}});
  for (int i = 0; i < 10; ++i)
    w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  w.client.close();
  w.clock.run_ready();
  CHECK(w.clock.waiting() == 0);
}

TEST_CASE("a poll that its client breaks off leaves no lease behind") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto poll = begin_poll_by_hand(w, url);
  poll->close();
  w.clock.run_ready();
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  CHECK(w.count(url, "ApproximateNumberOfMessages") == "1");
  CHECK(w.count(url, "ApproximateNumberOfMessagesNotVisible") == "0");
}

TEST_CASE("a poll that is broken off while its message comes gives the message to the next") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto gone = begin_poll_by_hand(w, url);
  const auto next = w.begin(server_world::json_request(
      "ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}, {"AttributeNames", {"All"}}}));
  gone->close();  // the server has not run since: it learns of both at once
  moment now = w.served.now();
  broker::call caller;
  caller.now = now;
  send_message_request send{url, {}};
  send.message.body = "x";
  w.served.engine().perform(caller, send).value();
  w.served.wake_polls();
  w.clock.run_ready();
  REQUIRE(next->answer);
  const json got = json::parse(next->answer->body)["Messages"][0];
  CHECK(got["Attributes"]["ApproximateReceiveCount"] == "1");
}

TEST_CASE("with SQS's fidelity a poll that is broken off goes on leasing") {
  server_world w(server_options::like_aws());
  const std::string url = w.create("jobs");
  const auto poll = begin_poll_by_hand(w, url);
  poll->close();
  w.clock.run_ready();
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  CHECK(w.count(url, "ApproximateNumberOfMessagesNotVisible") == "1");
}

TEST_CASE("a server that stops drops the polls that wait, without a lease") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto poll = begin_poll_by_hand(w, url);
  w.served.stop();
  w.clock.run_ready();
  CHECK(w.ended);
  broker::call caller;
  caller.now = w.served.now();
  caller.endpoint = w.served.endpoint_url();
  send_message_request send{url, {}};
  send.message.body = "x";
  w.served.engine().perform(caller, send).value();
  w.served.wake_polls();
  CHECK(w.served.engine()
            .perform(caller, get_queue_attributes_request{url, {"ApproximateNumberOfMessages"}})
            .value()
            .attributes.at("ApproximateNumberOfMessages") == "1");
}

TEST_CASE("a reset wipes everything, and tells the polls that wait") {
  server_world w;
  const std::string url = w.create("jobs");
  const auto poll =
      w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}}));
  http::request reset;
  reset.method = "POST";
  reset.target = "/_lastcall/reset";
  CHECK(w.ask(reset).status == 200);
  REQUIRE(poll->answer);
  CHECK(poll->answer->status == 400);
  CHECK(w.call("ListQueues", json::object()) == json::object());
  reset.method = "GET";
  CHECK(w.ask(reset).status == 405);
}

TEST_CASE("a page of another site can reset nothing") {
  server_world w;
  w.create("jobs");
  const auto reset = [&](const std::string& header, const std::string& value) {
    http::request request;
    request.method = "POST";
    request.target = "/_lastcall/reset";
    request.headers.add("Host", "127.0.0.1:9324");
    request.headers.add(header, value);
    return w.ask(request).status;
  };
  CHECK(reset("Origin", "https://evil.example") == 403);
  CHECK(reset("Origin", "http://127.0.0.1:9325") == 403);
  CHECK(reset("Origin", "null") == 403);
  CHECK(reset("Sec-Fetch-Site", "cross-site") == 403);
  CHECK(reset("Sec-Fetch-Site", "same-site") == 403);
  CHECK(w.call("ListQueues", json::object())["QueueUrls"].size() == 1);
  CHECK(reset("Origin", "http://127.0.0.1:9324") == 200);
  CHECK(w.call("ListQueues", json::object()) == json::object());
}

TEST_CASE("a page of another site can ask for no operation, by a form, an image or a script") {
  server_world w;
  const std::string queue = w.create("jobs");
  using headers = std::vector<std::pair<std::string, std::string>>;
  const auto status = [&](const std::string& host, const headers& from) {
    http::request request;
    request.target = "/?Action=DeleteQueue&QueueUrl=" + queue;
    request.headers.add("Host", host);
    for (const auto& [name, value] : from)
      request.headers.add(name, value);
    request.method = "GET";
    const unsigned image = w.ask(request).status;
    request.method = "POST";
    const unsigned form = w.ask(request).status;
    request.headers.add("X-Amz-Target", "AmazonSQS.DeleteQueue");
    request.body = json{{"QueueUrl", queue}}.dump();
    const unsigned script = w.ask(request).status;
    CHECK(image == form);
    CHECK(form == script);
    return form;
  };
  const std::string own = "127.0.0.1:9324";
  CHECK(status(own, {{"Origin", "https://evil.example"}}) == 403);
  CHECK(status(own, {{"Origin", "null"}}) == 403);
  CHECK(status(own, {{"Origin", "http://127.0.0.1:9325"}}) == 403);
  CHECK(status(own, {{"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(status(own, {{"Sec-Fetch-Site", "same-site"}}) == 403);
  // its name was made to lead here, so that for the browser it is the same site
  CHECK(status("evil.example", {{"Origin", "http://evil.example"}}) == 403);
  CHECK(status("evil.example", {{"Sec-Fetch-Site", "same-origin"}}) == 403);
  CHECK(w.call("ListQueues", json::object())["QueueUrls"].size() == 1);
  // a client that is no browser may use any name; a person may type an address
  CHECK(w.ask(server_world::json_request("ListQueues", json::object())).status == 200);
  http::request typed;
  typed.method = "GET";
  typed.target = "/?Action=ListQueues";
  typed.headers.add("Host", own);
  typed.headers.add("Sec-Fetch-Site", "none");
  CHECK(w.ask(typed).status == 200);
}

TEST_CASE("the server's own paths are no queues") {
  server_world w;
  CHECK(w.get("/healthz").body == "ok\n");
  CHECK(w.get("/_lastcall/health").status == 200);
  CHECK(w.get("/_lastcall/nothing").status == 404);
  CHECK(w.form("x=y", "/healthz").status == 405);
}

TEST_CASE("metrics tell the queues, the requests, the polls and the connections") {
  server_world w;
  const std::string url = w.create("jobs");
  for (int i = 0; i < 3; ++i)
    w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}});
  w.call("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}, {"DelaySeconds", 9}});
  const json got = w.call("ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 2}})["Messages"];
  w.call("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", got[0]["ReceiptHandle"]}});
  CHECK(w.json("SendMessage", {{"QueueUrl", "none"}, {"MessageBody", "x"}}).status == 400);
  w.form("Action=Nonsense");
  const std::string other = w.create("other");
  const auto poll =
      w.begin(server_world::json_request("ReceiveMessage", {{"QueueUrl", other}, {"WaitTimeSeconds", 20}}));
  w.clock.advance(3s);
  const http::response answer = w.get("/metrics");
  CHECK(answer.headers.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  const std::string jobs = R"({account="000000000000",region="us-east-1",queue="jobs")";
  for (const std::string& line :
       {"lastcall_queue_messages" + jobs + R"(,state="visible"} 1)",
        "lastcall_queue_messages" + jobs + R"(,state="in_flight"} 1)",
        "lastcall_queue_messages" + jobs + R"(,state="delayed"} 1)",
        "lastcall_queue_sent_total" + jobs + "} 4", "lastcall_queue_received_total" + jobs + "} 2",
        "lastcall_queue_deleted_total" + jobs + "} 1",
        "lastcall_queue_oldest_message_age_seconds" + jobs + "} 3",
        std::string(R"(lastcall_requests_total{operation="SendMessage",code="OK"} 4)"),
        std::string(R"(lastcall_requests_total{operation="SendMessage",code="QueueDoesNotExist"} 1)"),
        std::string(R"(lastcall_requests_total{operation="unknown",code="InvalidAction"} 1)"),
        std::string("lastcall_open_polls 1"), std::string("lastcall_connections 2")})
    CHECK_MESSAGE(answer.body.find(line + "\n") != std::string::npos, line, "\n", answer.body);
  w.clock.advance(20s);
}

TEST_CASE("queue URLs are built from the request's Host header") {
  server_world w;
  http::request request = server_world::json_request("CreateQueue", {{"QueueName", "jobs"}});
  request.headers.add("Host", "queues.example:8080");
  CHECK(json::parse(w.ask(request).body)["QueueUrl"] == "http://queues.example:8080/000000000000/jobs");
}

}  // namespace lastcall::broker
