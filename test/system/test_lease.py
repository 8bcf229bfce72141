"""Leases: extended while a job runs, the drain included; ended by themselves when a worker is killed (promises 1, 5)."""

import signal

from faulty import Proxy
from sqs import Counts, Queue
from waiting import eventually

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


def test_a_job_longer_than_its_visibility_timeout_runs_once(lastcall, queue, journal):
    ids = queue.send_many(5)
    worker = lastcall.work(queue, "--visibility", "2s", "--wait", "1s", "--concurrency", "8",
                           "sleep", "--for", "7s", "--journal", journal)
    eventually(lambda: len(journal.ended) == 5, 30, "the jobs did not end")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert journal.started == journal.ended and set(journal.ended.values()) == {1} and set(journal.ended) == set(ids)
    assert queue.counts() == NOTHING


def test_a_lease_is_kept_during_the_drain(lastcall, queue, journal):
    ids = queue.send_many(5)
    worker = lastcall.work(queue, "--visibility", "2s", "--wait", "1s", "--concurrency", "5", "--grace", "30s",
                           "sleep", "--for", "7s", "--journal", journal)
    eventually(lambda: len(journal.started) == 5, what="the jobs did not start")
    worker.signal()
    # meanwhile another worker looks for work, and must find none
    other = lastcall.work(queue, "--visibility", "2s", "--wait", "1s", "sleep", "--for", "0ms", "--journal", journal)
    assert worker.exit_code() == 0, worker.stderr
    other.signal()
    assert other.exit_code() == 0, other.stderr
    assert journal.started == journal.ended and set(journal.ended.values()) == {1} and set(journal.ended) == set(ids)
    assert worker.report["messages"]["deleted"] == 5 and other.report["messages"]["received"] == 0
    assert queue.counts() == NOTHING


def test_what_a_killed_worker_held_is_done_by_another_after_the_visibility_timeout(lastcall, queue, journal):
    ids = queue.send_many(6)
    killed = lastcall.work(queue, "--visibility", "3s", "--wait", "1s", "--concurrency", "4",
                           "sleep", "--for", "60s", "--journal", journal)
    eventually(lambda: len(journal.started) == 4, what="the jobs did not start")
    killed.signal(signal.SIGKILL)
    assert killed.exit_code() == -signal.SIGKILL
    assert queue.counts().in_flight == 4
    other = lastcall.work(queue, "--wait", "1s", "--concurrency", "8", "sleep", "--for", "0ms", "--journal", journal)
    eventually(lambda: len(journal.ended) == 6, 20, "what the killed worker held did not come again")
    other.signal()
    assert other.exit_code() == 0, other.stderr
    assert set(journal.ended.values()) == {1} and set(journal.ended) == set(ids)
    assert sum(journal.started.values()) == 10
    assert queue.counts() == NOTHING


def test_a_command_whose_lease_is_lost_is_told_in_time_and_its_success_does_not_count(
        lastcall, embedded, embedded_queue, tmp_path):
    """Every extension fails: the job learns it before another worker can have the message, and deletes nothing."""
    proxy = Proxy(embedded.endpoint)
    proxied = Queue(proxy.service, embedded_queue.name, f"{proxy.endpoint}/{embedded_queue.url.split('/', 3)[3]}")
    proxy.fault = lambda handler, request: request.operation.startswith("ChangeMessageVisibility") and (
        proxy.server_error(handler, request) or True)
    # It says that it was told, goes on for a moment, and succeeds.
    script = (f"trap 'date +%s%N > {tmp_path}/told; exit 0' TERM; date +%s%N > {tmp_path}/began.new; "
              f"mv {tmp_path}/began.new {tmp_path}/began; while :; do sleep 0.1; done")
    try:
        embedded_queue.send("job")
        worker = lastcall.work(proxied, "--visibility", "6s", "--wait", "1s", "--pollers", "1", "--concurrency", "1",
                               "exec", "--", "sh", "-c", script)
        eventually((tmp_path / "began").exists, what="the job did not start")
        eventually((tmp_path / "told").exists, 15, "the job was not told that its lease is lost")
        worker.signal()
        began, told = (int((tmp_path / name).read_text()) / 1e9 for name in ("began", "told"))
        assert 3 < told - began < 6
        assert worker.exit_code(20) == 0, worker.stderr
        assert worker.report["messages"]["lost"] >= 1 and worker.report["jobs"]["done"] == 0
        assert "DeleteMessageBatch" not in proxy.counts and "DeleteMessage" not in proxy.counts
        eventually(lambda: embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0), 10,
                   "the message is not visible again")
    finally:
        proxy.close()
