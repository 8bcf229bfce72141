"""Jobs that are longer than the grace period: cut, given back, and the exit bounded all the same (promises 4 and 6)."""

import contextlib
import os
import signal
import time

import pytest

from sqs import Counts
from waiting import eventually, stopwatch

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


@pytest.fixture
def stubborn(tmp_path):
    """A command that ignores SIGTERM and writes its process id."""
    pid_file = tmp_path / "pid"
    script = f"trap '' TERM INT HUP; echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; while :; do sleep 1; done"

    def pid():
        return int(pid_file.read_text()) if pid_file.exists() else None

    yield ["exec", "--", "sh", "-c", script], pid
    if pid() and is_alive(pid()):
        os.kill(pid(), signal.SIGKILL)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def dies_with_its_worker(pid):
    """The kernel has sent the job SIGKILL by the time the worker's end is seen; on a busy machine it dies of it when it
    next gets a core."""
    eventually(lambda: not is_alive(pid), 1, "the job outlived its worker")


def given_back(queue, message_id):
    """The message is visible at once, to whoever asks, without waiting."""
    [again] = queue.receive()
    return again["MessageId"] == message_id


def test_a_job_longer_than_the_grace_period_is_cut_and_visible_again_at_once(lastcall, queue, journal):
    sent = queue.send("long")
    worker = lastcall.work(queue, "--wait", "1s", "--grace", "4s", "--reserve", "1s", "--visibility", "300s",
                           "sleep", "--for", "10m", "--journal", journal)
    eventually(lambda: journal.started[sent], what="the job did not start")
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(10) == 75, worker.stderr
    assert given_back(queue, sent)
    # It was left alone until grace − reserve, and gone by grace.
    assert 2.9 < stop.took_s < 4.2
    report = worker.report
    assert report["exit"] == 75 and report["jobs"]["cut"] == 1 and report["jobs"]["done"] == 0
    assert report["messages"]["released"] == 1 and report["messages"]["left_behind"] == []
    assert report["phases_ms"]["cutting"] <= 1100


def test_a_second_signal_cuts_at_once(lastcall, queue, journal):
    sent = queue.send("long")
    worker = lastcall.work(queue, "--wait", "1s", "--grace", "60s", "--visibility", "300s",
                           "sleep", "--for", "10m", "--journal", journal)
    eventually(lambda: journal.started[sent], what="the job did not start")
    worker.signal()
    time.sleep(1.5)
    assert worker.is_running()
    with stopwatch() as stop:
        worker.signal(signal.SIGINT)
        assert worker.exit_code(10) == 75, worker.stderr
    assert stop.took_s < 3
    assert given_back(queue, sent)


def test_a_second_signal_has_nothing_to_cut_where_no_job_runs(lastcall, embedded_queue):
    worker = lastcall.work(embedded_queue, "--wait", "3s", "sleep")
    worker.says("working")
    time.sleep(0.5)
    worker.signal()
    worker.says("state=closing")
    worker.signal()
    assert worker.exit_code(within_s=10) == 0, worker.stderr
    assert worker.report["polls"]["aborted"] == 0
    assert worker.report["phases_ms"]["cutting"] == 0, worker.report


def test_a_third_signal_exits_at_once_and_says_what_is_left_behind(lastcall, embedded_queue, stubborn):
    job, pid = stubborn
    sent = embedded_queue.send("stubborn")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "120s", "--reserve", "60s",
                           "--visibility", "45s", *job)
    eventually(pid, what="the job did not start")
    worker.signal()
    time.sleep(0.3)
    worker.signal()
    time.sleep(0.5)
    assert worker.is_running(), worker.stderr
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(10) == 70, worker.stderr
    assert stop.took_s < 1
    report = worker.report
    assert report["exit"] == 70
    [left] = report["messages"]["left_behind"]
    assert left["message_id"] == sent and left["why"] and 0 < left["visible_in_s"] <= 45
    dies_with_its_worker(pid())


def test_a_command_that_ignores_sigterm_does_not_hold_the_worker_beyond_its_grace(lastcall, embedded_queue, stubborn):
    job, pid = stubborn
    sent = embedded_queue.send("stubborn")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "4s", "--reserve", "2s",
                           "--visibility", "300s", *job)
    eventually(pid, what="the job did not start")
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(10) == 75, worker.stderr
    assert stop.took_s < 4.2
    dies_with_its_worker(pid())
    assert given_back(embedded_queue, sent)


def test_a_command_is_told_to_stop_and_may_finish_within_the_reserve(lastcall, embedded_queue, tmp_path):
    embedded_queue.send("polite")
    script = f"trap 'sleep 0.5; echo saved > {tmp_path}/saved; exit 75' TERM; touch {tmp_path}/started; sleep 60 & wait"
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "4s", "--reserve", "2s",
                           "exec", "--", "sh", "-c", script)
    eventually((tmp_path / "started").exists, what="the job did not start")
    worker.signal()
    assert worker.exit_code(10) == 75, worker.stderr
    assert (tmp_path / "saved").exists()
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)


def test_short_jobs_are_finished_and_only_the_long_one_is_cut(lastcall, embedded_queue, tmp_path):
    for name in ("1", "2", "600"):
        embedded_queue.send(name)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "6s", "--reserve", "1s",
                           "exec", "--", "sh", "-c", f"read -r s; touch {tmp_path}/began-$s; sleep $s; touch {tmp_path}/$s")
    eventually(lambda: len(list(tmp_path.glob("began-*"))) == 3, what="the jobs did not start")
    worker.signal()
    assert worker.exit_code(10) == 75, worker.stderr
    assert (tmp_path / "1").exists() and (tmp_path / "2").exists() and not (tmp_path / "600").exists()
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    assert worker.report["jobs"]["done"] == 2 and worker.report["jobs"]["cut"] == 1


def test_a_loop_that_is_stuck_does_not_hold_the_worker_beyond_its_grace(lastcall, embedded_queue, tmp_path):
    """The journal is a pipe that is full and that nobody reads: the job's first line stops its loop for ever."""
    pipe = tmp_path / "journal"
    os.mkfifo(pipe)
    ours = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(ours, bytes(4096))
        sent = embedded_queue.send("stuck")
        worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "3s", "--reserve", "1s",
                               "--visibility", "45s", "sleep", "--for", "1s", "--journal", pipe)
        eventually(lambda: embedded_queue.counts().in_flight == 1, what="the job did not start")
        time.sleep(0.3)
        with stopwatch() as stop:
            worker.signal()
            assert worker.exit_code(10) == 70, worker.stderr
        assert stop.took_s < 3.2
        [left] = worker.report["messages"]["left_behind"]
        assert left["message_id"] == sent and 0 < left["visible_in_s"] <= 45
    finally:
        os.close(ours)
