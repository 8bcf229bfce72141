"""Deployments at random moments on a busy queue (promises 1 to 6 and 9), with real processes.

Each test goes on for LASTCALL_ROLLING_S seconds (25 unless set) before it lets the queue run empty:

    LASTCALL_ROLLING_S=300 pytest -s test/system/test_rolling_deploy.py

LASTCALL_ROLLING_SEED=N repeats the moments and the jobs of a run, as far as processes can be repeated; the seed is
printed.
"""

import concurrent.futures
import os
import random
import time

import pytest

from binary import Binary, Journal
from deploys import Fleet, check_report, kill, once_each, rolling_s, terminate
from servers import Embedded
from sqs import Counts

ROLLING_S = rolling_s(25)
SLOWEST_JOB_S = 12
pytestmark = pytest.mark.timeout_s(int(ROLLING_S) + 150)

# Each drawn job is of one of these kinds: from, to, in seconds.
MIXED = [(0.001, 0.02), (0.05, 0.5), (0.05, 0.5), (0.5, 3), (3, SLOWEST_JOB_S)]
SHORTER = [(0.001, 0.02), (0.05, 0.5), (0.3, 1.5)]


@pytest.fixture
def chance():
    seed = int(os.environ.get("LASTCALL_ROLLING_SEED") or random.randrange(1 << 30))
    print(f"LASTCALL_ROLLING_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def deploy_queue(request, running, tmp_path, queue_name):
    """A queue of lastcall's own server, as inconvenient as SQS ('aws', 'aws-fifo'), or of someone else's."""
    if not request.param.startswith("aws"):
        yield running(request.param).service.create_queue(queue_name)
        return
    (tmp_path / "server").mkdir()
    server = Embedded(tmp_path / "server", "--fidelity", "aws")
    is_fifo = request.param == "aws-fifo"
    yield server.service.create_queue(queue_name + ".fifo", FifoQueue="true") if is_fifo else \
        server.service.create_queue(queue_name)
    server.stop()


@pytest.fixture
def fleet_of(tmp_path, chance):
    fleets = []

    def make(queue, *options, places=3, pauses_s=(0.5, 5)):
        directory = tmp_path / f"fleet-{len(fleets)}"
        directory.mkdir()
        fleets.append(Fleet(directory, queue, [*options], places, chance, pauses_s))
        return fleets[-1]

    yield make
    for fleet in fleets:
        fleet.end()


def keep_busy(queue, chance, kinds, groups=0):
    """Sends jobs for ROLLING_S, as many as are worked off, and answers their ids by group, in order."""
    sent = {}
    end = time.monotonic() + ROLLING_S
    while time.monotonic() < end:
        if queue.counts().visible < 30:
            for _ in range(chance.randrange(1, 12)):
                group = f"g{chance.randrange(groups)}" if groups else ""
                fifo = {"MessageGroupId": group, "MessageDeduplicationId": os.urandom(8).hex()} if groups else {}
                seconds = round(chance.uniform(*chance.choice(kinds)), 3)
                sent.setdefault(group, []).append(queue.send(str(seconds), **fifo))
        time.sleep(chance.uniform(0.02, 0.4))
    return sent


@pytest.mark.parametrize("deploy_queue", ["aws", "aws-fifo", "fauxqs"], indirect=True)
def test_each_job_runs_to_its_end_once_while_workers_are_replaced(deploy_queue, fleet_of, chance):
    is_fifo = deploy_queue.name.endswith(".fifo")
    fleet = fleet_of(deploy_queue, "--concurrency", "6", "--wait", "3s", "--visibility", "10s")
    fleet.deploy(terminate)
    sent = keep_busy(deploy_queue, chance, SHORTER if is_fifo else MIXED, groups=12 if is_fifo else 0)
    fleet.finish(within_s=60)

    ids = [message for group in sent.values() for message in group]
    runs = fleet.runs()
    assert {message: len(its) for message, its in runs.of.items()} == once_each(ids)
    assert all(run.ended_s for run in runs.all())
    # What the queue says of how often it handed each message out, and what the reports say: nothing was leased to a
    # worker that did not know of it.
    assert sum(run.receive_count for run in runs.all()) == fleet.total("messages", "received")
    assert fleet.total("messages", "deleted") == len(ids)
    for group in sent.values() if is_fifo else ():
        ordered = [runs.of[message][0] for message in group]
        assert all(before.ended_s <= after.started_s for before, after in zip(ordered, ordered[1:]))
    print(f"{len(fleet.reports)} workers left, {len(ids)} jobs, "
          f"{fleet.total('messages', 'received')} received, {fleet.total('messages', 'released')} released, "
          f"{fleet.total('messages', 'late')} of them late, {fleet.total('messages', 'extended')} extensions")


@pytest.mark.parametrize("deploy_queue", ["aws", "fauxqs"], indirect=True)
def test_killed_workers_lose_nothing_and_double_only_what_they_ran(deploy_queue, fleet_of, chance):
    settled_within_s = 3  # after its end a job's delete is answered, on a busy machine
    fleet = fleet_of(deploy_queue, "--concurrency", "6", "--wait", "3s", "--visibility", "6s", pauses_s=(1, 7))
    fleet.deploy(kill)
    sent = keep_busy(deploy_queue, chance, MIXED)
    fleet.finish(within_s=90)

    runs = fleet.runs()
    assert set(runs.of) == set(sent[""])
    again = 0
    for its in runs.of.values():
        assert its[-1].ended_s, "a job was lost"
        again += len(its) - 1
        for run, after in zip(its, its[1:]):
            killed_s = fleet.killed_at_s.get(run.worker)
            assert killed_s, f"{run} ran again, and its worker was not killed"
            assert not run.ended_s or run.ended_s > killed_s - settled_within_s, f"{run} was done, and ran again"
            assert after.started_s > killed_s, f"{after} began while {run} ran"
    print(f"{len(fleet.killed_at_s)} workers killed, {len(runs.of)} jobs, {again} runs again")


class Lane:
    """A queue with one worker at a time: each is gone before the next one comes."""

    def __init__(self, directory, queue, draw):
        directory.mkdir()
        self.queue, self.chance = queue, random.Random(draw)
        self.binary, self.journal = Binary(directory), Journal(directory / "journal")
        self.ids, self.reports = [], []

    def run(self):
        end = time.monotonic() + ROLLING_S
        while time.monotonic() < end:
            self.ids += self.queue.send_many(self.chance.randrange(0, 25))
            self.deploy_once()
        rest = self.binary.work(self.queue, "--drain-when-empty", "--wait", "1s", "--concurrency", "20", "sleep",
                                "--for", "0ms", "--journal", self.journal)
        assert rest.exit_code(60) == 0, rest.stderr
        assert self.journal.started == self.journal.ended == once_each(self.ids)
        assert self.queue.counts() == Counts(0, 0, 0)

    def deploy_once(self):
        grace_s = 25
        before = len(self.ids) - self.done()
        worker = self.binary.work(
            self.queue, "--grace", f"{grace_s}s", "--wait", "2s", "--visibility", "10s", "--concurrency", "6", "sleep",
            "--for", f"{self.chance.choice([5, 60, 300, 1000, 3000, SLOWEST_JOB_S * 1000])}ms", "--journal", self.journal)
        time.sleep(self.chance.uniform(0.3, 4))
        began = time.monotonic()
        worker.signal()
        code = worker.exit_code(grace_s + 5)
        left = self.queue.counts()  # at once: what is in flight now was left by the process that has just gone
        assert time.monotonic() - began < grace_s
        assert left == Counts(visible=len(self.ids) - self.done(), in_flight=0, delayed=0)
        assert self.journal.started == self.journal.ended, "a job was cut, or is still running"
        if code == 0:
            check_report(worker, done=before - left.visible)
            self.reports.append(worker.report)
        else:
            assert code == -15 and before == left.visible and not worker.stdout, worker.stderr

    def done(self):
        return sum(self.journal.ended.values())


@pytest.mark.parametrize("deploy_queue", ["aws", "moto"], indirect=True)
def test_each_process_leaves_a_queue_as_its_report_says(deploy_queue, tmp_path, chance):
    service = deploy_queue.service
    lanes = [Lane(tmp_path / f"lane-{n}", service.create_queue(f"{deploy_queue.name}-{n}"), chance.randrange(1 << 30))
             for n in range(3)]
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for running in [pool.submit(lane.run) for lane in lanes]:
                running.result()
    finally:
        for lane in lanes:
            lane.binary.end()
    reports = [report for lane in lanes for report in lane.reports]
    print(f"{len(reports)} workers left, {sum(len(lane.ids) for lane in lanes)} jobs, "
          f"{sum(report['messages']['released'] for report in reports)} released")
