"""What the process is started with: streams that are closed, signals that are blocked, files that may not grow."""

import json
import os
import pathlib
import re
import signal
import socket
import sys

import pytest

from binary import ONLY_ITS_OWN_FILES
from sqs import Counts
from waiting import eventually

START_BLOCKED = [sys.executable, "-c", "import os, signal, sys\n"
                 "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
                 "os.execvp(sys.argv[1], sys.argv[1:])"]


@pytest.fixture
def silent():
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def start_that_asks(lastcall, endpoint):
    """A worker that catches signals already, and still asks for its queue."""
    worker = lastcall.start("work", "--queue", "jobs", "--endpoint-url", endpoint, "sleep")
    eventually(lambda: catches_sigterm(worker), what="it does not catch signals")
    return worker


def catches_sigterm(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s+(\S+)", status, re.MULTILINE)[1], 16) & 1 << signal.SIGTERM - 1


def without(*streams):
    return ["sh", "-c", 'exec "$@" ' + " ".join(f"{number}>&-" for number in streams), "sh"]


@pytest.mark.parametrize("streams", [(1,), (2,), (0, 1, 2)], ids=str)
def test_nothing_of_the_worker_takes_the_place_of_a_stream_that_is_closed(
        lastcall, embedded_queue, journal, tmp_path, streams):
    embedded_queue.send_many(20)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--report", tmp_path / "report",
                           "sleep", "--journal", journal, prefix=without(*streams), **ONLY_ITS_OWN_FILES)
    eventually(lambda: len(journal.ended) == 20)
    assert {os.readlink(f"/proc/{worker.pid}/fd/{stream}") for stream in streams} == {"/dev/null"}
    worker.signal()
    assert worker.exit_code() == 0
    assert json.loads((tmp_path / "report").read_text())["messages"]["deleted"] == 20


def test_a_worker_that_was_started_with_signals_blocked_can_be_told_to_stop(lastcall, embedded_queue, journal):
    embedded_queue.send_many(3)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "sleep", "--for", "1s", "--journal", journal,
                           prefix=START_BLOCKED)
    eventually(lambda: len(journal.started) == 3)
    worker.signal()
    assert worker.exit_code(within_s=10) == 0
    assert worker.report["reason"] == "SIGTERM"
    assert embedded_queue.counts() == Counts(0, 0, 0)


def test_files_that_may_not_grow_do_not_kill_the_worker(lastcall, embedded_queue, tmp_path):
    embedded_queue.send_many(20)
    # its output goes to files as well: nothing can be told, and everything is done
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--report", tmp_path / "report", "sleep",
                           prefix=["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"], **ONLY_ITS_OWN_FILES)
    assert worker.exit_code() == 0
    assert embedded_queue.counts() == Counts(0, 0, 0)


def test_a_hundred_commands_run_at_once_whatever_the_soft_limit_of_descriptors(lastcall, embedded_queue):
    """And each of them has that limit, as programs that use select() need it."""
    embedded_queue.send_many(100)
    worker = lastcall.work(embedded_queue, "--concurrency", "100", "--drain-when-empty",
                           "exec", "--", "sh", "-c", "ulimit -S -n; sleep 1",
                           prefix=["sh", "-c", 'ulimit -S -n 150; exec "$@"', "sh"])
    assert worker.exit_code() == 0
    assert worker.report["jobs"] == {"done": 100, "failed": 0, "cut": 0, "retried": 0}
    assert worker.stderr.count("line=150") == 100


def test_two_signals_while_it_starts_are_one_end_with_a_report(lastcall, silent):
    worker = start_that_asks(lastcall, silent)
    worker.signal()
    worker.signal(signal.SIGINT)
    assert worker.exit_code(within_s=10) == 0, worker.stderr
    assert worker.report["messages"]["received"] == 0


def test_a_signal_before_the_worker_catches_any_is_one_end_with_a_report(lastcall, silent, tmp_path):
    """While it reads its configuration, which takes as long as somebody takes to write it."""
    os.mkfifo(tmp_path / "slow.toml")
    for number in (signal.SIGTERM, signal.SIGINT):
        worker = lastcall.start("work", "--config", tmp_path / "slow.toml", "--endpoint-url", silent, "sleep")
        with open(tmp_path / "slow.toml", "w") as configuration:  # which waits until it reads
            worker.signal(signal.SIGUSR1)
            worker.signal(number)
            configuration.write("queue = 'jobs'")
        assert worker.exit_code(within_s=10) == 0, worker.stderr
        assert worker.report["reason"] == signal.Signals(number).name
        assert worker.report["messages"]["received"] == 0


def test_a_send_that_waits_for_its_file_can_be_ended(lastcall, silent, tmp_path):
    os.mkfifo(tmp_path / "jobs")
    send = lastcall.start("send", "--queue", "jobs", "--endpoint-url", silent, "--file", tmp_path / "jobs")
    eventually(lambda: catches_sigterm(send), what="it does not catch signals")
    send.signal(signal.SIGINT)
    assert send.exit_code(within_s=10) != 0


def test_signals_that_come_after_the_report_do_not_change_the_exit_code(lastcall, silent):
    for _ in range(20):
        worker = start_that_asks(lastcall, silent)
        worker.signal()
        while not worker.stdout:
            pass
        while worker.is_running():
            worker.signal()
        assert worker.exit_code() == worker.report["exit"] == 0
