"""Jobs that fail: tried again, later each time, and moved to the dead-letter queue by the queue's own rule."""

import time

from sqs import Counts
from waiting import eventually

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


def with_dead_letters(service, name, after):
    dead = service.create_queue(f"{name}-dead")
    queue = service.create_queue(
        name, RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": after})
    return queue, dead


def test_a_job_that_always_fails_is_tried_later_each_time_and_ends_in_the_dead_letter_queue(
        lastcall, queue_server, queue_name, tmp_path):
    queue, dead = with_dead_letters(queue_server.service, queue_name, after=3)
    sent = queue.send("poison")
    good = queue.send_many(5, "good")
    worker = lastcall.work(queue, "--wait", "1s", "exec", "--", "sh", "-c",
                           f'read -r body; [ "$body" != poison ] || {{ date +%s%N >> {tmp_path}/tries; exit 1; }}')
    eventually(lambda: dead.counts().visible == 1, 40, "it did not reach the dead-letter queue")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert queue.counts() == NOTHING
    [message] = dead.receive()
    assert message["MessageId"] == sent
    tries = [int(line) / 1e9 for line in (tmp_path / "tries").read_text().split()]
    assert len(tries) == 3
    assert all(later - earlier > 0.5 for earlier, later in zip(tries, tries[1:])), "it was tried again at once"
    report = worker.report
    assert report["jobs"]["failed"] == 3 and report["jobs"]["done"] == len(good)
    assert report["messages"]["deleted"] == 5 and report["messages"]["released"] == 3


def test_a_failed_job_is_visible_again_within_its_backoff(lastcall, embedded_queue):
    sent = embedded_queue.send("once")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "exec", "--", "sh", "-c",
                           '[ "$LASTCALL_RECEIVE_COUNT" -ge 2 ]')
    eventually(lambda: embedded_queue.counts() == NOTHING, 15, "it was not tried again")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert worker.report["jobs"]["failed"] == worker.report["jobs"]["done"] == 1
    assert sent


def test_a_batch_run_ends_although_a_job_keeps_failing(lastcall, embedded_queue):
    embedded_queue.send_many(3, "good")
    embedded_queue.send("poison")
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--wait", "1s", "exec", "--", "sh", "-c",
                           'read -r body; [ "$body" != poison ]')
    assert worker.exit_code(60) == 0, worker.stderr
    report = worker.report
    assert report["jobs"]["done"] == 3 and report["jobs"]["failed"] >= 1
    assert embedded_queue.counts().in_flight == 0 or embedded_queue.counts().visible + embedded_queue.counts().in_flight == 1
    assert report["messages"]["left_behind"] == []


def test_a_batch_run_ends_although_the_first_of_a_group_keeps_failing(lastcall, embedded, queue_name):
    queue = embedded.service.create_queue(f"{queue_name}.fifo", FifoQueue="true")
    for number, (group, body) in enumerate((("a", "poison"), ("a", "behind"), ("b", "good"))):
        queue.send(body, MessageGroupId=group, MessageDeduplicationId=str(number))
    worker = lastcall.work(queue, "--drain-when-empty", "exec", "--", "sh", "-c", 'read -r body; [ "$body" = good ]')
    assert worker.exit_code(60) == 0, worker.stderr
    report = worker.report
    assert (report["reason"], report["jobs"]["done"], report["jobs"]["cut"]) == ("empty", 1, 0)
    assert report["jobs"]["failed"] >= 4 and report["messages"]["left_behind"] == []
    counts = queue.counts()
    assert counts.visible + counts.in_flight == 2, "what failed, and what waits behind it, stay"
