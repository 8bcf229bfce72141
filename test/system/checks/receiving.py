"""Receiving: how many, which system attributes, receive counts."""

import time

from checks import check, each
from checks.sqs import INVALID


@check
def an_empty_queue_answers_no_messages(sqs):
    answer = sqs.queue().call("ReceiveMessage")
    assert not answer.get("Messages")


@check
def one_message_comes_by_default(sqs):
    queue = sqs.queue()
    queue.send_batch(*[{"MessageBody": str(n)} for n in range(3)])
    assert len(queue.call("ReceiveMessage", WaitTimeSeconds=2)["Messages"]) == 1


@each([1, 2, 10])
def no_more_messages_come_than_are_asked_for(sqs, count):
    queue = sqs.queue()
    queue.send_batch(*[{"MessageBody": str(n)} for n in range(10)])
    assert 1 <= len(queue.receive(count, 2)) <= count


@each([0, 11, -1, 100])
def a_receive_can_not_ask_for(sqs, count):
    sqs.queue().fails(INVALID, "ReceiveMessage",
                      f"Value {count} for parameter MaxNumberOfMessages is invalid. "
                      "Reason: Must be between 1 and 10, if provided.", MaxNumberOfMessages=count)


@each([-1, 21])
def a_receive_can_not_wait(sqs, seconds):
    sqs.queue().fails(INVALID, "ReceiveMessage", f"Value {seconds} for parameter WaitTimeSeconds is invalid. "
                      "Reason: Must be >= 0 and <= 20, if provided.", WaitTimeSeconds=seconds)


@each([-1, 43201])
def a_receive_can_not_hide_for(sqs, seconds):
    sqs.queue().fails(INVALID, "ReceiveMessage", "VisibilityTimeout", VisibilityTimeout=seconds)


@check
def all_messages_come_once(sqs):
    queue = sqs.queue()
    for batch in range(3):
        queue.send_batch(*[{"MessageBody": f"{batch}-{n}"} for n in range(10)])
    bodies = [message["Body"] for message in queue.receive_all(30)]
    assert len(set(bodies)) == 30 and not queue.receive(10)


SYSTEM = ["SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"]


@each(SYSTEM)
def a_system_attribute_comes_alone(sqs, name):
    queue = sqs.queue()
    queue.send()
    assert list(queue.receive_one(AttributeNames=[name])["Attributes"]) == [name]


@check
def all_system_attributes_come(sqs):
    queue = sqs.queue()
    queue.send()
    assert set(queue.receive_one(AttributeNames=["All"])["Attributes"]) == set(SYSTEM)


@check
def no_system_attribute_comes_unasked(sqs):
    queue = sqs.queue()
    queue.send()
    assert not queue.receive_one().get("Attributes")


@each(["Colour", "all"])
def a_system_attribute_that_is_not_known_is_refused(sqs, name):
    sqs.queue().fails("InvalidAttributeName", "ReceiveMessage", f"Unknown Attribute {name}.", AttributeNames=[name])


@each(["SentTimestamp", "ApproximateFirstReceiveTimestamp"])
def a_timestamp_is_in_milliseconds(sqs, name):
    queue = sqs.queue()
    queue.send()
    value = int(queue.receive_one(AttributeNames=["All"])["Attributes"][name])
    assert abs(value - time.time() * 1000) < 300_000


@check
def receives_are_counted(sqs):
    queue = sqs.queue()
    queue.send()
    for count in ("1", "2", "3"):
        message = queue.receive_one(AttributeNames=["All"], VisibilityTimeout=0)
        assert message["Attributes"]["ApproximateReceiveCount"] == count


@check
def the_first_receive_is_remembered(sqs):
    queue = sqs.queue()
    queue.send()
    first = queue.receive_one(AttributeNames=["All"], VisibilityTimeout=0)["Attributes"]
    time.sleep(0.05)
    again = queue.receive_one(AttributeNames=["All"], VisibilityTimeout=0)["Attributes"]
    assert again["ApproximateFirstReceiveTimestamp"] == first["ApproximateFirstReceiveTimestamp"]
    assert again["SentTimestamp"] == first["SentTimestamp"]


@check
def each_receive_has_a_handle_of_its_own(sqs):
    queue = sqs.queue()
    queue.send()
    handles = {queue.receive_one(VisibilityTimeout=0)["ReceiptHandle"] for _ in range(3)}
    assert len(handles) == 3


@check
def a_received_message_is_hidden(sqs):
    queue = sqs.queue()
    queue.send()
    queue.receive_one()
    assert not queue.receive() and queue.counts() == (0, 1, 0)


@check
def an_attempt_id_is_for_fifo_queues(sqs):
    sqs.queue().fails(INVALID, "ReceiveMessage", "ReceiveRequestAttemptId", ReceiveRequestAttemptId="a")


@check
def a_message_is_gone_after_its_retention(sqs):
    """Seen by the count only: the shortest retention is a minute, which no check waits."""
    queue = sqs.queue(MessageRetentionPeriod="60")
    queue.send()
    assert queue.counts() == (1, 0, 0)
