"""One measurement: a worker, a queue, and what is read off the two while it works."""

import os
import select
import signal
import time
from contextlib import contextmanager

from contestants import HERE, PYTHON, Job
from machine import WORKER_CORE, Process

SAMPLE_S = 0.05


@contextmanager
def running(contestant, queue, job, core=WORKER_CORE, endpoint=None):
    endpoint = endpoint or queue.service.endpoint
    process = Process(contestant.arguments(queue, job, endpoint), core, queue.service.directory,
                      contestant.environment_for(queue, job, endpoint))
    try:
        yield process
    finally:
        process.kill()


def fill(contestant, queue, count):
    if not contestant.needs_own_tasks:
        return queue.fill(count)
    sender = Process([PYTHON, HERE / "peers" / "celery_app.py", "fill", count], WORKER_CORE, queue.service.directory,
                     contestant.environment_for(queue, Job(), queue.service.endpoint))
    try:
        if sender.wait(600) != 0:
            raise RuntimeError(f"Celery can't fill the queue: {sender.said()[1]}")
    finally:
        sender.kill()


def throughput(contestant, service, job, window_s=3.0, pace=None, endpoint=None, core=WORKER_CORE, fifo=False):
    """Messages a second, and CPU a message of the worker and the server, in steady state: between two moments at
    which the queue is asked what it holds. Start-up and end do not count."""
    queue = service.queue(fifo=fifo)
    count = int((pace or contestant.pace) * (window_s + 2.0)) + 200
    try:
        fill(contestant, queue, count)
        with running(contestant, queue, job, core, endpoint) as process:
            if not queue.wait_until_below(count * 0.98, 60):
                raise RuntimeError(f"{contestant.name} does nothing: {process.said()[1][-500:]}")
            samples = []
            until = time.monotonic() + window_s
            while True:
                samples.append((time.monotonic(), queue.left(), process.cpu_s(),
                                service.process.cpu_s() if service.process else 0.0))
                if samples[-1][0] >= until or samples[-1][1] < count * 0.02:
                    break
                time.sleep(SAMPLE_S)
        (t0, left0, cpu0, server0), (t1, left1, cpu1, server1) = samples[0], samples[-1]
        done = left0 - left1
        if done <= 0 or len(samples) < 3:
            raise RuntimeError(f"{contestant.name} did nothing that could be measured ({done} messages)")
        return {"messages": done, "seconds": round(t1 - t0, 3), "per_s": round(done / (t1 - t0), 1),
                "cpu_us": round((cpu1 - cpu0) / done * 1e6, 2), "server_cpu_us": round((server1 - server0) / done * 1e6, 2),
                "core_used": round((cpu1 - cpu0) / (t1 - t0), 3)}
    finally:
        queue.delete()


def journal_lines(path):
    if not path.exists():
        return []
    return [line.split() for line in path.read_text().splitlines() if line.count(" ") == 2]


def stop_and_wait(process, within_s):
    """SIGTERM; answers (when it was sent, when the process was gone), seconds since the epoch; None: it did not go."""
    end = os.pidfd_open(process.pid)  # waits without polling
    try:
        sent = time.time()
        process.signal(signal.SIGTERM)
        has_gone = select.select([end], [], [], within_s)[0]
        return sent, time.time() if has_gone else None
    finally:
        os.close(end)
