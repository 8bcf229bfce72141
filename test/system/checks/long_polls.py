"""Long polls: they wait, and wake at once by whatever makes a message receivable."""

import time

from checks import check, each
from checks.leases import one_received


def woken_by(queue, act):
    """A poll that waits, then is woken; answers its message and how long after `act` it came."""
    answer = queue.sqs.begin("ReceiveMessage", QueueUrl=queue.url, WaitTimeSeconds=15)
    time.sleep(1.5)  # a client of its own has to start before it can wait
    began = time.monotonic()
    act()
    messages = answer().get("Messages", [])
    assert len(messages) == 1, "the poll came back without a message"
    return messages[0], time.monotonic() - began


@check
def a_poll_is_woken_by_a_send(sqs):
    queue = sqs.queue()
    message, after_s = woken_by(queue, lambda: queue.send("hello"))
    assert message["Body"] == "hello" and after_s < 5


@check
def a_poll_is_woken_by_the_end_of_a_lease(sqs):
    queue, held = one_received(sqs)
    message, after_s = woken_by(queue, lambda: queue.hide(held, 0))
    assert message["MessageId"] == held["MessageId"] and after_s < 5


@check
def a_poll_is_woken_by_the_end_of_a_delay(sqs):
    queue = sqs.queue()
    queue.send("later", DelaySeconds=2)
    assert queue.receive_one(wait_s=15)["Body"] == "later"


@check
def a_poll_is_woken_by_the_unblocking_of_a_group(sqs):
    queue, held = one_received(sqs, fifo=True)
    queue.send("next", MessageGroupId="g")
    message, after_s = woken_by(queue, lambda: queue.delete(held))
    assert message["Body"] == "next" and after_s < 5


@check
def a_poll_of_an_empty_queue_waits(sqs):
    queue = sqs.queue()
    began = time.monotonic()
    assert not queue.receive(wait_s=1)
    assert 0.9 < time.monotonic() - began < 5


@check
def the_wait_of_the_queue_holds(sqs):
    queue = sqs.queue(ReceiveMessageWaitTimeSeconds="1")
    began = time.monotonic()
    assert not queue.call("ReceiveMessage").get("Messages")
    assert 0.9 < time.monotonic() - began < 5


@check
def a_wait_of_zero_overrides_the_queue(sqs):
    queue = sqs.queue(ReceiveMessageWaitTimeSeconds="20")
    began = time.monotonic()
    assert not queue.receive(wait_s=0)
    assert time.monotonic() - began < 5


@each([0, 1, 20])
def a_poll_does_not_wait_for_what_is_there(sqs, wait_s):
    queue = sqs.queue()
    queue.send()
    began = time.monotonic()
    queue.receive(wait_s=max(wait_s, 0))
    assert time.monotonic() - began < 5
