"""Processes pinned to a core, and what they use."""

import itertools
import os
import pathlib
import platform
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("LASTCALL_BENCH_BIN", ROOT / "build" / "release"))
BINARY = RELEASE / "lastcall"

CORES = sorted(os.sched_getaffinity(0))
WORKER_CORE = CORES[0]
SERVER_CORE = CORES[min(1, len(CORES) - 1)]
# The harness itself rests while it measures; where there is a third core it is there.
HARNESS_CORE = CORES[min(2, len(CORES) - 1)]

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith(("AWS_", "LASTCALL_", "BENCH_"))} | KEYS


class Process:
    """A program on one core. Ends with the harness, by SIGKILL if it must."""

    running = []

    names = itertools.count()

    def __init__(self, arguments, core, directory, environment=None, stdin=None, is_shared=False):
        """`is_shared`: it serves several measurements, and is not ended with the first."""
        self.name = pathlib.Path(str(arguments[0])).name
        said = directory / f"{self.name}-{next(Process.names) % 64}"
        self.out_file, self.err_file = said.with_suffix(".out"), said.with_suffix(".err")
        with open(self.out_file, "wb") as out, open(self.err_file, "wb") as err:
            self.started = time.time()
            self.popen = subprocess.Popen(
                ["taskset", "-c", ",".join(map(str, core if isinstance(core, (list, tuple)) else [core])),
                 *map(str, arguments)],
                stdout=out, stderr=err, stdin=stdin or subprocess.DEVNULL, cwd=directory,
                env=environment or ENVIRONMENT, start_new_session=True)
        self.pid = self.popen.pid
        self.is_shared = is_shared
        Process.running.append(self)

    def family(self):
        """This process and its descendants."""
        pids, found = [self.pid], []
        while pids:
            pid = pids.pop()
            found.append(pid)
            for task in _list(f"/proc/{pid}/task"):
                pids += map(int, _read(f"/proc/{pid}/task/{task}/children").split())
        return found

    def cpu_s(self):
        """User and system time so far, of the process with its children, ended ones included."""
        total = 0
        for pid in self.family():
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) if fields else 0
        return total / TICKS_PER_S

    def rss_kib(self):
        return sum(int(found[1]) for pid in self.family()
                   if (found := re.search(r"VmRSS:\s+(\d+)", _read(f"/proc/{pid}/status"))))

    def is_running(self):
        return self.popen.poll() is None

    def signal(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def wait(self, within_s):
        return self.popen.wait(within_s)

    def kill(self):
        if self.is_running():
            for pid in reversed(self.family()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.popen.wait()
        if self in Process.running:
            Process.running.remove(self)

    def said(self):
        return self.out_file.read_text(errors="replace"), self.err_file.read_text(errors="replace")

    def says(self, text, within_s=30):
        until = time.monotonic() + within_s
        while time.monotonic() < until and self.is_running():
            if text in self.out_file.read_text(errors="replace"):
                return
            time.sleep(0.002)
        raise RuntimeError(f"{self.name} does not say '{text}': {' '.join(self.said())[-2000:]}")


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _list(path):
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []


def end_all(shared=False):
    """Ends what is left of a measurement; `shared`: of the session."""
    for process in list(Process.running):
        if shared or not process.is_shared:
            process.kill()


def output_of(*command):
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60,
                              env=ENVIRONMENT).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def package_version(name):
    return output_of("dpkg-query", "-W", "-f", "${Version}", name)


def description():
    """What the figures were taken on."""
    cpu = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s+(\d+)", _read("/proc/meminfo"))
    system = re.search(r'PRETTY_NAME="(.*)"', _read("/etc/os-release"))
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": len(CORES),
            "memory_gib": round(int(memory.group(1)) / 2**20) if memory else None,
            "kernel": platform.release(), "system": system.group(1) if system else platform.system(),
            "lastcall": output_of(BINARY, "--version"),
            "commit": output_of("git", "-C", ROOT, "rev-parse", "--short", "HEAD"),
            "load_at_start": round(os.getloadavg()[0], 2)}
