"""What the tests of the real binary share: servers, queues, the binary itself, and a time limit for each test."""

import os
import pathlib
import re
import signal
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))  # for `ports`

import servers
from binary import Binary, Journal

TEST_TIMEOUT_S = 90


def pytest_configure(config):
    config.addinivalue_line("markers", f"timeout_s(seconds): may take longer than {TEST_TIMEOUT_S} s")
    config.addinivalue_line("filterwarnings", "ignore:Requiring AUTH while not requiring TLS")


def pytest_collection_modifyitems(config, items):
    """Keeps the tests with the words of `scripts/test WORDS` in their names."""
    plain = lambda text: re.sub(r"[^a-z0-9]+", " ", text.lower())
    words = plain(os.environ.get("LASTCALL_TEST_WORDS", ""))
    if words:
        kept = [item for item in items if words in plain(item.nodeid)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test hangs: after its time it fails where it stands."""
    marker = request.node.get_closest_marker("timeout_s")
    seconds = marker.args[0] if marker else TEST_TIMEOUT_S

    def fail(*_):
        raise TimeoutError(f"the test took longer than {seconds} s")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """Servers by name, each started when first asked for; why it is missing, where it is."""
    started = {}

    def get(name):
        if name not in started:
            try:
                started[name] = servers.START[name](tmp_path_factory.mktemp(name))
            except servers.Missing as why:
                started[name] = str(why)
        if isinstance(started[name], str):
            pytest.skip(started[name])
        return started[name]

    yield get
    for server in started.values():
        if not isinstance(server, str):
            server.stop()


@pytest.fixture
def embedded(running):
    """lastcall's own server."""
    return running("embedded")


@pytest.fixture(params=list(servers.START))
def queue_server(request, running):
    """Each SQS server in turn: what holds must hold against all of them."""
    return running(request.param)


@pytest.fixture
def queue_name(request):
    """A name that no other test uses."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")[:50]
    return f"{plain}-{os.urandom(4).hex()}"


@pytest.fixture
def queue(queue_server, queue_name):
    """A queue on each server in turn."""
    return queue_server.service.create_queue(queue_name)


@pytest.fixture
def embedded_queue(embedded, queue_name):
    """A queue on lastcall's own server: for what does not depend on the server."""
    return embedded.service.create_queue(queue_name)


@pytest.fixture
def lastcall(tmp_path):
    """Starts the binary; whatever it started is gone afterwards, and was sound."""
    binary = Binary(tmp_path)
    yield binary
    binary.end()


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


sys.dont_write_bytecode = True
