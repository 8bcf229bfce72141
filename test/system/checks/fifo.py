"""FIFO queues: deduplication, order, blocking, receive attempts."""

import time

from checks import check, each
from checks.sqs import INVALID, MISSING


def queue_of(sqs, **attributes):
    return sqs.fifo_queue(ContentBasedDeduplication="true", **attributes)


def send(queue, body="x", group="g", **parameters):
    return queue.send(body, MessageGroupId=group, **parameters)


def bodies(messages):
    return [message["Body"] for message in messages]


@check
def a_fifo_message_needs_a_group(sqs):
    queue_of(sqs).fails(MISSING, "SendMessage", "The request must contain the parameter MessageGroupId.",
                        MessageBody="x")


@check
def a_fifo_message_needs_a_deduplication_id(sqs):
    sqs.fifo_queue().fails(INVALID, "SendMessage", "The queue should either have ContentBasedDeduplication enabled or "
                           "MessageDeduplicationId provided explicitly", MessageBody="x", MessageGroupId="g")


TOKENS = {"a space": "group 123", "129 letters": "a" * 129, "an umlaut": "ä", "nothing": "", "a tab": "a\tb"}


@each(TOKENS)
def a_deduplication_id_can_not_be(sqs, token):
    sqs.fifo_queue().fails(
        INVALID, "SendMessage", f"Value {token} for parameter MessageDeduplicationId is invalid. Reason: "
        "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        MessageBody="x", MessageGroupId="g", MessageDeduplicationId=token)


@each(TOKENS)
def a_group_can_not_be(sqs, token):
    queue_of(sqs).fails(
        INVALID, "SendMessage", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 "
        "in length.", MessageBody="x", MessageGroupId=token)


PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


@each({"punctuation": PUNCTUATION, "128 letters": "a" * 128, "a letter": "a"})
def a_group_and_an_id_can_be(sqs, token):
    queue = sqs.fifo_queue()
    queue.send("x", MessageGroupId=token, MessageDeduplicationId=token)
    found = queue.receive_one(AttributeNames=["All"])["Attributes"]
    assert found["MessageGroupId"] == token and found["MessageDeduplicationId"] == token


@check
def a_delay_of_one_message_is_refused(sqs):
    queue_of(sqs).fails(INVALID, "SendMessage", "Value 2 for parameter DelaySeconds is invalid. Reason: The request "
                        "include parameter that is not valid for this queue type.", MessageBody="x",
                        MessageGroupId="g", DelaySeconds=2)


@check
def a_delay_of_zero_is_that_of_the_queue(sqs):
    queue = queue_of(sqs)
    send(queue, DelaySeconds=0)
    assert queue.receive_one()


@check
def the_delay_of_a_fifo_queue_holds(sqs):
    queue = queue_of(sqs, DelaySeconds="600")
    send(queue)
    assert queue.counts() == (0, 0, 1)


@check
def a_new_delay_of_a_fifo_queue_holds_for_messages_there(sqs):
    queue = queue_of(sqs, DelaySeconds="600")
    send(queue)
    queue.set(DelaySeconds="0")
    assert queue.receive_one(wait_s=5)


@check
def sequence_numbers_grow_and_have_20_digits(sqs):
    queue = queue_of(sqs)
    numbers = [send(queue, str(n), group=f"g{n % 2}")["SequenceNumber"] for n in range(5)]
    assert all(len(number) == 20 for number in numbers) and numbers == sorted(set(numbers))


@check
def a_received_message_has_its_sequence_number(sqs):
    queue = queue_of(sqs)
    sent = send(queue)
    assert queue.receive_one(AttributeNames=["All"])["Attributes"]["SequenceNumber"] == sent["SequenceNumber"]


@check
def all_attributes_of_a_fifo_message_come(sqs):
    queue = queue_of(sqs)
    send(queue)
    assert {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber", "SenderId", "SentTimestamp",
            "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"} == set(
        queue.receive_one(AttributeNames=["All"])["Attributes"])


@check
def content_is_deduplicated_by_its_sha256(sqs):
    queue = queue_of(sqs)
    send(queue, "abc")
    assert queue.receive_one(AttributeNames=["All"])["Attributes"]["MessageDeduplicationId"] == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


# Deduplication.

@check
def a_repeated_send_is_taken_once(sqs):
    queue = sqs.fifo_queue()
    sent = [queue.send(f"body {n}", MessageGroupId="g", MessageDeduplicationId="same") for n in range(2)]
    assert sent[0]["MessageId"] == sent[1]["MessageId"]
    assert sent[0]["SequenceNumber"] == sent[1]["SequenceNumber"]
    assert queue.counts() == (1, 0, 0)


@check
def the_first_body_stays(sqs):
    queue = sqs.fifo_queue()
    for n in range(2):
        queue.send(f"body {n}", MessageGroupId="g", MessageDeduplicationId="same")
    assert queue.receive_one()["Body"] == "body 0"


@check
def equal_content_is_taken_once(sqs):
    queue = queue_of(sqs)
    send(queue, "same")
    send(queue, "same")
    send(queue, "other")
    assert queue.counts() == (2, 0, 0)


@check
def an_id_counts_more_than_content(sqs):
    queue = queue_of(sqs)
    send(queue, "same", MessageDeduplicationId="1")
    send(queue, "same", MessageDeduplicationId="2")
    assert queue.counts() == (2, 0, 0)


@check
def content_is_the_body_without_attributes(sqs):
    queue = queue_of(sqs)
    send(queue, "same", MessageAttributes={"a": {"DataType": "String", "StringValue": "1"}})
    send(queue, "same", MessageAttributes={"a": {"DataType": "String", "StringValue": "2"}})
    assert queue.counts() == (1, 0, 0)


@check
def deduplication_is_over_all_groups(sqs):
    queue = queue_of(sqs)
    send(queue, "same", group="a")
    send(queue, "same", group="b")
    assert queue.counts() == (1, 0, 0)


@check
def deduplication_can_be_within_a_group(sqs):
    queue = queue_of(sqs, DeduplicationScope="messageGroup")
    send(queue, "same", group="a")
    send(queue, "same", group="b")
    send(queue, "same", group="b")
    assert queue.counts() == (2, 0, 0)


@check
def deduplication_outlives_a_delete(sqs):
    queue = queue_of(sqs)
    send(queue, "same")
    queue.delete(queue.receive_one())
    send(queue, "same")
    assert queue.counts() == (0, 0, 0)


@check
def deduplication_ends_with_a_purge(sqs):
    queue = queue_of(sqs)
    send(queue, "same")
    queue.call("PurgeQueue")
    send(queue, "same")
    assert queue.counts() == (1, 0, 0)


@check
def a_batch_is_deduplicated(sqs):
    queue = queue_of(sqs)
    answer = queue.send_batch(*[{"MessageBody": "same", "MessageGroupId": "g"}] * 3)
    assert len(answer["Successful"]) == 3 and len({done["MessageId"] for done in answer["Successful"]}) == 1
    assert queue.counts() == (1, 0, 0)


# Order.

@check
def a_group_comes_in_order(sqs):
    queue = queue_of(sqs)
    for n in range(5):
        send(queue, str(n))
    assert bodies(queue.receive_all(5)) == list("01234")


@check
def several_messages_of_a_group_come_at_once(sqs):
    queue = queue_of(sqs)
    for n in range(5):
        send(queue, str(n))
    assert bodies(queue.receive(10, 2)) == list("01234")


@check
def each_group_comes_in_order(sqs):
    queue = queue_of(sqs)
    for n in range(3):
        for group in "ab":
            send(queue, f"{group}{n}", group=group)
    found = bodies(queue.receive_all(6))
    assert [body for body in found if body[0] == "a"] == ["a0", "a1", "a2"]
    assert [body for body in found if body[0] == "b"] == ["b0", "b1", "b2"]


@check
def a_message_in_flight_blocks_its_group(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    send(queue, "2")
    assert bodies(queue.receive(1, 2)) == ["1"] and not queue.receive(10)


@check
def a_new_message_does_not_unblock_its_group(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    queue.receive_one()
    send(queue, "2")
    assert not queue.receive(10, 1)


@check
def another_group_is_not_blocked(sqs):
    queue = queue_of(sqs)
    send(queue, "a1", group="a")
    send(queue, "a2", group="a")
    queue.receive_one()
    send(queue, "b1", group="b")
    assert bodies(queue.receive(10, 2)) == ["b1"]


@check
def a_delete_unblocks_the_group(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    send(queue, "2")
    queue.delete(queue.receive_one())
    assert queue.receive_one()["Body"] == "2"


@check
def a_group_is_blocked_until_all_its_messages_are_deleted(sqs):
    queue = queue_of(sqs)
    for n in range(3):
        send(queue, str(n))
    one, two = queue.receive(2, 2)
    queue.delete(one)
    assert not queue.receive(10)
    queue.delete(two)
    assert queue.receive_one()["Body"] == "2"


@check
def a_released_message_comes_first_again(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    send(queue, "2")
    queue.hide(queue.receive_one(), 0)
    assert bodies(queue.receive_all(2)) == ["1", "2"]


@check
def the_end_of_a_lease_keeps_the_order(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    send(queue, "2")
    queue.receive_one(VisibilityTimeout=1)
    time.sleep(1.2)
    assert bodies(queue.receive_all(2)) == ["1", "2"]


# Receive attempts.

@check
def an_attempt_is_repeated(sqs):
    queue = queue_of(sqs)
    for n in range(3):
        send(queue, str(n))
    first = queue.receive(2, ReceiveRequestAttemptId="a")
    again = queue.receive(2, ReceiveRequestAttemptId="a")
    assert first and [(m["MessageId"], m["ReceiptHandle"]) for m in first] == [
        (m["MessageId"], m["ReceiptHandle"]) for m in again]


@check
def another_attempt_gets_other_messages(sqs):
    queue = queue_of(sqs)
    send(queue, "1", group="a")
    send(queue, "2", group="b")
    one = queue.receive(1, ReceiveRequestAttemptId="a")
    two = queue.receive(1, ReceiveRequestAttemptId="b")
    assert sorted(bodies(one + two)) == ["1", "2"]


@check
def an_attempt_is_not_repeated_after_a_delete(sqs):
    queue = queue_of(sqs)
    send(queue, "1")
    send(queue, "2")
    [message] = queue.receive(1, ReceiveRequestAttemptId="a")
    queue.delete(message)
    assert bodies(queue.receive(1, ReceiveRequestAttemptId="a")) == ["2"]


@each({"a space": "a b", "129 letters": "a" * 129})
def an_attempt_id_can_not_be(sqs, token):
    queue_of(sqs).fails(INVALID, "ReceiveMessage", "ReceiveRequestAttemptId can only include alphanumeric and "
                        "punctuation characters. 1 to 128 in length.", ReceiveRequestAttemptId=token)
