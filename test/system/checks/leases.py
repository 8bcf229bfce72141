"""Leases: visibility, receipt handles, deleting."""

import time

from checks import check, each
from checks.sqs import INVALID


def one_received(sqs, fifo=False, **parameters):
    queue = sqs.fifo_queue(ContentBasedDeduplication="true") if fifo else sqs.queue()
    queue.send(**({"MessageGroupId": "g"} if fifo else {}))
    return queue, queue.receive_one(**parameters)


@check
def a_deleted_message_does_not_come_again(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=1)
    queue.delete(message)
    assert queue.counts() == (0, 0, 0)
    assert not queue.receive(wait_s=2)


@check
def a_message_comes_again_when_its_lease_ends(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=1)
    began = time.monotonic()
    again = queue.receive_one(wait_s=5)
    assert again["MessageId"] == message["MessageId"] and time.monotonic() - began > 0.7


@check
def the_visibility_timeout_of_the_queue_holds(sqs):
    queue = sqs.queue(VisibilityTimeout="1")
    queue.send()
    queue.receive_one()
    assert not queue.receive()
    queue.receive_one(wait_s=5)


@check
def a_visibility_timeout_of_zero_hides_nothing(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=0)
    assert queue.receive_one()["MessageId"] == message["MessageId"]


@check
def a_lease_is_extended(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=1)
    queue.hide(message, 60)
    assert not queue.receive(wait_s=2) and queue.counts() == (0, 1, 0)


@check
def a_lease_is_ended(sqs):
    queue, message = one_received(sqs)
    queue.hide(message, 0)
    assert queue.receive_one()["MessageId"] == message["MessageId"]


@check
def a_lease_is_shortened(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=600)
    queue.hide(message, 1)
    assert queue.receive_one(wait_s=5)["MessageId"] == message["MessageId"]


@check
def a_change_of_visibility_is_not_remembered(sqs):
    queue = sqs.queue(VisibilityTimeout="600")
    queue.send()
    queue.hide(queue.receive_one(), 0)
    queue.receive_one()
    assert not queue.receive(wait_s=1)


@each([-1, 43201])
def a_lease_can_not_be(sqs, seconds):
    queue, message = one_received(sqs)
    queue.fails(INVALID, "ChangeMessageVisibility", "VisibilityTimeout", ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=seconds)


@check
def a_lease_does_not_pass_12_hours(sqs):
    queue, message = one_received(sqs)
    time.sleep(1.1)
    queue.fails(INVALID, "ChangeMessageVisibility", "43200", ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=43200)


@each({"DeleteMessage": {}, "ChangeMessageVisibility": {"VisibilityTimeout": 1}}.items())
def rubbish_is_not_a_handle_for(sqs, operation, parameters):
    sqs.queue().fails("ReceiptHandleIsInvalid", operation, 'The input receipt handle "rubbish" is not a valid receipt '
                      "handle.", ReceiptHandle="rubbish", **parameters)


@each({"DeleteMessage": {}, "ChangeMessageVisibility": {"VisibilityTimeout": 1}}.items())
def the_handle_of_another_queue_is_refused_by(sqs, operation, parameters):
    _, message = one_received(sqs)
    sqs.queue().fails("ReceiptHandleIsInvalid", operation, ReceiptHandle=message["ReceiptHandle"], **parameters)


@check
def a_message_is_deleted_twice_without_an_error(sqs):
    queue, message = one_received(sqs)
    queue.delete(message)
    queue.delete(message)


@check
def a_deleted_message_can_not_be_hidden(sqs):
    queue, message = one_received(sqs)
    queue.delete(message)
    queue.fails(INVALID, "ChangeMessageVisibility", ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=10)


@check
def a_message_is_deleted_after_its_lease_ended(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=0)
    queue.delete(message)
    assert not queue.receive(wait_s=1) and queue.counts() == (0, 0, 0)


@check
def the_newest_handle_hides_a_message_again(sqs):
    queue, message = one_received(sqs)
    queue.hide(message, 0)
    queue.hide(message, 30)
    assert not queue.receive(wait_s=0) and queue.counts() == (0, 1, 0)


@check
def the_newest_handle_deletes(sqs):
    queue, _ = one_received(sqs, VisibilityTimeout=0)
    queue.delete(queue.receive_one())
    assert queue.counts() == (0, 0, 0)


@check
def an_older_handle_is_answered_with_success(sqs):
    queue, message = one_received(sqs, VisibilityTimeout=0)
    queue.receive_one()
    queue.delete(message)


@check
def the_handle_of_a_fifo_queue_expires(sqs):
    queue, message = one_received(sqs, fifo=True, VisibilityTimeout=1)
    time.sleep(1.2)
    queue.fails(INVALID, "DeleteMessage", "The receipt handle has expired.", ReceiptHandle=message["ReceiptHandle"])


@check
def the_expired_handle_of_a_fifo_queue_deletes_nothing(sqs):
    queue, message = one_received(sqs, fifo=True, VisibilityTimeout=1)
    time.sleep(1.2)
    try:
        queue.delete(message)
    except Exception:
        pass
    assert queue.receive_one(wait_s=3)["MessageId"] == message["MessageId"]


@check
def a_fifo_message_is_deleted_twice_without_an_error(sqs):
    queue, message = one_received(sqs, fifo=True)
    queue.delete(message)
    queue.delete(message)
