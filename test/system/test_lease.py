"""Leases: extended while a job runs, the drain included; ended by themselves when a worker is killed (promises 1, 5)."""

import signal

from sqs import Counts
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
