"""Instructions a message, counted by callgrind: figures that other programs on the machine do not move.

The worker alone is counted, while it drains a queue of empty jobs, ten at a time on one poller, so that every receive
is full whatever the timing; and the server alone, while one client sends ten messages, receives them and deletes them,
over and over. Each is counted with few messages and with more; start-up and end cancel out in the difference. What
depends on the processor (OpenSSL's and glibc's choice of code) is fixed.
"""

import json
import os
import re
import shutil
import subprocess
import sys

from contestants import HERE, Job, LASTCALL
from machine import BINARY, ENVIRONMENT, RELEASE, ROOT, SERVER_CORE, WORKER_CORE, Process
from ports import free_port
from service import Service

KEPT = HERE / "instructions.json"
ORDER = ROOT / "src" / "app" / "code_order.txt"
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


def _under_callgrind(program, directory, *arguments):
    return ["setarch", "-R", "valgrind", "--tool=callgrind", f"--callgrind-out-file={directory / 'callgrind.out'}",
            "--demangle=no", "--compress-strings=no", str(program), *map(str, arguments)]


def _counted(said):
    found = re.search(r"Collected : (\d+)", said)
    if not found:
        raise RuntimeError(f"callgrind: {said[-2000:]}")
    return int(found.group(1))


def _worker(program, directory, count):
    service = Service(directory)
    try:
        queue = service.queue()
        queue.fill(count)
        arguments = LASTCALL.arguments(queue, Job(concurrency=10, options=(
            "--pollers", 1, "--wait", "1s", "--drain-when-empty")), service.endpoint)
        done = subprocess.run(
            ["taskset", "-c", str(WORKER_CORE), *_under_callgrind(program, directory, *arguments[1:])],
            capture_output=True, text=True, env=FIXED, timeout=120, cwd=directory)
        report = json.loads((done.stdout.splitlines() or ["{}"])[-1])
        if report.get("jobs", {}).get("done") != count:
            raise RuntimeError(f"callgrind: {done.stdout[-500:]} {done.stderr[-1500:]}")
        return _counted(done.stderr)
    finally:
        service.stop()


def _server(program, directory, count):
    port = free_port()
    server = Process(_under_callgrind(program, directory, "serve", "--listen", f"127.0.0.1:{port}"), SERVER_CORE,
                     directory, FIXED)
    try:
        server.says("listening on")
        path = "/" + Service(directory, f"http://127.0.0.1:{port}").queue().url.split("/", 3)[3]
        subprocess.run(["taskset", "-c", str(WORKER_CORE), RELEASE / "bench_floor", "load", str(port), path, "1",
                        str(count)], check=True, stdout=subprocess.DEVNULL, timeout=120)
        server.signal()
        server.wait(60)
        return _counted(server.said()[1])
    finally:
        server.kill()


COUNTED = {"worker": _worker, "server": _server}


def count(what, directory, runs=RUNS):
    """The instructions a message of each run."""
    found = []
    program = _without_debug_information(directory)
    for _ in range(runs):
        short, long = COUNTED[what](program, directory, SHORT), COUNTED[what](program, directory, LONG)
        found.append((long - short) / (LONG - SHORT))
        print(f"  {what}: {found[-1]:,.0f} instructions a message", file=sys.stderr, flush=True)
    return found


def check(directory, keep=False):
    """0: no count has grown by more than 5 % over the figure that is kept."""
    if not shutil.which("valgrind"):
        print("valgrind is not installed: nothing is counted")
        return 69
    os.sched_setaffinity(0, {SERVER_CORE})
    kept = json.loads(KEPT.read_text())
    grown = False
    for what, figures in kept.items():
        found = sorted(count(what, directory))
        middle, spread = found[len(found) // 2], (found[-1] - found[0]) / found[0]
        before = figures["instructions_per_message"]
        growth = middle / before - 1
        print(f"{what}: {middle:,.0f} instructions a message (spread {spread:.2%} in {len(found)} runs); kept: "
              f"{before:,.0f}; {growth:+.1%}")
        figures["instructions_per_message"] = round(middle)
        grown = grown or growth > MOST_GROWTH
    if keep:
        KEPT.write_text(json.dumps(kept, indent=2) + "\n")
        return 0
    if grown:
        print(f"that is more than {MOST_GROWTH:.0%} of growth. Find what it buys; if it is worth it, keep the new figure "
              "with `scripts/bench --quick --keep`, and give the reason in the same commit")
    return int(grown)


def write_order(directory):
    """Writes down which functions a worker runs, from its start over a few messages to its end. The linker puts them
    together, so that few pages hold what runs: in the order of their names, so that a new one is one line of change."""
    program = _without_debug_information(directory)
    _worker(program, directory, 20)
    ours, run = False, set()
    for line in (directory / "callgrind.out").read_text().splitlines():
        what, _, name = line.partition("=")
        if what == "ob":
            ours = name == str(program)
        elif what == "fn" and ours:
            run.add(re.sub(r"'\d+$", "", name))  # a number says how deep a recursion is
    symbols = subprocess.run(["nm", "--defined-only", "--format=just-symbols", program], check=True,
                             capture_output=True, text=True).stdout.split("\n")
    ORDER.write_text("# What a worker runs, kept together in memory. Made by `scripts/bench --order`.\n" +
                     "".join(name + "\n" for name in sorted(run.intersection(symbols))))
    return 0
