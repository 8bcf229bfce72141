"""Workers that are stopped and replaced while their queue is busy, and the jobs' own account of what ran."""

import concurrent.futures
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from binary import Binary
from sqs import Counts
from waiting import eventually, stopwatch

GRACE_S = 40

# A job that takes as many seconds as its body says, and writes one line when it starts and one when it ends.
SCRIPT = """
read -r seconds
note() { printf '%s %s %s %s %s\\n' "$1" "$LASTCALL_MESSAGE_ID" "$(date +%s%6N)" "$WORKER" "$LASTCALL_RECEIVE_COUNT"; }
note S >> "$JOURNAL"
sleep "$seconds"
note E >> "$JOURNAL"
"""


@dataclass
class Run:
    """One run of a message's job, as the job itself wrote it down."""
    worker: str
    receive_count: int
    started_s: float
    ended_s: float | None = None


class Runs:
    """What the jobs wrote: by message id, each job's runs in the order of their starts."""

    def __init__(self, path):
        self.of = defaultdict(list)
        lines = path.read_text().splitlines() if path.exists() else []
        for mark, message_id, at_us, worker, count in map(str.split, lines):
            runs, at_s = self.of[message_id], int(at_us) / 1e6
            if mark == "S":
                runs.append(Run(worker, int(count), at_s))
            else:
                [run] = [run for run in runs if (run.worker, run.receive_count) == (worker, int(count))]
                assert run.ended_s is None, f"{message_id} ended twice in one run"
                run.ended_s = at_s

    def all(self):
        return [run for runs in self.of.values() for run in runs]

    def by(self, worker):
        return [run for run in self.all() if run.worker == worker]


@dataclass
class Fleet:
    """Workers on one queue, each in its place; a place always has its worker."""

    directory: object
    queue: object
    options: list
    places: int
    random: object
    pauses_s: tuple  # between two deployments of a place, from and to
    reports: list = field(default_factory=list)
    killed_at_s: dict = field(default_factory=dict)

    def __post_init__(self):
        self.binary = Binary(self.directory)
        self.journal = self.directory / "runs"
        self.starting = threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(64)
        self.leaving = []
        self.over = threading.Event()

    def deploy(self, stop):
        """Begins to replace workers at random moments. `stop` is what becomes of the one that is replaced."""
        draws = [self.random.randrange(1 << 30) for _ in range(self.places)]
        self.places_end = [self.pool.submit(self._hold_place, type(self.random)(draw), stop) for draw in draws]

    def _hold_place(self, random, stop):
        worker = self.start()
        while not self.over.wait(random.uniform(*self.pauses_s)):
            replacement = self.start()  # as a rolling deployment does: it is there before the other one leaves
            self.leaving.append(self.pool.submit(stop, self, worker))
            worker = replacement
        return worker

    def start(self):
        with self.starting:
            name = f"w{len(self.binary.processes)}"
            worker = self.binary.work(self.queue, *self.options, "--grace", f"{GRACE_S}s", "exec", "--", "sh", "-c",
                                      SCRIPT, JOURNAL=self.journal, WORKER=name)
        worker.name = name
        return worker

    def finish(self, within_s):
        """Ends the deployments, waits until the queue is empty, and lets the last workers go."""
        self.over.set()
        last = [place.result() for place in self.places_end]
        for leaving in self.leaving:
            leaving.result()
        eventually(lambda: self.queue.counts() == Counts(0, 0, 0), within_s, "the queue does not become empty")
        for ending in [self.pool.submit(terminate, self, worker) for worker in last]:
            ending.result()

    def runs(self):
        return Runs(self.journal)

    def total(self, part, name):
        return sum(report[part][name] for report in self.reports)

    def end(self):
        self.over.set()
        self.binary.end()
        self.pool.shutdown()


def terminate(fleet, worker):
    """SIGTERM: it leaves in time, holds nothing, and its report agrees with its jobs."""
    with stopwatch() as leave:
        worker.signal()
        code = worker.exit_code(GRACE_S + 5)
    ran = fleet.runs().by(worker.name)
    if code == -signal.SIGTERM and not ran and not worker.stdout:
        return  # so early that it had no handler for the signal yet
    assert code == 0, worker.stderr[-4000:]
    assert leave.took_s < GRACE_S, f"it took {leave.took_s} s"
    check_report(worker, done=len(ran))
    assert all(run.ended_s for run in ran), "a job was cut, or is still running"
    fleet.reports.append(worker.report)


def kill(fleet, worker):
    """SIGKILL, and when that was."""
    # taken before: what ends after this moment may not have been deleted
    fleet.killed_at_s[worker.name] = time.time()
    worker.signal(signal.SIGKILL)
    assert worker.exit_code(10) == -signal.SIGKILL


def check_report(worker, done):
    """Of a drain that had time for everything."""
    report = worker.report
    jobs, messages = report["jobs"], report["messages"]
    report = f"{report}\n{worker.stderr[-4000:]}"
    assert (worker.report["reason"], worker.report["exit"]) == ("SIGTERM", 0)
    assert jobs["done"] == messages["deleted"] == done, report
    assert jobs["cut"] == jobs["failed"] == jobs["retried"] == messages["lost"] == 0, report
    assert messages["received"] == messages["deleted"] + messages["released"], report
    assert messages["left_behind"] == [] and "risk" not in worker.report, report


def once_each(ids):
    return Counter({one: 1 for one in ids})


def rolling_s(default):
    """How long deployments go on in each of these tests."""
    return float(os.environ.get("LASTCALL_ROLLING_S", default))
