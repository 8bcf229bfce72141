"""The real binary: started, signalled, and asked what it said."""

import json
import os
import pathlib
import re
import signal
import subprocess
from collections import Counter

from waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LASTCALL_BIN", ROOT / "build" / "sanitize" / "lastcall"))

# What the sanitizers, an assertion or the C++ runtime say when the program is broken.
BROKEN = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed|terminate called")

# The file of the marks (test/marks.cpp) is one more that is open, and that grows: nothing for tests of descriptors or of
# the size of files.
ONLY_ITS_OWN_FILES = {"TEST_MARKS": None}


class Process:
    """A running lastcall. Its output goes to files, so that it never waits for us to read."""

    def __init__(self, arguments, environment, directory, prefix=(), stdin=subprocess.DEVNULL, program=BINARY):
        self.stdout_file, self.stderr_file = directory / "stdout", directory / "stderr"
        with open(self.stdout_file, "wb") as out, open(self.stderr_file, "wb") as err:
            self.popen = subprocess.Popen(
                [*prefix, program, *map(str, arguments)], env=environment, cwd=directory,
                stdin=stdin, stdout=out, stderr=err, start_new_session=True)
        self.pid = self.popen.pid

    @property
    def stdout(self):
        return self.stdout_file.read_text(errors="replace")

    @property
    def stderr(self):
        return self.stderr_file.read_text(errors="replace")

    def is_running(self):
        return self.popen.poll() is None

    def signal(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def exit_code(self, within_s=30.0):
        """Waits for its end. The test fails if it does not come in time."""
        try:
            return self.popen.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within_s} s\n{self.stderr[-4000:]}") from None

    def says(self, text, within_s=20.0):
        """Waits until it has said `text` on stderr or stdout."""
        eventually(lambda: text in self.stderr or text in self.stdout or not self.is_running(), within_s,
                   f"it did not say {text!r}")
        assert text in self.stderr or text in self.stdout, f"ended without saying {text!r}:\n{self.stderr[-4000:]}"

    @property
    def report(self):
        """The report at exit: the last line of stdout."""
        lines = self.stdout.splitlines()
        assert lines, f"there is no report on stdout; stderr:\n{self.stderr[-4000:]}"
        return json.loads(lines[-1])

    def kill(self):
        """Ends it, and all that it started, whatever state they are in."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def check_sanity(self):
        found = BROKEN.search(self.stderr)
        assert not found, self.stderr[max(0, found.start() - 500):][:6000]


class Binary:
    """Starts lastcall in a fresh folder each time, with nothing of the caller's environment but the PATH."""

    def __init__(self, directory):
        self.directory = directory
        self.processes = []

    def start(self, *arguments, prefix=(), stdin=subprocess.DEVNULL, program=BINARY, **environment):
        """Further keyword arguments are environment variables; one that is None is left out."""
        directory = self.directory / f"process-{len(self.processes)}"
        directory.mkdir()
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        } | {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS") or "SYMBOLIZER" in name
             or name == "TEST_MARKS"}
        given = {name: str(value) for name, value in (base | environment).items() if value is not None}
        process = Process(arguments, given, directory, prefix, stdin, program)
        self.processes.append(process)
        return process

    def run(self, *arguments, within_s=30.0, **options):
        """Starts it and waits for its end; `code` is its exit code."""
        process = self.start(*arguments, **options)
        process.code = process.exit_code(within_s)
        return process

    def work(self, queue, *arguments, **options):
        """A worker on a queue, as `lastcall work --queue … ARGUMENTS`."""
        return self.start("work", "--queue", queue.name, "--endpoint-url", queue.service.endpoint, *arguments,
                          **options)

    def end(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.check_sanity()


class Journal:
    """What `sleep --journal` wrote: a line when a job starts (S) and one when it ends (E)."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)

    __str__ = __fspath__

    def _ids(self, mark):
        if not self.path.exists():
            return Counter()
        lines = [line.split() for line in self.path.read_text().splitlines()]
        assert all(len(line) == 3 and line[0] in "SE" and line[2].isdigit() for line in lines), lines
        return Counter(line[1] for line in lines if line[0] == mark)

    @property
    def started(self):
        """How often each message's job was started."""
        return self._ids("S")

    @property
    def ended(self):
        """How often each message's job ran to its end."""
        return self._ids("E")
