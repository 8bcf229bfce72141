"""What a worker promises when it is told to stop: promises 1 to 4, 6 and 9, on each server, with real signals."""

import json
import signal
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest

from faulty import Proxy
from ports import free_port
from sqs import Counts, Queue
from waiting import eventually, stopwatch

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


def once_each(ids):
    return Counter({one: 1 for one in ids})


def finish_the_rest(lastcall, queue, journal, *arguments):
    rest = lastcall.work(queue, "--drain-when-empty", "--wait", "1s", *arguments, "sleep", "--for", "0ms",
                         "--journal", journal)
    assert rest.exit_code() == 0, rest.stderr
    return rest.report


@pytest.mark.timeout_s(240)  # moto looks at every message of the queue for each receive
def test_a_thousand_messages_are_each_done_once(lastcall, queue, journal):
    ids = queue.send_many(1000)
    worker = lastcall.work(queue, "--drain-when-empty", "--wait", "1s", "--concurrency", "32",
                           "--report", worker_report := journal.path.with_name("report.json"),
                           "sleep", "--for", "0ms", "--journal", journal)
    assert worker.exit_code(200) == 0, worker.stderr
    assert journal.started == journal.ended == once_each(ids)
    assert queue.counts() == NOTHING
    report = worker.report
    assert report == json.loads(worker_report.read_text())
    assert report["event"] == "drain" and report["exit"] == 0
    assert report["jobs"]["done"] == 1000 and report["jobs"]["failed"] == report["jobs"]["cut"] == 0
    assert report["messages"]["received"] == report["messages"]["deleted"] == 1000
    assert report["messages"]["released"] == report["messages"]["late"] == 0
    assert report["messages"]["left_behind"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_amid_jobs_finishes_what_runs_and_leaves_nothing_in_flight(lastcall, queue, journal, number):
    ids = queue.send_many(40)
    worker = lastcall.work(queue, "--concurrency", "8", "--wait", "2s", "--grace", "30s",
                           "sleep", "--for", "1200ms", "--journal", journal)
    eventually(lambda: len(journal.ended) >= 8, what="no jobs were done")
    worker.signal(number)
    assert worker.exit_code() == 0, worker.stderr
    # Asked at once: what is in flight now was left by the process that has just ended.
    left = queue.counts()
    done = journal.ended
    assert left == Counts(visible=40 - len(done), in_flight=0, delayed=0)
    assert journal.started == done == once_each(done)
    assert 8 <= len(done) < 40

    report = worker.report
    assert report["reason"] == number.name and report["exit"] == 0
    assert report["jobs"] | {"retried": 0} == {"done": len(done), "failed": 0, "cut": 0, "retried": 0}
    messages = report["messages"]
    assert messages["deleted"] == len(done) and messages["left_behind"] == []
    assert messages["received"] == messages["deleted"] + messages["released"]
    assert set(report["phases_ms"]) == {"closing", "finishing", "cutting"} and report["phases_ms"]["cutting"] == 0
    assert 0 <= sum(report["phases_ms"].values()) <= report["took_ms"] + 3 < 8000

    finish_the_rest(lastcall, queue, journal)
    assert journal.started == journal.ended == once_each(ids)
    assert queue.counts() == NOTHING


def test_what_an_open_long_poll_brings_after_the_signal_is_given_back_unstarted(lastcall, queue, journal):
    worker = lastcall.work(queue, "--wait", "3s", "--grace", "30s", "--visibility", "60s",
                           "sleep", "--for", "0ms", "--journal", journal)
    first = queue.send("before")
    eventually(lambda: journal.ended[first], what="the worker did not start")
    time.sleep(0.3)  # it asks again at once: long polls are open
    worker.signal()
    time.sleep(0.3)
    late = queue.send("after")
    assert worker.exit_code(15) == 0, worker.stderr
    assert journal.started == once_each([first])
    messages = worker.report["messages"]
    assert (messages["received"], messages["late"], messages["released"], messages["left_behind"]) == (2, 1, 1, [])
    [again] = queue.receive()
    assert again["MessageId"] == late and again["Attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.parametrize("queue_server", ["embedded", "fauxqs"], indirect=True)
@pytest.mark.parametrize("pollers", [1, 4])
def test_late_messages_are_given_back_once_no_poll_is_open_that_could_catch_them_again(
        lastcall, queue, journal, pollers):
    worker = lastcall.work(queue, "--pollers", pollers, "--concurrency", "20", "--wait", "3s", "--grace", "30s",
                           "--visibility", "60s", "sleep", "--for", "0ms", "--journal", journal)
    first = queue.send("before")
    eventually(lambda: journal.ended[first], what="the worker did not start")
    time.sleep(0.3)
    worker.signal()
    time.sleep(0.3)  # the signal has arrived: from here on nothing may be started
    ids = []
    while worker.is_running() and len(ids) < 200:
        ids.append(queue.send("after"))
        time.sleep(0.05)
    assert worker.exit_code(15) == 0, worker.stderr
    assert journal.started == once_each([first])
    assert queue.counts() == Counts(visible=len(ids), in_flight=0, delayed=0)
    messages = worker.report["messages"]
    assert messages["late"] == messages["released"] == messages["received"] - 1 > 0
    counts = Counter()
    while batch := queue.receive(10):
        counts.update(int(message["Attributes"]["ApproximateReceiveCount"]) for message in batch)
    assert sum(counts.values()) == len(ids) and max(counts) <= 2, "a message was caught again after its release"


def test_an_idle_worker_stops_within_a_grace_that_is_shorter_than_its_long_poll(lastcall, queue):
    worker = lastcall.work(queue, "--grace", "10s", "--wait", "20s", "sleep", "--for", "0ms")
    worker.says("working")
    time.sleep(1)  # its poll is open
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(15) == 0, worker.stderr
    assert stop.took_s < 10
    assert worker.report["messages"]["left_behind"] == []


def test_the_wait_of_a_receive_leaves_room_for_the_drain(lastcall, embedded, embedded_queue):
    proxy = Proxy(embedded.endpoint)
    proxied = Queue(proxy.service, embedded_queue.name, f"{proxy.endpoint}/{embedded_queue.url.split('/', 3)[3]}")
    try:
        for options, wait_s in ((["--grace", "10s", "--reserve", "2s"], 7), (["--grace", "60s"], 20),
                                (["--grace", "2s"], 0), (["--grace", "60s", "--visibility", "10s"], 5)):
            seen = len(proxy.requests)
            worker = lastcall.work(proxied, *options, "--wait", "20s", "--stop-idle=abort", "sleep", "--for", "0ms")
            eventually(lambda: any(request.operation == "ReceiveMessage" for request in proxy.requests[seen:]))
            worker.signal()
            assert worker.exit_code(15) == 0, worker.stderr
            waits = {request.parameters["WaitTimeSeconds"] for request in proxy.requests[seen:]
                     if request.operation == "ReceiveMessage"}
            assert waits == {wait_s}, options
    finally:
        proxy.close()


def test_stop_idle_abort_stops_at_once_and_names_its_risk(lastcall, queue):
    worker = lastcall.work(queue, "--stop-idle=abort", "--wait", "20s", "sleep", "--for", "0ms")
    worker.says("working")
    time.sleep(1)  # its poll is open
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(15) == 0, worker.stderr
    assert stop.took_s < 5, "it has waited for its poll"
    assert "poll" in json.dumps(worker.report), "the risk of aborted polls is not in the report"


def test_a_worker_signalled_while_it_starts_stops_well(lastcall, embedded_queue):
    for delay_ms in (0, 20, 60, 120, 250, 500):
        worker = lastcall.work(embedded_queue, "--wait", "1s", "sleep", "--for", "0ms")
        time.sleep(delay_ms / 1000)
        worker.signal()
        code = worker.exit_code(10)
        # before its handlers are set the signal's own effect takes place
        assert code == 0 or code == -signal.SIGTERM, worker.stderr
        if code == 0:
            assert worker.report["messages"]["left_behind"] == []


def test_quiet_stops_receiving_and_keeps_running_until_a_sigterm(lastcall, embedded_queue, journal):
    worker = lastcall.work(embedded_queue, "--wait", "1s", "sleep", "--for", "0ms", "--journal", journal)
    first = embedded_queue.send("before")
    eventually(lambda: journal.ended[first], what="the worker did not start")
    worker.signal(signal.SIGUSR1)
    time.sleep(1.5)  # its last poll has answered
    embedded_queue.send("after")
    time.sleep(1.5)
    assert worker.is_running()
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    worker.signal()
    assert worker.exit_code(10) == 0, worker.stderr
    assert journal.started == once_each([first])


def test_quiet_keeps_running_jobs_and_their_leases_and_turns_readiness_off(lastcall, embedded_queue, journal):
    admin = free_port()
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--visibility", "2s", "--admin", f"127.0.0.1:{admin}",
                           "sleep", "--for", "5s", "--journal", journal)

    def status(path):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{admin}{path}", timeout=5).status
        except urllib.error.HTTPError as answer:
            return answer.code

    sent = embedded_queue.send("job")
    eventually(lambda: journal.started[sent], what="the job did not start")
    assert status("/readyz") == 200
    worker.signal(signal.SIGUSR1)
    worker.signal(signal.SIGUSR1)  # once more changes nothing
    eventually(lambda: status("/readyz") == 503, what="it is still ready")
    assert status("/healthz") == 200
    eventually(lambda: embedded_queue.counts() == NOTHING, what="the job's message was not deleted")
    assert journal.started == journal.ended == once_each([sent])
    assert worker.is_running()
    worker.signal()
    assert worker.exit_code(10) == 0, worker.stderr
    assert worker.report["messages"]["extended"] >= 1 and worker.report["messages"]["lost"] == 0


@pytest.mark.parametrize("queue_server", ["embedded", "fauxqs"], indirect=True)
def test_several_threads_drain_together(lastcall, queue, journal):
    ids = queue.send_many(120)
    worker = lastcall.work(queue, "--threads", "3", "--concurrency", "8", "--wait", "2s",
                           "sleep", "--for", "400ms", "--journal", journal)
    eventually(lambda: len(journal.ended) >= 24, what="no jobs were done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert queue.counts() == Counts(visible=120 - len(journal.ended), in_flight=0, delayed=0)
    finish_the_rest(lastcall, queue, journal, "--threads", "2")
    assert journal.started == journal.ended == once_each(ids)


def test_no_more_is_received_than_can_be_started(lastcall, embedded_queue, journal):
    embedded_queue.send_many(50)
    worker = lastcall.work(embedded_queue, "--concurrency", "3", "--pollers", "4", "--wait", "1s",
                           "sleep", "--for", "300ms", "--journal", journal)
    eventually(lambda: journal.started, what="the worker did not start")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        received = 50 - embedded_queue.counts().visible
        assert received - len(journal.ended) <= 3  # the journal is read later: it can only have gone on
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    report = worker.report
    assert report["messages"]["late"] == 0 and report["messages"]["received"] == report["jobs"]["done"]


def test_the_last_job_of_a_drain_is_deleted_at_once(lastcall, embedded_queue, journal):
    embedded_queue.send("job")
    worker = lastcall.work(embedded_queue, "--wait", "0s", "--pollers", "1", "sleep", "--for", "1500ms",
                           "--journal", journal)
    eventually(lambda: journal.started, what="the worker did not start")
    worker.signal()
    eventually(lambda: journal.ended, what="the job did not end")
    with stopwatch() as after:
        assert worker.exit_code() == 0, worker.stderr
    assert after.took_s < 1
    assert embedded_queue.counts() == NOTHING
