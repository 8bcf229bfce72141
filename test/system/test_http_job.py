"""`work … http --to URL`: messages posted in the manner of Elastic Beanstalk's sqsd."""

import base64
import http.server
import threading
import time
from dataclasses import dataclass, field

import pytest

from ports import free_port
from sqs import Counts
from waiting import eventually

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


@dataclass
class Posted:
    at: float
    path: str
    headers: dict
    body: bytes


@dataclass
class Receiver:
    """An HTTP endpoint that answers as told: `answer(posted)` gives (status, headers) or an exception to hang up."""
    url: str
    posts: list = field(default_factory=list)
    answer: callable = lambda posted: (200, {})


@pytest.fixture
def receiver():
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted = Posted(time.monotonic(), self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            found.posts.append(posted)
            try:
                status, headers = found.answer(posted)
            except ConnectionError:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Receiver(f"http://127.0.0.1:{server.server_port}/jobs?source=sqs")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def post(lastcall, embedded_queue, receiver):
    def start(*arguments):
        return lastcall.work(embedded_queue, "--wait", "1s", "http", "--to", receiver.url, *arguments)

    return start


def test_a_message_is_posted_with_the_headers_of_sqsd(embedded_queue, post, receiver):
    sent = embedded_queue.send("the body ✓", MessageAttributes={
        "colour": {"DataType": "String", "StringValue": "blue"},
        "size": {"DataType": "Number", "StringValue": "42"},
        "raw": {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\0\1\2").decode()},
    })
    worker = post()
    eventually(lambda: embedded_queue.counts() == NOTHING, what="it was not done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    [posted] = receiver.posts
    assert posted.path == "/jobs?source=sqs" and posted.body == "the body ✓".encode()
    headers = posted.headers
    assert headers["x-aws-sqsd-msgid"] == sent
    assert headers["x-aws-sqsd-queue"] == embedded_queue.name
    assert headers["x-aws-sqsd-receive-count"] == "1"
    assert headers["x-aws-sqsd-first-received-at"].endswith("Z")
    assert headers["x-aws-sqsd-attr-colour"] == "blue"
    assert headers["x-aws-sqsd-attr-size"] == "42"
    assert headers["content-type"]


@pytest.mark.parametrize("status, kind", [(204, "done"), (400, "failed"), (500, "failed"), (503, "retried"), (429, "retried")])
def test_2xx_is_done_429_and_503_come_again_and_others_have_failed(embedded_queue, post, receiver, status, kind):
    receiver.answer = lambda posted: (status if len(receiver.posts) == 1 else 200, {"Retry-After": "1"})
    embedded_queue.send("body")
    worker = post()
    eventually(lambda: embedded_queue.counts() == NOTHING, what="it was not done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    jobs = worker.report["jobs"]
    expected = {"done": 1, "failed": 0, "retried": 0, "cut": 0}
    if kind != "done":
        expected[kind] = 1
    assert jobs == expected


def test_retry_after_is_honoured(embedded_queue, post, receiver):
    receiver.answer = lambda posted: (503 if len(receiver.posts) == 1 else 200, {"Retry-After": "4"})
    embedded_queue.send("body")
    worker = post()
    eventually(lambda: len(receiver.posts) == 2, what="it did not come again")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    first, second = receiver.posts
    assert 3 < second.at - first.at < 8
    assert second.headers["x-aws-sqsd-receive-count"] == "2"


def test_an_endpoint_that_hangs_up_or_is_away_loses_nothing(embedded_queue, post, receiver):
    def hang_up(posted):
        if len(receiver.posts) == 1:
            raise ConnectionError
        return 200, {}

    receiver.answer = hang_up
    embedded_queue.send("body")
    worker = post()
    eventually(lambda: embedded_queue.counts() == NOTHING, what="it was not done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert len(receiver.posts) >= 2


def test_an_endpoint_that_refuses_connections_makes_failed_jobs(lastcall, embedded_queue):
    embedded_queue.send("body")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "http", "--to", f"http://127.0.0.1:{free_port()}/")
    eventually(lambda: "refused" in worker.stderr.lower(), what="it does not say what is wrong")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert worker.report["jobs"]["done"] == 0
    counts = embedded_queue.counts()
    assert counts.visible + counts.in_flight == 1 and worker.report["messages"]["left_behind"] == []


def test_a_slow_request_is_finished_during_the_drain(embedded_queue, post, receiver):
    release = threading.Event()

    def slow(posted):
        release.wait(20)
        return 200, {}

    receiver.answer = slow
    embedded_queue.send("body")
    worker = post()
    eventually(lambda: receiver.posts, what="nothing was posted")
    worker.signal()
    time.sleep(1)
    assert worker.is_running()
    release.set()
    assert worker.exit_code() == 0, worker.stderr
    assert embedded_queue.counts() == NOTHING and len(receiver.posts) == 1
