"""`lastcall serve --data`: what was answered is so after a SIGKILL at any moment; what could not be kept was an error.

LASTCALL_KILL_SECONDS=600 lets the kill loop run longer than in CI.
"""

import collections
import http.client
import json
import os
import random
import signal
import threading
import time

import pytest

import servers
from binary import ONLY_ITS_OWN_FILES
from ports import free_port
from waiting import eventually

KILL_SECONDS = float(os.environ.get("LASTCALL_KILL_SECONDS", "15"))
LEASE_S = 2


class Refused(Exception):
    """An error answer of the server."""


class Connection:
    """A client of one thread. Errors of the network come out as OSError or HTTPException."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=15)

    def call(self, operation, **request):
        self.http.request("POST", "/", json.dumps(request), {
            "X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"})
        answer = self.http.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise Refused(answer.status, body.get("message", ""))
        return body


class Kept:
    """A server with a data file, started again and again on one port."""

    def __init__(self, lastcall, file):
        self.lastcall, self.file, self.port, self.process = lastcall, file, free_port(), None

    def start(self, **options):
        self.process = self.lastcall.start("serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.file, **options)
        eventually(lambda: servers.accepts(self.port) or not self.process.is_running(), what="serve does not answer")
        assert self.process.is_running(), f"ended with {self.process.popen.returncode}: {self.process.stderr}"
        return Connection(self.port)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.popen.wait()

    def restart(self):
        self.kill()
        return self.start()


@pytest.fixture
def kept(lastcall, tmp_path):
    return Kept(lastcall, tmp_path / "queues")


class Books:
    """What was asked for and what was answered, by the body of a message."""

    def __init__(self):
        self.lock = threading.Lock()
        self.send_asked, self.delete_asked, self.deleted = set(), set(), set()
        self.sent = {}  # body → the answer
        self.receive_counts = collections.defaultdict(int)
        self.wrong = []

    def received(self, message):
        body, count = message["Body"], int(message["Attributes"]["ApproximateReceiveCount"])
        with self.lock:
            if body in self.deleted:
                self.wrong.append(f"{body} came after its delete was answered")
            if count <= self.receive_counts[body]:
                self.wrong.append(f"{body} was received with count {count} after {self.receive_counts[body]}")
            self.receive_counts[body] = count


def work(port, queues, books, number, stop):
    """Sends, receives and deletes until the server is gone."""
    chance = random.Random()
    try:
        connection = Connection(port)
        while not stop.is_set():
            url = chance.choice(queues)
            kind = chance.random()
            if kind < 0.55:
                send(connection, url, books, number, chance)
                continue
            got = connection.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=chance.randint(1, 10),
                                  AttributeNames=["All"], VisibilityTimeout=LEASE_S).get("Messages", [])
            for message in got:
                books.received(message)
            for message in got:
                if chance.random() < 0.7:
                    remove(connection, url, books, message)
    except (OSError, http.client.HTTPException):
        pass
    except Exception as problem:  # noqa: BLE001: what a thread raises must fail the test
        books.wrong.append(f"{type(problem).__name__}: {problem}")


def send(connection, url, books, number, chance):
    body = f"{number}-{time.monotonic_ns()}"
    extra = {"MessageGroupId": f"g{number}"} if url.endswith(".fifo") else {}
    bodies = [f"{body}-{n}" for n in range(chance.choice([1, 1, 10]))]
    with books.lock:
        books.send_asked.update(bodies)
    entries = [{"Id": str(n), "MessageBody": text, **extra} for n, text in enumerate(bodies)]
    answer = connection.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert not answer.get("Failed"), answer
    with books.lock:
        for entry in answer["Successful"]:
            books.sent[bodies[int(entry["Id"])]] = entry


def remove(connection, url, books, message):
    body = message["Body"]
    with books.lock:
        books.delete_asked.add(body)
    try:
        connection.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    except Refused as why:
        if "expired" in why.args[1]:  # FIFO: the lease ended in the meantime
            return
        raise
    with books.lock:
        books.deleted.add(body)


def drain(connection, url):
    """All that is there, in its order."""
    found = []
    while True:
        got = connection.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                              VisibilityTimeout=60).get("Messages", [])
        if not got:
            return found
        found += got
        connection.call("DeleteMessageBatch", QueueUrl=url, Entries=[
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(got)])


@pytest.mark.timeout_s(int(KILL_SECONDS) + 120)
def test_what_was_answered_survives_a_sigkill_at_any_moment(kept):
    connection = kept.start()
    queues = [connection.call("CreateQueue", QueueName="jobs")["QueueUrl"],
              connection.call("CreateQueue", QueueName="jobs.fifo", Attributes={
                  "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]]
    books, kills, end = Books(), 0, time.monotonic() + KILL_SECONDS
    while time.monotonic() < end:
        stop = threading.Event()
        threads = [threading.Thread(target=work, args=(kept.port, queues, books, n, stop)) for n in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.02, 0.6))
        kept.kill()
        kills += 1
        stop.set()
        for thread in threads:
            thread.join()
        assert not books.wrong, books.wrong[:5]
        connection = kept.start()
    resend_is_known(connection, queues[1], books)
    time.sleep(LEASE_S + 0.5)
    standard, fifo = drain(connection, queues[0]), drain(connection, queues[1])
    present = collections.Counter(message["Body"] for message in standard + fifo)
    print(f"{kills} kills, {len(books.sent)} sends and {len(books.deleted)} deletes answered, {len(present)} left")
    assert kills > 3 and len(books.sent) > 50 and books.deleted
    assert set(present) <= books.send_asked
    assert not books.deleted & set(present), "a delete was answered, but the message is there"
    lost = set(books.sent) - books.delete_asked - set(present)
    assert not lost, f"{len(lost)} messages whose send was answered are gone: {sorted(lost)[:5]}"
    assert max(present.values(), default=1) == 1, "a message is there twice"
    check_order(fifo, books)


def check_order(fifo, books):
    numbers = [int(entry["SequenceNumber"]) for entry in books.sent.values() if "SequenceNumber" in entry]
    assert len(numbers) == len(set(numbers)), "a sequence number was given twice"
    last = {}
    for message in fifo:
        group, number = message["Attributes"]["MessageGroupId"], int(message["Attributes"]["SequenceNumber"])
        assert number > last.get(group, 0), f"group {group} is out of order"
        last[group] = number
        if message["Body"] in books.sent:
            assert books.sent[message["Body"]]["MessageId"] == message["MessageId"]


def resend_is_known(connection, url, books):
    """The memory of five minutes is kept as well."""
    known = [(body, entry) for body, entry in books.sent.items() if "SequenceNumber" in entry][-20:]
    assert known
    for body, entry in known:
        again = connection.call("SendMessage", QueueUrl=url, MessageBody=body, MessageGroupId="g" + body.split("-")[0])
        assert (again["MessageId"], again["SequenceNumber"]) == (entry["MessageId"], entry["SequenceNumber"])


def test_a_receipt_handle_is_good_after_a_sigkill(kept):
    connection = kept.start()
    url = connection.call("CreateQueue", QueueName="jobs", tags={"a": "ü"},
                          Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    connection.call("SendMessage", QueueUrl=url, MessageBody="ü\n😀", MessageAttributes={
        "b": {"DataType": "Binary.x", "BinaryValue": "AP8="}})
    [message] = connection.call("ReceiveMessage", QueueUrl=url)["Messages"]
    connection = kept.restart()
    counts = lambda: [connection.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"][
        f"ApproximateNumberOfMessages{what}"] for what in ("", "NotVisible")]
    assert counts() == ["0", "1"]
    assert connection.call("ListQueueTags", QueueUrl=url)["Tags"] == {"a": "ü"}
    connection.call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    connection = kept.restart()
    [again] = connection.call("ReceiveMessage", QueueUrl=url, MessageAttributeNames=["All"],
                              AttributeNames=["All"])["Messages"]
    assert again["Body"] == "ü\n😀" and again["MessageAttributes"]["b"]["BinaryValue"] == "AP8="
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    connection.call("DeleteMessage", QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    connection = kept.restart()
    assert counts() == ["0", "0"]


def test_an_ordinary_end_keeps_all_too_and_a_reset_wipes_the_file(kept):
    connection = kept.start()
    url = connection.call("CreateQueue", QueueName="jobs")["QueueUrl"]
    connection.call("SendMessage", QueueUrl=url, MessageBody="x")
    kept.process.signal()
    assert kept.process.exit_code() == 0, kept.process.stderr
    connection = kept.start()
    assert len(connection.call("ReceiveMessage", QueueUrl=url)["Messages"]) == 1
    connection.http.request("POST", "/_lastcall/reset")
    assert connection.http.getresponse().read() == b"reset\n"
    assert kept.restart().call("ListQueues") == {}


def test_what_does_not_fit_is_an_error_and_has_not_happened(kept):
    connection = kept.start()
    url = connection.call("CreateQueue", QueueName="jobs")["QueueUrl"]
    kept.kill()
    # Files of at most 1 MiB, as on a full disk: writes fail, and the process lives on.
    connection = kept.start(prefix=["bash", "-c", 'trap "" XFSZ; ulimit -f 1024; exec "$@"', "bash"], **ONLY_ITS_OWN_FILES)
    answered, refused = [], []
    for number in range(60):
        try:
            connection.call("SendMessage", QueueUrl=url, MessageBody=f"{number}:" + "x" * 50_000)
            answered.append(number)
        except Refused as why:
            assert why.args[0] == 503 and str(kept.file) in why.args[1], why
            refused.append(number)
            time.sleep(0.2)
        if len(refused) > 3:
            break
    assert answered and refused
    assert "could not be kept" in kept.process.stderr
    connection = kept.restart()
    assert [int(m["Body"].split(":")[0]) for m in drain(connection, url)] == answered


def test_files_that_cannot_be_used_are_named(kept, lastcall, tmp_path):
    def refusal(file):
        done = lastcall.run("serve", "--listen", "127.0.0.1:0", "--data", file)
        assert done.code == 78 and str(file) in done.stderr, done.stderr
        return done.stderr
    kept.start()
    assert "another server has it open" in refusal(kept.file)
    text = tmp_path / "text"
    text.write_text("no database" * 1000)
    assert "put it aside" in refusal(text)
    assert text.read_text().startswith("no database")
    assert "folder must exist" in refusal(tmp_path / "missing" / "file")
    refusal(tmp_path)
