#include "broker/engine_world.hpp"

namespace lastcall::broker {

TEST_CASE("a queue can be created, found, listed and deleted") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(url == "http://here/000000000000/jobs");
  CHECK(w.ask(get_queue_url_request{"jobs", ""}).value().queue_url == url);
  CHECK(w.ask(list_queues_request{}).value().queue_urls == texts{url});
  REQUIRE(w.ask(delete_queue_request{url}).has_value());
  CHECK(error_of(w.ask(get_queue_url_request{"jobs", ""}), "QueueDoesNotExist") ==
        "The specified queue does not exist.");
  CHECK(error_of(w.ask(delete_queue_request{url}), "QueueDoesNotExist") ==
        "The specified queue does not exist.");
  CHECK(w.ask(list_queues_request{}).value().queue_urls.empty());
}

TEST_CASE("a request without a queue says so") {
  engine_world w;
  CHECK(error_of(w.ask(purge_queue_request{""}), "QueueDoesNotExist") ==
        "The specified queue does not exist.");
  const std::string no_name = "Value for parameter QueueName is invalid. Reason: Must specify a queue name.";
  CHECK(error_of(w.ask(create_queue_request{}), "InvalidParameterValueException") == no_name);
  CHECK(error_of(w.ask(get_queue_url_request{}), "InvalidParameterValueException") == no_name);
}

TEST_CASE("creating an existing queue compares only the attributes that are given") {
  engine_world w;
  const std::string url = w.create("jobs", {{"DelaySeconds", "1"}, {"VisibilityTimeout", "40"}});
  CHECK(w.create("jobs") == url);
  CHECK(w.create("jobs", {{"DelaySeconds", "1"}}) == url);
  CHECK(error_of(w.ask(create_queue_request{"jobs", {{"DelaySeconds", "2"}}, {}}), "QueueNameExists") ==
        "A queue already exists with the same name and a different value for attribute DelaySeconds");
  CHECK(error_of(w.ask(create_queue_request{"jobs", {{"MaximumMessageSize", "2048"}}, {}}),
                 "QueueNameExists") ==
        "A queue already exists with the same name and a different value for attribute MaximumMessageSize");
  // What was set since counts, not what the queue was created with.
  w.set(url, {{"DelaySeconds", "2"}});
  CHECK(w.create("jobs", {{"DelaySeconds", "2"}}) == url);
}

TEST_CASE(
    "queue names have letters, digits, hyphens and underscores, 1 to 80; those of FIFO queues end in .fifo") {
  engine_world w;
  for (const std::string& name :
       {std::string("a b"), std::string("a.fifo"), std::string("ä"), std::string(81, 'a')})
    CHECK(error_of(w.ask(create_queue_request{name, {}, {}}), "InvalidParameterValueException") ==
          "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  CHECK(w.ask(create_queue_request{std::string(80, 'a'), {}, {}}).has_value());
  CHECK(w.ask(create_queue_request{"A-b_9", {}, {}}).has_value());
  const text_map fifo{{"FifoQueue", "true"}};
  for (const std::string& name :
       {std::string("jobs"), std::string(".fifo"), std::string("a.b.fifo"), std::string(76, 'a') + ".fifo"})
    CHECK(error_of(w.ask(create_queue_request{name, fifo, {}}), "InvalidParameterValueException") ==
          "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must "
          "end with .fifo suffix and be 1 to 80 in length.");
  CHECK(w.ask(create_queue_request{std::string(75, 'a') + ".fifo", fifo, {}}).has_value());
}

TEST_CASE("queues are listed by name and prefix, in pages when they are asked for") {
  engine_world w;
  for (const char* name : {"b2", "a1", "b1", "b3", "c"})
    w.create(name);
  const auto names = [](const list_queues_result& r) {
    texts out;
    for (const std::string& url : r.queue_urls)
      out.push_back(url.substr(url.rfind('/') + 1));
    return out;
  };
  CHECK(names(w.ask(list_queues_request{}).value()) == texts{"a1", "b1", "b2", "b3", "c"});
  CHECK(names(w.ask(list_queues_request{"b", "", {}}).value()) == texts{"b1", "b2", "b3"});
  CHECK(names(w.ask(list_queues_request{"zz", "", {}}).value()).empty());
  const list_queues_result first = w.ask(list_queues_request{"b", "", 2}).value();
  CHECK(names(first) == texts{"b1", "b2"});
  REQUIRE_FALSE(first.next_token.empty());
  w.create("b20");  // what is new behind the page's end is not missed
  const list_queues_result second = w.ask(list_queues_request{"b", first.next_token, 2}).value();
  CHECK(names(second) == texts{"b20", "b3"});
  CHECK(second.next_token.empty());
  for (const std::int64_t wrong : {0, -1, 1001})
    CHECK(error_of(w.ask(list_queues_request{"", "", wrong}), "InvalidParameterValueException")
              .find("MaxResults must be an integer between 1 and 1000") != std::string::npos);
  CHECK(w.ask(list_queues_request{"", "%%%", 1}).has_error());
}

TEST_CASE("a page has at most a thousand queues, and without MaxResults no token") {
  engine_world w;
  for (int i = 0; i < 1001; ++i)
    w.create("q" + std::to_string(i));
  const list_queues_result all = w.ask(list_queues_request{}).value();
  CHECK(all.queue_urls.size() == 1000);
  CHECK(all.next_token.empty());
}

TEST_CASE("accounts and regions have their own queues") {
  engine_world w;
  w.create("jobs");
  call other = w.caller();
  other.account = "111122223333";
  CHECK(w.engine.perform(other, get_queue_url_request{"jobs", ""}).has_error());
  CHECK(w.engine.perform(other, get_queue_url_request{"jobs", "000000000000"}).value().queue_url ==
        "http://here/000000000000/jobs");
  CHECK(w.engine.perform(other, list_queues_request{}).value().queue_urls.empty());
  call elsewhere = w.caller();
  elsewhere.region = "eu-west-1";
  CHECK(w.engine.perform(elsewhere, get_queue_url_request{"jobs", ""}).has_error());
  const auto made = w.engine.perform(elsewhere, create_queue_request{"jobs", {}, {}});
  CHECK(made.value().queue_url == "http://here/000000000000/jobs");
  CHECK(w.engine.perform(elsewhere, get_queue_attributes_request{"jobs", {"QueueArn"}})
            .value()
            .attributes.at("QueueArn") == "arn:aws:sqs:eu-west-1:000000000000:jobs");
}

TEST_CASE("a purge drops what is available, in flight and delayed") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "one");
  w.send(url, "two");
  outgoing_message late = engine_world::text("late");
  late.delay_s = 5;
  w.send(url, late);
  const auto received = w.receive(url, 1);
  CHECK(w.counts(url) == "1/1/1");
  REQUIRE(w.ask(purge_queue_request{url}).has_value());
  CHECK(w.counts(url) == "0/0/0");
  w.pass(std::chrono::hours(1));
  CHECK(w.receive(url).empty());
  CHECK(w.remove(url, received.at(0).receipt_handle).has_value());
}

TEST_CASE("by default a purge can be repeated and a deleted queue's name used at once") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(w.ask(purge_queue_request{url}).has_value());
  CHECK(w.ask(purge_queue_request{url}).has_value());
  w.ask(delete_queue_request{url}).value();
  CHECK(w.create("jobs") == url);
}

TEST_CASE("with SQS's waits a purge can be repeated after 60 seconds") {
  engine_world w({.enforce_waits = true});
  const std::string url = w.create("jobs");
  CHECK(w.ask(purge_queue_request{url}).has_value());
  w.pass(std::chrono::seconds(59));
  const auto refused = w.ask(purge_queue_request{url});
  CHECK(error_of(refused, "PurgeQueueInProgress") ==
        "Only one PurgeQueue operation on jobs is allowed every 60 seconds.");
  CHECK(refused.error().status == 403);
  w.pass(std::chrono::seconds(1));
  CHECK(w.ask(purge_queue_request{url}).has_value());
}

TEST_CASE("with SQS's waits a deleted queue's name can be used again after 60 seconds") {
  engine_world w({.enforce_waits = true});
  const std::string url = w.create("jobs");
  w.ask(delete_queue_request{url}).value();
  w.pass(std::chrono::seconds(59));
  CHECK(error_of(w.ask(create_queue_request{"jobs", {}, {}}), "QueueDeletedRecently") ==
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
  CHECK(w.create("other").ends_with("/other"));
  w.pass(std::chrono::seconds(1));
  CHECK(w.create("jobs") == url);
}

TEST_CASE("a deleted queue takes its messages along, and its receipt handles") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "old");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  w.ask(delete_queue_request{url}).value();
  w.create("jobs");
  CHECK(w.counts(url) == "0/0/0");
  CHECK(error_of(w.remove(url, handle), "ReceiptHandleIsInvalid") ==
        "The receipt handle \"" + handle + "\" is not valid for this queue.");
}

TEST_CASE("tags are kept, replaced, listed and removed") {
  engine_world w;
  const std::string url = w.ask(create_queue_request{"jobs", {}, {{"team", "a"}}}).value().queue_url;
  w.ask(tag_queue_request{url, {{"team", "b"}, {"cost", ""}}}).value();
  CHECK(w.ask(list_queue_tags_request{url}).value().tags == text_map{{"cost", ""}, {"team", "b"}});
  w.ask(untag_queue_request{url, {"team", "none"}}).value();
  CHECK(w.ask(list_queue_tags_request{url}).value().tags == text_map{{"cost", ""}});
  CHECK(error_of(w.ask(tag_queue_request{url, {}}), "MissingRequiredParameterException") ==
        "The request must contain the parameter Tags.");
  CHECK(w.ask(untag_queue_request{url, {}}).has_error());
}

TEST_CASE("a queue has at most 50 tags, with keys of 1 to 128 characters and values up to 256") {
  engine_world w;
  const std::string url = w.create("jobs");
  text_map many;
  for (int i = 0; i < 50; ++i)
    many.emplace("k" + std::to_string(i), "v");
  CHECK(w.ask(tag_queue_request{url, many}).has_value());
  CHECK(w.ask(tag_queue_request{url, {{"k0", "again"}}}).has_value());
  CHECK(error_of(w.ask(tag_queue_request{url, {{"one more", "v"}}}), "InvalidParameterValueException") ==
        "Too many tags added for queue jobs.");
  const std::string other = w.create("other");
  CHECK(w.ask(tag_queue_request{other, {{"", "v"}}}).has_error());
  CHECK(w.ask(tag_queue_request{other, {{std::string(129, 'k'), "v"}}}).has_error());
  CHECK(w.ask(tag_queue_request{other, {{"k", std::string(257, 'v')}}}).has_error());
  CHECK(error_of(w.ask(tag_queue_request{other, {{"aws:stack", "v"}}}), "InvalidParameterValueException") ==
        "Tag keys can't begin with aws:, which is reserved for AWS.");
  CHECK(w.ask(list_queue_tags_request{other}).value().tags.empty());
  std::string letters;
  for (int i = 0; i < 128; ++i)
    letters += "ž";  // two bytes, one character
  CHECK(w.ask(tag_queue_request{other, {{letters, letters + letters}}}).has_value());
  CHECK(w.ask(tag_queue_request{other, {{letters + "ž", "v"}}}).has_error());
}

TEST_CASE("a reset forgets all queues") {
  engine_world w;
  w.send(w.create("jobs"), "one");
  w.engine.reset();
  CHECK(w.ask(list_queues_request{}).value().queue_urls.empty());
  CHECK(w.counts(w.create("jobs")) == "0/0/0");
}

}  // namespace lastcall::broker
