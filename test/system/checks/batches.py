"""The three batch operations: their form, which fails them whole, and entries that fail alone."""

from checks import check, each
from checks.sqs import INVALID, MISSING, binary, number, text

ENTRIES = {
    "SendMessageBatch": {"MessageBody": "x"},
    "DeleteMessageBatch": {"ReceiptHandle": "x"},
    "ChangeMessageVisibilityBatch": {"ReceiptHandle": "x", "VisibilityTimeout": 1},
}
BAD_IDS = {"nothing": "", "a colon": "invalid:id", "a space": "a b", "a dot": "a.b", "81 letters": "i" * 81,
           "an umlaut": "ä"}
ID_RULE = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. " \
          "It can be at most 80 letters long."


@each(ENTRIES.items())
def an_empty_batch_is_refused(sqs, operation, _):
    sqs.queue().fails("EmptyBatchRequest", operation, f"There should be at least one {operation}RequestEntry",
                      Entries=[])


@each(ENTRIES.items())
def a_batch_of_20_is_refused(sqs, operation, entry):
    sqs.queue().fails("TooManyEntriesInBatchRequest", operation,
                      "Maximum number of entries per request are 10. You have sent 20.",
                      Entries=[entry | {"Id": str(n)} for n in range(20)])


@each(ENTRIES.items())
def an_id_given_twice_is_refused(sqs, operation, entry):
    sqs.queue().fails("BatchEntryIdsNotDistinct", operation, "Id same repeated.", Entries=[entry | {"Id": "same"}] * 2)


@each({f"{operation} {name}": (operation, entry, bad) for operation, entry in ENTRIES.items()
       for name, bad in BAD_IDS.items()})
def an_id_can_not_be(sqs, operation, entry, bad):
    sqs.queue().fails("InvalidBatchEntryId", operation, ID_RULE, Entries=[entry | {"Id": bad}])


@each({"80 letters": "i" * 80, "hyphens and underscores": "a-b_c", "a digit": "0"})
def an_id_can_be(sqs, good):
    [done] = sqs.queue().call("SendMessageBatch", Entries=[{"Id": good, "MessageBody": "x"}])["Successful"]
    assert done["Id"] == good


@each(["DeleteMessageBatch", "ChangeMessageVisibilityBatch"])
def rubbish_fails_alone_in(sqs, operation):
    queue = sqs.queue()
    queue.send()
    good = {"Id": "good", "ReceiptHandle": queue.receive_one()["ReceiptHandle"]}
    more = {"VisibilityTimeout": 60} if operation.startswith("Change") else {}
    answer = queue.call(operation, Entries=[good | more, {"Id": "bad", "ReceiptHandle": "rubbish"} | more])
    assert [done["Id"] for done in answer["Successful"]] == ["good"]
    [failed] = answer["Failed"]
    assert failed["Id"] == "bad" and failed["Code"] == "ReceiptHandleIsInvalid" and failed["SenderFault"] is True


@check
def a_batch_sends_10_messages(sqs):
    queue = sqs.queue()
    answer = queue.send_batch(*[{"MessageBody": f"body {n}"} for n in range(10)])
    assert {done["Id"] for done in answer["Successful"]} == {f"e{n}" for n in range(10)} and not answer.get("Failed")
    sent = {done["MessageId"] for done in answer["Successful"]}
    assert {message["MessageId"] for message in queue.receive_all(10)} == sent


@check
def a_batch_deletes_10_messages(sqs):
    queue = sqs.queue()
    queue.send_batch(*[{"MessageBody": str(n)} for n in range(10)])
    answer = queue.call("DeleteMessageBatch", Entries=[
        {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(queue.receive_all(10))])
    assert len(answer["Successful"]) == 10 and not answer.get("Failed") and queue.counts() == (0, 0, 0)


@check
def a_batch_ends_10_leases(sqs):
    queue = sqs.queue()
    queue.send_batch(*[{"MessageBody": str(n)} for n in range(10)])
    answer = queue.call("ChangeMessageVisibilityBatch", Entries=[
        {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        for n, message in enumerate(queue.receive_all(10))])
    assert len(answer["Successful"]) == 10 and queue.counts() == (10, 0, 0)


@check
def a_visibility_out_of_range_fails_alone(sqs):
    queue = sqs.queue()
    queue.send_batch({"MessageBody": "1"}, {"MessageBody": "2"})
    one, two = queue.receive_all(2)
    answer = queue.call("ChangeMessageVisibilityBatch", Entries=[
        {"Id": "good", "ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": 60},
        {"Id": "bad", "ReceiptHandle": two["ReceiptHandle"], "VisibilityTimeout": 43201}])
    assert [done["Id"] for done in answer["Successful"]] == ["good"]
    [failed] = answer["Failed"]
    assert failed["Id"] == "bad" and failed["Code"] == "InvalidParameterValue"


@check
def entries_have_attributes_and_delays_of_their_own(sqs):
    queue = sqs.queue()
    given = {"t": text("ü"), "n": number("7"), "b": binary(b"x")}
    queue.send_batch({"MessageBody": "plain"}, {"MessageBody": "rich", "MessageAttributes": given},
                     {"MessageBody": "later", "DelaySeconds": 600})
    assert queue.counts() == (2, 0, 1)
    found = {message["Body"]: message.get("MessageAttributes")
             for message in queue.receive_all(2, MessageAttributeNames=["All"])}
    assert found["rich"] == given and not found["plain"]


@check
def a_trace_header_travels_in_a_batch(sqs):
    queue = sqs.queue()
    queue.send_batch({"MessageBody": "x", "MessageSystemAttributes": {"AWSTraceHeader": text("Root=1")}})
    assert queue.receive_one(AttributeNames=["All"])["Attributes"]["AWSTraceHeader"] == "Root=1"


@each({"a character": ({"MessageBody": "a\x01b"}, "InvalidMessageContents"),
       "a delay": ({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
       "an attribute": ({"MessageBody": "x", "MessageAttributes": {"n": number("x")}}, "InvalidParameterValue"),
       "its length": ({"MessageBody": "x" * 1025}, "InvalidParameterValue")})
def an_entry_fails_alone_by(sqs, entry, code):
    queue = sqs.queue(MaximumMessageSize="1024")
    answer = queue.send_batch({"MessageBody": "good"}, entry)
    assert [done["Id"] for done in answer["Successful"]] == ["e0"]
    [failed] = answer["Failed"]
    assert failed["Id"] == "e1" and failed["Code"] == code and failed["SenderFault"] is True
    assert queue.counts() == (1, 0, 0)


@check
def an_entry_without_a_body_fails_the_batch(sqs):
    sqs.queue().fails(MISSING, "SendMessageBatch", Entries=[
        {"Id": "1", "MessageBody": "x"}, {"Id": "2", "MessageBody": ""}])


@each({"a mebibyte in all": 104857}, not_sent_by="AWS CLI")
def a_batch_carries(sqs, each_bytes):
    queue = sqs.queue()
    answer = queue.send_batch(*[{"MessageBody": "x" * each_bytes} for _ in range(10)])
    assert len(answer["Successful"]) == 10


@each({"a byte too much": (["x" * 1048576, "x"], 1048577), "bodies that fit alone": (["x" * 600000] * 2, 1200000)},
      not_sent_by="AWS CLI")
def a_batch_does_not_carry(sqs, bodies, bytes_in_all):
    queue = sqs.queue()
    queue.fails("BatchRequestTooLong", "SendMessageBatch",
                f"Batch requests cannot be longer than 1048576 bytes. You have sent {bytes_in_all} bytes.",
                Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)])
    assert queue.counts() == (0, 0, 0)


@check
def a_fifo_batch_keeps_its_order(sqs):
    queue = sqs.fifo_queue(ContentBasedDeduplication="true")
    answer = queue.send_batch(*[{"MessageBody": str(n), "MessageGroupId": "g"} for n in range(10)])
    numbers = [int(done["SequenceNumber"]) for done in sorted(answer["Successful"], key=lambda done: done["Id"])]
    assert numbers == sorted(numbers) and len(set(numbers)) == 10
    assert [message["Body"] for message in queue.receive_all(10)] == [str(n) for n in range(10)]


@each({"a group": ({"MessageDeduplicationId": "d"}, "The request must contain the parameter MessageGroupId."),
       "a deduplication id": ({"MessageGroupId": "g"}, "The queue should either have ContentBasedDeduplication enabled "
                                                       "or MessageDeduplicationId provided explicitly")})
def a_fifo_batch_fails_whole_without(sqs, entry, words):
    queue = sqs.fifo_queue()
    queue.fails(INVALID, "SendMessageBatch", words, Entries=[entry | {"Id": "1", "MessageBody": "x"}])
