#include "base/encoding.hpp"
#include "broker/engine_world.hpp"
#include "broker/receipt_handle.hpp"

namespace lastcall::broker {

using namespace std::chrono_literals;

TEST_CASE("a receipt handle is read back as it was made") {
  const receipt r{0x0102030405060708, 0xFFEEDDCCBBAA9988, 0xA1B2C3D4};
  const std::string handle = encode(r);
  CHECK(handle.starts_with("AQEB"));
  CHECK(decode_receipt_handle(handle) == r);
}

TEST_CASE("a receipt handle that was never given out is recognized") {
  const std::string handle = encode({1, 2, 3});
  CHECK_FALSE(decode_receipt_handle(""));
  CHECK_FALSE(decode_receipt_handle("rubbish"));
  CHECK_FALSE(decode_receipt_handle(handle.substr(0, handle.size() - 4)));
  CHECK_FALSE(decode_receipt_handle(handle + "AAAA"));
  for (std::size_t i = 0; i < handle.size(); ++i) {
    std::string changed = handle;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(decode_receipt_handle(changed));
  }
}

TEST_CASE("a deleted message is gone, and deleting it again succeeds") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  CHECK(w.remove(url, handle).has_value());
  CHECK(w.counts(url) == "0/0/0");
  CHECK(w.remove(url, handle).has_value());
  w.pass(1h);
  CHECK(w.receive(url).empty());
}

TEST_CASE("rubbish is no receipt handle, and another queue's is not this one's") {
  engine_world w;
  const std::string url = w.create("jobs");
  const std::string other = w.create("other");
  CHECK(error_of(w.remove(url, "fake"), "ReceiptHandleIsInvalid") ==
        "The input receipt handle \"fake\" is not a valid receipt handle.");
  CHECK(error_of(w.remove(url, ""), "MissingRequiredParameterException") ==
        "The request must contain the parameter ReceiptHandle.");
  w.send(other, "1");
  const std::string handle = w.receive(other).at(0).receipt_handle;
  CHECK(error_of(w.remove(url, handle), "ReceiptHandleIsInvalid") ==
        "The receipt handle \"" + handle + "\" is not valid for this queue.");
  CHECK(error_of(w.hide(url, "fake", 1), "ReceiptHandleIsInvalid") ==
        "The input receipt handle \"fake\" is not a valid receipt handle.");
}

TEST_CASE("on a standard queue the newest handle deletes, even when its lease has ended") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  w.pass(6s);
  CHECK(w.counts(url) == "1/0/0");
  CHECK(w.remove(url, handle).has_value());
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("on a standard queue a superseded handle is answered with success and does nothing") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.send(url, "1");
  const std::string old = w.receive(url).at(0).receipt_handle;
  w.pass(6s);
  const std::string newest = w.receive(url).at(0).receipt_handle;
  CHECK(old != newest);
  CHECK(w.remove(url, old).has_value());
  CHECK(w.counts(url) == "0/1/0");
  CHECK(w.hide(url, old, 0).has_value());
  CHECK(w.counts(url) == "0/1/0");
  CHECK(w.remove(url, newest).has_value());
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("on a FIFO queue a handle is good as long as its lease") {
  engine_world w;
  const std::string url =
      w.create_fifo("jobs.fifo", {{"VisibilityTimeout", "5"}, {"ContentBasedDeduplication", "true"}});
  w.send_to_group(url, "g", "1");
  const std::string old = w.receive(url).at(0).receipt_handle;
  w.pass(5s);
  const std::string expired =
      "Value " + old + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.";
  CHECK(error_of(w.remove(url, old), "InvalidParameterValueException") == expired);
  CHECK(error_of(w.hide(url, old, 10), "InvalidParameterValueException") == expired);
  const std::string newest = w.receive(url).at(0).receipt_handle;
  CHECK(error_of(w.remove(url, old), "InvalidParameterValueException") == expired);
  CHECK(w.remove(url, newest).has_value());
  CHECK(w.remove(url, newest).has_value());  // it has been deleted: that is not an expiry
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("a visibility change counts from now") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "60"}});
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  w.pass(15s);
  CHECK(w.hide(url, handle, 10).has_value());
  w.pass(9s);
  CHECK(w.counts(url) == "0/1/0");
  w.pass(1s);
  CHECK(w.counts(url) == "1/0/0");
}

TEST_CASE("a visibility of 0 makes a message available at once") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  CHECK(w.hide(url, handle, 0).has_value());
  CHECK(w.receive_bodies(url) == texts{"1"});
}

TEST_CASE("a visibility change is not remembered for the next receive") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "10"}});
  w.send(url, "1");
  w.hide(url, w.receive(url).at(0).receipt_handle, 100).value();
  w.pass(100s);
  CHECK(w.receive(url).size() == 1);
  w.pass(10s);
  CHECK(w.counts(url) == "1/0/0");
}

TEST_CASE("on a standard queue the newest handle hides its message again after the lease has ended") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "5"}});
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  w.pass(6s);
  CHECK(w.hide(url, handle, 0).has_value());
  CHECK(w.counts(url) == "1/0/0");
  CHECK(w.hide(url, handle, 20).has_value());
  CHECK(w.counts(url) == "0/1/0");
  CHECK(w.receive(url).empty());
  w.pass(20s);
  CHECK(w.receive(url).size() == 1);
  w.pass(6s);
  CHECK(w.hide(url, handle, 20).has_value());  // it is not the newest any more
  CHECK(w.counts(url) == "1/0/0");
}

TEST_CASE("a message that was deleted can't be hidden") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  w.remove(url, handle).value();
  CHECK(error_of(w.hide(url, handle, 10), "InvalidParameterValueException") ==
        "Value " + handle +
            " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for "
            "visibility timeout change.");
}

TEST_CASE("a message is hidden for 12 hours in all, counted from its receive") {
  engine_world w;
  const std::string url = w.create("jobs", {{"VisibilityTimeout", "3600"}});
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  CHECK(w.hide(url, handle, 43'200).has_value());
  w.pass(2s);
  CHECK(error_of(w.hide(url, handle, 43'199), "InvalidParameterValueException") ==
        "Value 43199 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
        "message is beyond the limit [43200 seconds]");
  CHECK(w.hide(url, handle, 43'198).has_value());
  w.pass(6h);
  CHECK(w.hide(url, handle, 6 * 3600).has_error());  // extending has not reset it
  CHECK(w.hide(url, handle, 6 * 3600 - 2).has_value());
  w.pass(6h);
  CHECK(w.counts(url) == "1/0/0");
  const std::string next = w.receive(url).at(0).receipt_handle;
  CHECK(w.hide(url, next, 43'200).has_value());  // a new receive starts anew
}

TEST_CASE("a visibility timeout is from 0 to 43,200 seconds, and is given") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  const std::string handle = w.receive(url).at(0).receipt_handle;
  for (const std::int64_t wrong : {-1, 43'201})
    CHECK(error_of(w.hide(url, handle, wrong), "InvalidParameterValueException") ==
          "Value " + std::to_string(wrong) +
              " for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.");
  CHECK(error_of(w.ask(change_message_visibility_request{url, handle, {}}),
                 "MissingRequiredParameterException") ==
        "The request must contain the parameter VisibilityTimeout.");
}

TEST_CASE("the entries of a delete or visibility batch fail alone") {
  engine_world w;
  const std::string url = w.create("jobs");
  w.send(url, "1");
  w.send(url, "2");
  const auto got = w.receive(url);
  const auto hidden = w.ask(change_message_visibility_batch_request{
      url,
      {{"a", got.at(0).receipt_handle, 100}, {"b", "fake", 100}, {"c", got.at(1).receipt_handle, 50'000}}});
  REQUIRE(hidden.value().successful.size() == 1);
  CHECK(hidden.value().successful[0].id == "a");
  REQUIRE(hidden.value().failed.size() == 2);
  CHECK(hidden.value().failed[0].id == "b");
  CHECK(hidden.value().failed[0].code == "ReceiptHandleIsInvalid");
  CHECK(hidden.value().failed[0].sender_fault);
  CHECK(hidden.value().failed[1].code == "InvalidParameterValue");
  const auto deleted = w.ask(delete_message_batch_request{
      url, {{"a", got.at(0).receipt_handle}, {"b", "fake"}, {"c", got.at(1).receipt_handle}}});
  CHECK(deleted.value().successful.size() == 2);
  REQUIRE(deleted.value().failed.size() == 1);
  CHECK(deleted.value().failed[0].id == "b");
  CHECK(w.counts(url) == "0/0/0");
}

TEST_CASE("delete and visibility batches have the form of any batch") {
  engine_world w;
  const std::string url = w.create("jobs");
  CHECK(error_of(w.ask(delete_message_batch_request{url, {}}), "EmptyBatchRequest") ==
        "There should be at least one DeleteMessageBatchRequestEntry in the request.");
  CHECK(error_of(w.ask(change_message_visibility_batch_request{url, {}}), "EmptyBatchRequest") ==
        "There should be at least one ChangeMessageVisibilityBatchRequestEntry in the request.");
  CHECK(error_of(w.ask(delete_message_batch_request{url, {{"a", "x"}, {"a", "y"}}}),
                 "BatchEntryIdsNotDistinct") == "Id a repeated.");
  CHECK(error_of(w.ask(delete_message_batch_request{url, {{"a", "x"}, {"b", ""}}}),
                 "MissingRequiredParameterException") ==
        "The request must contain the parameter DeleteMessageBatchRequestEntry.2.ReceiptHandle.");
}

}  // namespace lastcall::broker
