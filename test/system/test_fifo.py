"""FIFO queues (promise 7): of a group one message at a time, in order; groups side by side; a failure holds its group
back; a receive whose answer was lost, or that was aborted, is asked for again and strands nothing."""

import json
import os
import time
from collections import defaultdict

import pytest

from faulty import Proxy, answer
from servers import Embedded
from sqs import Counts, Queue
from waiting import eventually, stopwatch

NOTHING = Counts(visible=0, in_flight=0, delayed=0)

# Notes when it begins and ends; fails at first where the body says so.
JOB = """
read -r body
echo "B $(date +%s%6N) $LASTCALL_GROUP_ID $body" >> "$NOTES"
sleep 0.25
case "$body$LASTCALL_RECEIVE_COUNT" in *fail1) exit 75;; esac
echo "E $(date +%s%6N) $LASTCALL_GROUP_ID $body" >> "$NOTES"
"""


@pytest.fixture(params=["embedded", "fauxqs"])
def fifo(request, running, queue_name):
    return running(request.param).service.create_queue(queue_name + ".fifo", FifoQueue="true")


class Notes:
    def __init__(self, path):
        self.path = path

    def lines(self):
        text = self.path.read_text() if self.path.exists() else ""
        return [line.split(" ", 3) for line in text.splitlines()]

    def of_groups(self):
        """What each group's jobs noted, in order, without the times."""
        groups = defaultdict(list)
        for mark, _, group, body in self.lines():
            groups[group].append((mark, body))
        return groups

    def most_at_once(self):
        running = most = 0
        for mark, *_ in sorted(self.lines(), key=lambda line: int(line[1])):
            running += 1 if mark == "B" else -1
            most = max(most, running)
        return most


@pytest.fixture
def notes(tmp_path):
    return Notes(tmp_path / "notes")


def send(queue, group, body):
    return queue.send(body, MessageGroupId=group, MessageDeduplicationId=os.urandom(8).hex())


def work(lastcall, queue, notes, *arguments):
    return lastcall.work(queue, "--concurrency", "8", *arguments, "exec", "--", "sh", "-c", JOB, NOTES=notes.path)


def in_order(bodies):
    return [(mark, body) for body in bodies for mark in "BE"]


def test_groups_run_side_by_side_and_each_in_order(lastcall, fifo, notes):
    bodies = [f"{number}" for number in range(6)]
    for body in bodies:
        for group in ("a", "b", "c", "d"):
            send(fifo, group, body)
    worker = work(lastcall, fifo, notes, "--drain-when-empty", "--wait", "1s")
    assert worker.exit_code(60) == 0, worker.stderr
    assert notes.of_groups() == {group: in_order(bodies) for group in "abcd"}
    assert notes.most_at_once() >= 3
    assert fifo.counts() == NOTHING and worker.report["messages"]["deleted"] == 24


def test_a_failure_holds_the_rest_of_its_group_back_and_no_other(lastcall, fifo, notes):
    for body in ("1", "2 fail", "3", "4"):
        send(fifo, "a", body)
    for body in ("1", "2"):
        send(fifo, "b", body)
    worker = work(lastcall, fifo, notes, "--drain-when-empty", "--wait", "1s")
    assert worker.exit_code(60) == 0, worker.stderr
    groups = notes.of_groups()
    assert groups["a"] == in_order(["1"]) + [("B", "2 fail")] + in_order(["2 fail", "3", "4"])
    assert groups["b"] == in_order(["1", "2"])
    assert fifo.counts() == NOTHING


def test_order_holds_over_a_drain(lastcall, fifo, notes):
    bodies = [f"{number}" for number in range(20)]
    for body in bodies:
        send(fifo, "a", body)
    for _ in range(3):
        before = len(notes.lines())
        worker = work(lastcall, fifo, notes, "--wait", "1s")
        eventually(lambda: len(notes.lines()) >= before + 5, what="no job was done")
        worker.signal()
        assert worker.exit_code() == 0, worker.stderr
        assert fifo.counts().in_flight == 0
    assert work(lastcall, fifo, notes, "--drain-when-empty", "--wait", "1s").exit_code(60) == 0
    assert notes.of_groups() == {"a": in_order(bodies)}


def test_a_receive_whose_answer_was_lost_is_asked_for_again_with_its_attempt_id(lastcall, embedded, queue_name, notes):
    queue = embedded.service.create_queue(queue_name + ".fifo", FifoQueue="true")
    proxy = Proxy(embedded.endpoint)
    proxied = Queue(proxy.service, queue.name, f"{proxy.endpoint}/{queue.url.split('/', 3)[3]}")
    lost = []

    def lose_the_first_with_messages(handler, request):
        if request.operation != "ReceiveMessage" or lost:
            return False
        status, _, body = proxy.forward(request)
        if "Messages" in json.loads(body):
            lost.append(request)
            raise ConnectionError
        answer(handler, status, body)
        return True

    proxy.fault = lose_the_first_with_messages
    try:
        send(queue, "a", "job")
        with stopwatch() as all_of_it:
            worker = work(lastcall, proxied, notes, "--pollers", "1", "--wait", "1s", "--visibility", "5m")
            eventually(lambda: lost and queue.counts() == NOTHING, 20, "the message is stranded")
        assert all_of_it.took_s < 20  # and not five minutes
        worker.signal()
        assert worker.exit_code() == 0, worker.stderr
        attempt = lost[0].parameters["ReceiveRequestAttemptId"]
        again = [request for request in proxy.requests if request.operation == "ReceiveMessage" and
                 request.parameters.get("ReceiveRequestAttemptId") == attempt]
        assert len(again) >= 2
        assert notes.of_groups() == {"a": in_order(["job"])}
    finally:
        proxy.close()


def test_what_was_leased_to_a_poll_that_is_aborted_is_had_again(lastcall, notes, tmp_path, queue_name):
    """It is released for after the abandoned poll's wait, within which that would only catch it again."""
    (tmp_path / "server").mkdir()
    server = Embedded(tmp_path / "server", "--fidelity", "aws")
    try:
        queues = []
        for turn, pause_s in enumerate((0, 0.001, 0.005, None)):
            queues.append(server.service.create_queue(f"{queue_name}-{turn}.fifo", FifoQueue="true"))
            worker = work(lastcall, queues[-1], notes, "--stop-idle=abort", "--wait", "10s", "--visibility", "5m")
            worker.says("working")
            time.sleep(0.7)
            if pause_s is not None:
                send(queues[-1], "a", "job")
                time.sleep(pause_s)
            worker.signal()
            assert worker.exit_code(15) == 0, worker.stderr
            messages = worker.report["messages"]
            assert messages["received"] == (pause_s is not None) and messages["left_behind"] == [], worker.stderr
            # What the service may still lease to a poll that was given up is beyond reach, and said so.
            assert ("risk" in worker.report) == (worker.report["polls"]["aborted"] > 0)
        assert "receives that were aborted" in worker.report["risk"]
        eventually(lambda: all(queue.counts().in_flight == 0 for queue in queues), 15, "a message is stranded")
    finally:
        server.stop()
