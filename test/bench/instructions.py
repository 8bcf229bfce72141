"""Instructions a message, counted by callgrind: a figure that other programs on the machine do not move.

The worker alone is counted, while it drains a queue of empty jobs, ten at a time on one poller, so that every receive
is full whatever the timing. Two queues of different lengths are drained; start-up and end cancel out in the
difference. What depends on the processor (OpenSSL's and glibc's choice of code) is fixed.
"""

import json
import os
import re
import shutil
import subprocess
import sys

from contestants import HERE, Job, LASTCALL
from machine import BINARY, ENVIRONMENT, SERVER_CORE, WORKER_CORE
from service import Service

KEPT = HERE / "instructions.json"
MOST_GROWTH = 0.05
SHORT, LONG = 2_000, 6_000
RUNS = 3

FIXED = ENVIRONMENT | {
    "OPENSSL_ia32cap": "~0x1000000000000000:0",  # neither AVX, nor AVX2 or the SHA instructions
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-FSRM,-BMI2"}


def _without_debug_information(directory):
    """A copy that Debian's valgrind can load: it does not read what clang 19 writes there."""
    copy = directory / "lastcall-counted"
    subprocess.run(["strip", "--strip-debug", "-o", copy, BINARY], check=True)
    return copy


def _drain(program, directory, count):
    service = Service(directory)
    try:
        queue = service.queue()
        queue.fill(count)
        arguments = LASTCALL.arguments(queue, Job(concurrency=10, options=(
            "--pollers", 1, "--wait", "1s", "--drain-when-empty")), service.endpoint)
        done = subprocess.run(
            ["taskset", "-c", str(WORKER_CORE), "setarch", "-R", "valgrind", "--tool=callgrind",
             "--callgrind-out-file=" + str(directory / f"callgrind.{count}.out"), str(program), *map(str, arguments[1:])],
            capture_output=True, text=True, env=FIXED, timeout=120, cwd=directory)
        counted = re.search(r"Collected : (\d+)", done.stderr)
        report = json.loads((done.stdout.splitlines() or ["{}"])[-1])
        if not counted or report.get("jobs", {}).get("done") != count:
            raise RuntimeError(f"callgrind: {done.stdout[-500:]} {done.stderr[-1500:]}")
        return int(counted.group(1)), report["polls"]["answered"]
    finally:
        service.stop()


def count(directory, runs=RUNS):
    """The instructions a message of each run."""
    found = []
    program = _without_debug_information(directory)
    for _ in range(runs):
        short, long = _drain(program, directory, SHORT), _drain(program, directory, LONG)
        found.append((long[0] - short[0]) / (LONG - SHORT))
        print(f"  {found[-1]:,.0f} instructions a message ({long[1] - short[1]} more receives)", file=sys.stderr,
              flush=True)
    return found


def check(directory, keep=False):
    """0: the count has not grown by more than 5 % over the figure that is kept."""
    if not shutil.which("valgrind"):
        print("valgrind is not installed: nothing is counted")
        return 69
    os.sched_setaffinity(0, {SERVER_CORE})
    found = sorted(count(directory))
    middle, spread = found[len(found) // 2], (found[-1] - found[0]) / found[0]
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"instructions_per_message": middle}
    before = kept["instructions_per_message"]
    growth = middle / before - 1
    print(f"{middle:,.0f} instructions a message (spread {spread:.2%} in {len(found)} runs); kept: {before:,.0f}; "
          f"{growth:+.1%}")
    if keep:
        KEPT.write_text(json.dumps(kept | {"instructions_per_message": round(middle)}, indent=2) + "\n")
        return 0
    if growth > MOST_GROWTH:
        print(f"that is more than {MOST_GROWTH:.0%} of growth. Find what it buys; if it is worth it, keep the new figure "
              "with `scripts/bench --quick --keep`, and give the reason in the same commit")
        return 1
    return 0
