#include "broker/engine_world.hpp"

namespace lastcall::broker {
namespace {

constexpr std::size_t mebibyte = 1'048'576;

attribute_value text_value(std::string type, std::string value) {
  return {std::move(type), std::move(value), {}};
}
attribute_value binary_value(std::string type, std::string value) {
  return {std::move(type), {}, blob{std::move(value)}};
}
outgoing_message with_attribute(const std::string& name, attribute_value value) {
  outgoing_message m = engine_world::text("body");
  m.attributes.emplace(name, std::move(value));
  return m;
}
std::string refusal(engine_world& w, const std::string& url, outgoing_message m,
                    std::string_view code = "InvalidParameterValueException") {
  return error_of(w.ask(send_message_request{url, std::move(m)}), code);
}

}  // namespace

TEST_CASE("a send answers with the message's id and the MD5 of what was stored") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message m = engine_world::text("hello");
  m.attributes.emplace("n", text_value("Number.int", "12"));
  m.system_attributes.emplace("AWSTraceHeader",
                              text_value("String", "Root=1-5759e988-bd862e3fe1be46a994272793"));
  const send_message_result sent = w.send(url, m);
  CHECK(sent.message_id.size() == 36);
  CHECK(sent.md5_of_body == "5d41402abc4b2a76b9719d911017c592");
  CHECK(sent.md5_of_attributes == "2cedb7f9c11ce4c099b1e317b1da81bc");
  CHECK(sent.md5_of_system_attributes.size() == 32);
  CHECK(sent.sequence_number.empty());
  const received_message got = w.receive(url).at(0);
  CHECK(got.message_id == sent.message_id);
  CHECK(got.body == "hello");
  CHECK(got.md5_of_body == sent.md5_of_body);
  CHECK(got.md5_of_attributes == sent.md5_of_attributes);
  CHECK(got.attributes.at("n").data_type == "Number.int");
  CHECK(system_attribute(got, "AWSTraceHeader") == "Root=1-5759e988-bd862e3fe1be46a994272793");
}

TEST_CASE("a message that waits takes no room that reading its body has left") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message m = engine_world::text(std::string(1024, 'x'));
  m.body.reserve(4096);
  w.send(url, std::move(m));
  const queue& q = *w.engine.queues().all().begin()->second;
  CHECK(q.oldest(1).at(0)->body.capacity() < 1280);
}

TEST_CASE("a message has a body") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(refusal(w, url, engine_world::text(""), "MissingRequiredParameterException") ==
        "The request must contain the parameter MessageBody.");
}

TEST_CASE("bodies have the characters of XML 1.0") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const char* good : {"\t\n\r ", "\xEF\xBF\xBD", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF", "\x7F", "Grüße, 世界 🎉"})
    CHECK(w.ask(send_message_request{url, engine_world::text(good)}).has_value());
  const auto message = [](const char* character) {
    return "Invalid binary character '#x" + std::string(character) +
           "' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | "
           "[#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].";
  };
  CHECK(refusal(w, url, engine_world::text("a\x07z"), "InvalidMessageContents") == message("7"));
  CHECK(refusal(w, url, engine_world::text(std::string("a\0z", 3)), "InvalidMessageContents") ==
        message("0"));
  CHECK(refusal(w, url, engine_world::text("\xEF\xBF\xBE"), "InvalidMessageContents") == message("FFFE"));
  CHECK(refusal(w, url, engine_world::text("\xEF\xBF\xBF"), "InvalidMessageContents") == message("FFFF"));
  // Not UTF-8: a lone continuation, a surrogate, an overlong form, beyond Unicode, cut off.
  for (const char* bad :
       {"\x80", "\xED\xA0\x80", "\xC0\x80", "\xE0\x80\x80", "\xF4\x90\x80\x80", "\xE4\xB8", "\xFF"})
    CHECK(w.ask(send_message_request{url, engine_world::text(bad)}).has_error());
}

TEST_CASE("list values of message attributes are not supported") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message m = engine_world::text("x");
  m.attributes.emplace("a", text_value("String", "v"));
  m.attributes.at("a").string_list.emplace();
  CHECK(refusal(w, url, m, "UnsupportedOperation") ==
        "Message attribute list values in SendMessage operation are not supported.");
  m.attributes.at("a").string_list.reset();
  CHECK(w.ask(send_message_request{url, m}).has_value());
  m.attributes.at("a").binary_list.emplace();
  CHECK(w.ask(send_message_request{url, m}).has_error());
}

TEST_CASE("a message has at most 1 MiB, attributes included") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(w.ask(send_message_request{url, engine_world::text(std::string(mebibyte, 'x'))}).has_value());
  CHECK(refusal(w, url, engine_world::text(std::string(mebibyte + 1, 'x'))) ==
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.");
  outgoing_message m;
  m.body = std::string(mebibyte - 10, 'x');
  m.attributes.emplace("ab", text_value("String", "cd"));  // 2 + 6 + 2
  CHECK(w.ask(send_message_request{url, m}).has_value());
  m.body += 'x';
  CHECK(w.ask(send_message_request{url, m}).has_error());
  // System attributes don't count.
  outgoing_message traced = engine_world::text(std::string(mebibyte, 'x'));
  traced.system_attributes.emplace("AWSTraceHeader", text_value("String", "Root=1-1-1"));
  CHECK(w.ask(send_message_request{url, traced}).has_value());
}

TEST_CASE("a queue's own limit of a message's size holds") {
  engine_world w;
  const std::string url = w.create("jobs", {{"MaximumMessageSize", "1024"}});
  CHECK(w.ask(send_message_request{url, engine_world::text(std::string(1024, 'x'))}).has_value());
  CHECK(refusal(w, url, engine_world::text(std::string(1025, 'x'))) ==
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
}

TEST_CASE("attribute names have letters, digits, underscores, hyphens and periods, with limits") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const std::string& good :
       {std::string("a"), std::string("A.b-c_9"), std::string(256, 'n'), std::string("aws")})
    CHECK(w.ask(send_message_request{url, with_attribute(good, text_value("String", "v"))}).has_value());
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("ä"), std::string(257, 'n'),
                                 std::string(".a"), std::string("a."), std::string("a..b"),
                                 std::string("AWS.x"), std::string("aws.x"), std::string("aMaZon.x")}) {
    CAPTURE(bad);
    CHECK_FALSE(refusal(w, url, with_attribute(bad, text_value("String", "v"))).empty());
  }
  CHECK(refusal(w, url, with_attribute("a b", text_value("String", "v"))) ==
        "The message attribute name 'a b' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
        "(_), hyphen (-), and period (.) characters.");
}

TEST_CASE("attribute types are String, Number and Binary, with labels of one's own") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const char* good : {"String", "String.json", "Number", "Number.float"})
    CHECK(w.ask(send_message_request{url, with_attribute("a", text_value(good, "1"))}).has_value());
  CHECK(
      w.ask(send_message_request{url, with_attribute("a", binary_value("Binary.png", "\x01"))}).has_value());
  for (const std::string& bad : {std::string("string"), std::string("Strings"), std::string("StringList"),
                                 std::string("custom"), std::string(), "String." + std::string(250, 'x')}) {
    CAPTURE(bad);
    CHECK_FALSE(refusal(w, url, with_attribute("a", text_value(bad, "1"))).empty());
  }
  CHECK(refusal(w, url, with_attribute("a", text_value("custom", "1"))) ==
        "The type of message (user) attribute 'a' is invalid. You must use only the following supported type "
        "prefixes: Binary, Number, String.");
}

TEST_CASE("attribute values are of their type and not empty") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(refusal(w, url, with_attribute("a", text_value("String", ""))) ==
        "Message (user) attribute 'a' must contain a non-empty value of type 'String'.");
  CHECK(refusal(w, url, with_attribute("a", binary_value("String", "x"))) ==
        "Message (user) attribute 'a' must contain a non-empty value of type 'String'.");
  CHECK(refusal(w, url, with_attribute("a", text_value("Binary", "x"))) ==
        "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.");
  CHECK(refusal(w, url, with_attribute("a", binary_value("Binary", ""))) ==
        "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.");
  CHECK_FALSE(refusal(w, url, with_attribute("a", {"String", "x", blob{"y"}})).empty());
  const std::string invalid_character =
      "Message (user) attribute 'a' has an invalid character, the set of allowed characters is #x9 | #xA | "
      "#xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].";
  CHECK(refusal(w, url, with_attribute("a", text_value("String", "\x01"))) == invalid_character);
  CHECK(refusal(w, url, with_attribute("a", text_value("String.\x01", "v"))) == invalid_character);
}

TEST_CASE("numbers have up to 38 digits, from 10^-128 to 10^+126") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const std::string& good :
       {std::string("0"), std::string("-1"), std::string("+1"), std::string("1.5"), std::string(".5"),
        std::string("1e10"), std::string("1E-128"), std::string("9e126"), std::string(38, '9'),
        "1" + std::string(100, '0'), std::string("0000000000000000000000000000000000000000001")}) {
    CAPTURE(good);
    CHECK(w.ask(send_message_request{url, with_attribute("a", text_value("Number", good))}).has_value());
  }
  for (const std::string& bad :
       {std::string("one"), std::string("1e"), std::string("--1"), std::string("1.2.3"), std::string(39, '9'),
        std::string("1e127"), std::string("1e-129"), std::string("."), std::string("0x10"), std::string(" 1"),
        std::string("1e99999")}) {
    CAPTURE(bad);
    CHECK(refusal(w, url, with_attribute("a", text_value("Number", bad))) ==
          "Can't cast the value of message (user) attribute 'a' to a number.");
  }
}

TEST_CASE("a message has at most ten attributes") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message m = engine_world::text("body");
  for (int i = 0; i < 10; ++i)
    m.attributes.emplace("a" + std::to_string(i), text_value("String", "v"));
  CHECK(w.ask(send_message_request{url, m}).has_value());
  m.attributes.emplace("one.more", text_value("String", "v"));
  CHECK(refusal(w, url, m) == "Number of message attributes [11] exceeds the allowed maximum [10].");
}

TEST_CASE("the only system attribute of a send is AWSTraceHeader, a String") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message other = engine_world::text("body");
  other.system_attributes.emplace("SenderId", text_value("String", "me"));
  CHECK_FALSE(refusal(w, url, other).empty());
  outgoing_message number = engine_world::text("body");
  number.system_attributes.emplace("AWSTraceHeader", text_value("Number", "1"));
  CHECK_FALSE(refusal(w, url, number).empty());
}

TEST_CASE("the trace header of the HTTP request stands in for one that is not given") {
  engine_world w;
  const std::string url = w.create("jobs");
  call traced = w.caller();
  traced.trace_header = "Root=1-http";
  const auto sent = w.engine.perform(traced, send_message_request{url, engine_world::text("one")});
  CHECK(sent.value().md5_of_system_attributes.empty());
  outgoing_message own = engine_world::text("two");
  own.system_attributes.emplace("AWSTraceHeader", text_value("String", "Root=1-own"));
  w.engine.perform(traced, send_message_request{url, own}).value();
  const auto got = w.receive(url);
  CHECK(system_attribute(got.at(0), "AWSTraceHeader") == "Root=1-http");
  CHECK(system_attribute(got.at(1), "AWSTraceHeader") == "Root=1-own");
}

TEST_CASE("a delayed message comes when its delay is over") {
  engine_world w;
  const std::string url = w.create("jobs", {{"DelaySeconds", "10"}});
  w.send(url, "by the queue");
  outgoing_message own = engine_world::text("its own");
  own.delay_s = 5;
  w.send(url, own);
  outgoing_message none = engine_world::text("none");
  none.delay_s = 0;
  w.send(url, none);
  CHECK(w.counts(url) == "1/0/2");
  CHECK(w.receive_bodies(url) == texts{"none"});
  w.pass(std::chrono::milliseconds(4999));
  CHECK(w.receive_bodies(url).empty());
  w.pass(std::chrono::milliseconds(1));
  CHECK(w.receive_bodies(url) == texts{"its own"});
  w.pass(std::chrono::seconds(5));
  CHECK(w.receive_bodies(url) == texts{"by the queue"});
}

TEST_CASE("a new delay of a standard queue leaves the messages that are there alone") {
  engine_world w;
  const std::string url = w.create("jobs", {{"DelaySeconds", "10"}});
  w.send(url, "early");
  w.set(url, {{"DelaySeconds", "0"}});
  CHECK(w.receive(url).empty());
  w.pass(std::chrono::seconds(10));
  CHECK(w.receive_bodies(url) == texts{"early"});
}

TEST_CASE("a delay is from 0 to 900 seconds") {
  engine_world w;
  const std::string url = w.create("jobs");
  for (const std::int64_t wrong : {-1, 901}) {
    outgoing_message m = engine_world::text("body");
    m.delay_s = wrong;
    CHECK(refusal(w, url, m) ==
          "Value " + std::to_string(wrong) +
              " for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and "
              "<= 900.");
  }
}

TEST_CASE("a batch stores its entries in order, and each fails alone") {
  engine_world w;
  const std::string url = w.create("jobs", {{"MaximumMessageSize", "1024"}});
  send_message_batch_request batch{url, {}};
  batch.entries.push_back({"a", engine_world::text("one")});
  batch.entries.push_back({"b", engine_world::text(std::string(1025, 'x'))});
  outgoing_message delayed = engine_world::text("bad delay");
  delayed.delay_s = 1000;
  batch.entries.push_back({"c", delayed});
  batch.entries.push_back({"d", engine_world::text("\x01")});
  batch.entries.push_back({"e", engine_world::text("two")});
  const send_message_batch_result result = w.ask(batch).value();
  REQUIRE(result.successful.size() == 2);
  CHECK(result.successful[0].id == "a");
  CHECK(result.successful[0].sent.message_id.size() == 36);
  CHECK(result.successful[1].id == "e");
  REQUIRE(result.failed.size() == 3);
  CHECK(result.failed[0].id == "b");
  CHECK(result.failed[0].code == "InvalidParameterValue");
  CHECK(result.failed[0].sender_fault);
  CHECK(result.failed[0].message ==
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
  CHECK(result.failed[2].code == "InvalidMessageContents");
  CHECK(w.receive_bodies(url) == texts{"one", "two"});
}

TEST_CASE("a batch has one to ten entries with good and distinct ids") {
  engine_world w;
  const std::string url = w.create("jobs");
  const auto batch = [&](const texts& ids) {
    send_message_batch_request r{url, {}};
    for (const std::string& id : ids)
      r.entries.push_back({id, engine_world::text("body")});
    return w.ask(r);
  };
  CHECK(error_of(batch({}), "EmptyBatchRequest") ==
        "There should be at least one SendMessageBatchRequestEntry in the request.");
  texts twenty;
  for (int i = 0; i < 20; ++i)
    twenty.push_back(std::to_string(i));
  CHECK(error_of(batch(twenty), "TooManyEntriesInBatchRequest") ==
        "Maximum number of entries per request are 10. You have sent 20.");
  CHECK(error_of(batch({"a", "b", "a"}), "BatchEntryIdsNotDistinct") == "Id a repeated.");
  for (const std::string& id : {std::string(), std::string("a:b"), std::string(81, 'a'), std::string("ä")})
    CHECK(error_of(batch({id}), "InvalidBatchEntryId") ==
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
          "most 80 letters long.");
  CHECK(batch({std::string(80, 'a'), "A-b_9"}).has_value());
  CHECK(w.counts(url) == "2/0/0");
}

TEST_CASE("the sum of a batch is at most 1 MiB") {
  engine_world w;
  const std::string url = w.create("jobs");
  send_message_batch_request batch{url, {}};
  batch.entries.push_back({"a", engine_world::text(std::string(mebibyte / 2, 'x'))});
  batch.entries.push_back({"b", engine_world::text(std::string(mebibyte / 2, 'x'))});
  CHECK(w.ask(batch).has_value());
  batch.entries.push_back({"c", engine_world::text("x")});
  CHECK(error_of(w.ask(batch), "BatchRequestTooLong") ==
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.");
  CHECK(w.counts(url) == "2/0/0");
}

TEST_CASE("a batch with an empty body fails whole") {
  engine_world w;
  const std::string url = w.create("jobs");
  send_message_batch_request batch{url, {}};
  batch.entries.push_back({"a", engine_world::text("one")});
  batch.entries.push_back({"b", engine_world::text("")});
  CHECK(error_of(w.ask(batch), "MissingRequiredParameterException") ==
        "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.");
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("a deduplication id belongs on FIFO queues only") {
  engine_world w;
  const std::string url = w.create("jobs");
  outgoing_message m = engine_world::text("body");
  m.deduplication_id = "d1";
  CHECK(refusal(w, url, m) ==
        "Value d1 for parameter MessageDeduplicationId is invalid. Reason: The request "
        "include parameter that is not valid for this queue type.");
}

TEST_CASE("group and deduplication ids have 1 to 128 letters, digits and punctuation") {
  engine_world w;
  const std::string standard = w.create("jobs");
  const std::string fifo = w.create_fifo("jobs.fifo");
  const auto reason = [](const std::string& value, const std::string& parameter) {
    return "Value " + value + " for parameter " + parameter + " is invalid. Reason: " + parameter +
           " can only include alphanumeric and punctuation characters. 1 to 128 in length.";
  };
  for (const std::string& bad :
       {std::string(), std::string("group 123"), std::string(129, 'a'), std::string("ä")}) {
    CAPTURE(bad);
    outgoing_message m = engine_world::text("body");
    m.group_id = bad;
    CHECK(refusal(w, standard, m) == reason(bad, "MessageGroupId"));
    m.group_id = "g";
    m.deduplication_id = bad;
    CHECK(refusal(w, fifo, m) == reason(bad, "MessageDeduplicationId"));
  }
  outgoing_message good = engine_world::text("body");
  good.group_id = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aZ9";
  good.deduplication_id = std::string(128, 'd');
  CHECK(w.ask(send_message_request{fifo, good}).has_value());
}

}  // namespace lastcall::broker
