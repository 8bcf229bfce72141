"""The embedded server against other emulators: send batch → receive → delete batch, over and over, on one core.

Each is loaded by the number of connections at which it does best, and for long enough that a just-in-time compiler has
done its work before anything is measured. CPU is that of all threads and children.
"""

import shutil
import time

from contestants import NODE, PEERS
from machine import BINARY, RELEASE, SERVER_CORE, WORKER_CORE, Process
from ports import free_port
from service import Service

MILLION = 1_000_000
CONNECTIONS = 16
MOTO_CONNECTIONS = 1  # each has a thread, and what more of them cost to share one interpreter grows with their number
WARM_UP_S = 6


def compare(bench):
    candidates = {
        "stub, no semantics": (lambda port: [RELEASE / "bench_stub", port], (RELEASE / "bench_stub").exists()),
        "lastcall serve": (lambda port: [BINARY, "serve", "--listen", f"127.0.0.1:{port}"], True),
        "fauxqs": (lambda port: [NODE, PEERS / "fauxqs.mjs", port], (PEERS / "node_modules" / "fauxqs").exists()),
        "moto": (lambda port: ["moto_server", "-p", port], shutil.which("moto_server") is not None)}
    for name, (command, installed) in candidates.items():
        if not installed:
            bench.left_out[name] = "not installed"
            continue
        for run in range(bench.runs):
            bench.record(name, run, lambda: _cycle(bench, name, command))
    bench.left_out["LocalStack, ElasticMQ, GoAWS"] = "not in Debian or npm"


def _cycle(bench, name, command):
    port = free_port()
    server = Process(command(port), SERVER_CORE, bench.directory)
    row = {"first_answer_ms": round(_first_answer(server, port) * 1000, 1)}
    service = Service(bench.directory, f"http://127.0.0.1:{port}")
    is_ours = name.startswith("lastcall")
    if is_ours:
        before = server.cpu_s()
        time.sleep(10 if not bench.quick else 2)
        row["idle_cpu_ms"] = round((server.cpu_s() - before) * 1000)
    queue = service.queue()
    path = "/" + queue.url.split("/", 3)[3]
    connections = MOTO_CONNECTIONS if name == "moto" else CONNECTIONS
    load = Process([RELEASE / "bench_floor", "load", port, path, connections], WORKER_CORE, bench.directory)
    time.sleep(WARM_UP_S)
    at, cpu, done = time.monotonic(), server.cpu_s(), _cycles(load)
    time.sleep(bench.window_s)
    done, seconds, used = _cycles(load) - done, time.monotonic() - at, server.cpu_s() - cpu
    load.kill()
    if done <= 0:
        raise RuntimeError(f"{name} answers nothing: {server.said()[1][-300:]} {load.said()[1][-300:]}")
    row |= {"per_s": round(done / seconds), "server_cpu_us": round(used / done * 1e6, 2)}
    if is_ours:
        full = service.queue()
        full.fill(MILLION)
        row["million_mib"] = round(server.rss_kib() / 1024)
    return row


def _first_answer(server, port):
    """From the start of the process to its first answer."""
    while time.time() - server.started < 30:
        try:
            Service(server.out_file.parent, f"http://127.0.0.1:{port}").call("ListQueues")
            return time.time() - server.started
        except (OSError, RuntimeError):
            time.sleep(0.001)
    raise RuntimeError(f"no answer: {server.said()[1][-300:]}")


def _cycles(load):
    """Messages that have been through all three, as the load says ten times a second."""
    said = load.said()[0].split()
    return int(said[-1]) if said else 0
