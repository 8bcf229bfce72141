"""Message move tasks: what `redrive to source` does."""

import base64
import json
import time

from checks import check, each
from checks.dead_letters import pair
from checks.sqs import INVALID

NOT_SENT_BY = "of Debian"  # they are of 2022, and these operations of 2023


def dead_letters(sqs, count=3):
    """A queue and its dead-letter queue, into which `count` messages have moved."""
    queue, dead = pair(sqs)
    for n in range(count):
        queue.send(f"poison {n}")
    queue.receive_all(count, VisibilityTimeout=0)
    end = time.monotonic() + 10
    while sum(dead.counts()) < count and time.monotonic() < end:
        queue.receive(10)
    assert dead.counts()[0] == count
    return queue, dead


def eventually(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "not within 10 s"
        time.sleep(0.05)


@check
def messages_move_back_to_their_source(sqs):
    queue, dead = dead_letters(sqs)
    assert sqs.call("StartMessageMoveTask", SourceArn=dead.arn)["TaskHandle"]
    eventually(lambda: queue.counts()[0] == 3)
    assert dead.counts() == (0, 0, 0)


@check
def messages_move_to_a_destination(sqs):
    _, dead = dead_letters(sqs)
    other = sqs.queue()
    sqs.call("StartMessageMoveTask", SourceArn=dead.arn, DestinationArn=other.arn)
    eventually(lambda: other.counts()[0] == 3)


@check
def a_moved_message_starts_its_receive_count_anew(sqs):
    queue, dead = dead_letters(sqs, 1)
    sqs.call("StartMessageMoveTask", SourceArn=dead.arn)
    eventually(lambda: queue.counts()[0] == 1)
    assert queue.receive_one(AttributeNames=["All"])["Attributes"]["ApproximateReceiveCount"] == "1"


@check
def a_finished_task_is_listed(sqs):
    queue, dead = dead_letters(sqs)
    sqs.call("StartMessageMoveTask", SourceArn=dead.arn)
    eventually(lambda: sqs.call("ListMessageMoveTasks", SourceArn=dead.arn)["Results"][0]["Status"] == "COMPLETED")
    [task] = sqs.call("ListMessageMoveTasks", SourceArn=dead.arn)["Results"]
    assert task["ApproximateNumberOfMessagesMoved"] == 3 and task["SourceArn"] == dead.arn
    assert not task.get("TaskHandle"), "a handle is listed only while its task runs"


@check
def a_running_task_is_listed_with_its_handle(sqs):
    _, dead = dead_letters(sqs)
    started = sqs.call("StartMessageMoveTask", SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)
    [task] = sqs.call("ListMessageMoveTasks", SourceArn=dead.arn)["Results"]
    assert task["Status"] == "RUNNING" and task["TaskHandle"] == started["TaskHandle"]
    assert task["MaxNumberOfMessagesPerSecond"] == 1


@check
def a_task_is_cancelled(sqs):
    _, dead = dead_letters(sqs)
    handle = sqs.call("StartMessageMoveTask", SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    moved = sqs.call("CancelMessageMoveTask", TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 0 <= moved < 3
    eventually(lambda: sqs.call("ListMessageMoveTasks", SourceArn=dead.arn)["Results"][0]["Status"] == "CANCELLED")


@check
def a_source_has_one_task_at_a_time(sqs):
    _, dead = dead_letters(sqs)
    sqs.call("StartMessageMoveTask", SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=1)
    sqs.fails(INVALID, "StartMessageMoveTask", "There is already a task running.", SourceArn=dead.arn)


@check
def a_handle_tells_its_task_and_source(sqs):
    _, dead = dead_letters(sqs, 1)
    handle = sqs.call("StartMessageMoveTask", SourceArn=dead.arn)["TaskHandle"]
    told = json.loads(base64.b64decode(handle))
    assert told["sourceArn"] == dead.arn and told["taskId"]


@check
def a_source_must_be_a_dead_letter_queue(sqs):
    sqs.fails(INVALID, "StartMessageMoveTask", "Source queue must be configured as a Dead Letter Queue.",
              SourceArn=sqs.queue().arn)


@check
def a_source_must_exist(sqs):
    sqs.fails("ResourceNotFoundException", "StartMessageMoveTask",
              "The resource that you specified for the SourceArn parameter doesn't exist.",
              SourceArn=sqs.queue().arn + "-not")


@check
def a_destination_must_exist(sqs):
    _, dead = pair(sqs)
    sqs.fails("ResourceNotFoundException", "StartMessageMoveTask",
              "The resource that you specified for the DestinationArn parameter doesn't exist.", SourceArn=dead.arn,
              DestinationArn=dead.arn + "-not")


@each([0, 501, -1])
def a_task_does_not_move_a_second(sqs, rate):
    _, dead = pair(sqs)
    sqs.fails(INVALID, "StartMessageMoveTask", "MaxNumberOfMessagesPerSecond", SourceArn=dead.arn,
              MaxNumberOfMessagesPerSecond=rate)


@each([0, 11])
def tasks_are_not_listed_by(sqs, count):
    _, dead = pair(sqs)
    sqs.fails(INVALID, "ListMessageMoveTasks", "MaxResults", SourceArn=dead.arn, MaxResults=count)


@check
def tasks_of_a_missing_queue_are_not_listed(sqs):
    sqs.fails("ResourceNotFoundException", "ListMessageMoveTasks",
              "The resource that you specified for the SourceArn parameter doesn't exist.",
              SourceArn=sqs.queue().arn + "-not")


@check
def a_queue_without_tasks_lists_none(sqs):
    _, dead = pair(sqs)
    assert not sqs.call("ListMessageMoveTasks", SourceArn=dead.arn).get("Results")


@check
def rubbish_is_not_a_task(sqs):
    sqs.fails(INVALID, "CancelMessageMoveTask", "Value for parameter TaskHandle is invalid.", TaskHandle="rubbish")


def handle(task, source):
    return base64.b64encode(json.dumps({"taskId": task, "sourceArn": source}).encode()).decode()


@check
def a_task_that_is_not_there_is_not_cancelled(sqs):
    _, dead = pair(sqs)
    sqs.fails("ResourceNotFoundException", "CancelMessageMoveTask", "Task does not exist.",
              TaskHandle=handle("1a2b3c4d-0000-4000-8000-000000000000", dead.arn))


@check
def a_task_of_a_missing_queue_is_not_cancelled(sqs):
    sqs.fails("ResourceNotFoundException", "CancelMessageMoveTask",
              "The resource that you specified for the SourceArn parameter doesn't exist.",
              TaskHandle=handle("1a2b3c4d-0000-4000-8000-000000000000", sqs.queue().arn + "-not"))


@check
def a_finished_task_is_not_cancelled(sqs):
    queue, dead = dead_letters(sqs, 1)
    started = sqs.call("StartMessageMoveTask", SourceArn=dead.arn)["TaskHandle"]
    eventually(lambda: sqs.call("ListMessageMoveTasks", SourceArn=dead.arn)["Results"][0]["Status"] == "COMPLETED")
    try:
        sqs.call("CancelMessageMoveTask", TaskHandle=started)
    except Exception:
        return
    raise AssertionError("a task that is over was cancelled")


