"""The SQS servers that the binary is run against: its own, moto (Python) and fauxqs (Node)."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from binary import ROOT, Binary
from ports import free_port
from sqs import Service
from waiting import eventually

PEERS = pathlib.Path(os.environ.get("LASTCALL_PEERS", ROOT / "build" / "peers"))


class Missing(Exception):
    """A peer can't be had here, and why."""


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Server:
    """A server process. `service` is a client of it."""

    def __init__(self, name, port, process):
        self.name, self.process = name, process
        self.endpoint = f"http://127.0.0.1:{port}"
        self.service = Service(self.endpoint)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Embedded(Server):
    """lastcall's own; at its end it must have been sound, and end well."""

    def __init__(self, directory, *arguments, **environment):
        port = free_port()
        self.binary = Binary(directory)
        self.lastcall = self.binary.start("serve", "--listen", f"127.0.0.1:{port}", *arguments, **environment)
        super().__init__("embedded", port, self.lastcall.popen)
        eventually(lambda: accepts(port) or not self.lastcall.is_running(), what="lastcall serve does not answer")
        assert self.lastcall.is_running(), self.lastcall.stderr

    def stop(self):
        try:
            self.lastcall.signal()
            assert self.lastcall.exit_code(within_s=15) == 0, self.lastcall.stderr[-4000:]
        finally:
            self.binary.end()


class Peer(Server):
    """Someone else's server."""

    def __init__(self, name, port, command, directory):
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            process = subprocess.Popen([str(word) for word in command], cwd=directory, stdin=subprocess.PIPE, stdout=log,
                                       stderr=log, start_new_session=True)
        super().__init__(name, port, process)
        try:
            eventually(lambda: accepts(port) or process.poll() is not None, 60, f"{name} does not answer")
            if process.poll() is not None:
                raise Missing(f"{name} does not start: {self.log.read_text()[-300:]}")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.process.poll() is None:
            super().stop()


def python_with_moto():
    for python in filter(None, map(shutil.which, ("python3", "/usr/bin/python3"))):
        if subprocess.run([python, "-c", "import moto.server"], capture_output=True).returncode == 0:
            return python
    raise Missing("no python3 has moto with its server")


def moto(directory):
    port = free_port()
    script = pathlib.Path(__file__).parent / "peers" / "moto_with_a_lock.py"
    return Peer("moto", port, [python_with_moto(), "-B", script, "-H", "127.0.0.1", "-p", port], directory)


def node():
    """A Node with what test/system/peers asks for."""
    if not (PEERS / "installed.json").exists():
        raise Missing("the peers of npm are not installed (test/system/peers/install; needs npm)")
    return PEERS / "node_modules" / ".bin" / "node"


def fauxqs(directory):
    port = free_port()
    return Peer("fauxqs", port, [node(), PEERS / "fauxqs.mjs", port], directory)


START = {"embedded": Embedded, "moto": moto, "fauxqs": fauxqs}
