"""Servers that answer rubbish, half an answer, errors or nothing: the worker survives, loses nothing, still drains."""

import itertools
import threading
import time

import pytest

from faulty import FAULTS, Proxy, Scripted, answer
from sqs import Counts, Queue
from waiting import eventually, stopwatch

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


@pytest.fixture
def proxy(embedded):
    proxy = Proxy(embedded.endpoint)
    yield proxy
    proxy.close()


@pytest.fixture
def proxied(proxy, embedded_queue):
    """A queue of the embedded server, seen through the proxy."""
    return Queue(proxy.service, embedded_queue.name, proxy.endpoint + "/" + embedded_queue.url.split("/", 3)[3])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_third_answer_broken_loses_no_message(lastcall, proxy, proxied, embedded_queue, journal, fault):
    ids = embedded_queue.send_many(30)
    turn = itertools.count(1)
    lock = threading.Lock()

    def every_third(handler, request):
        with lock:
            hit = request.operation not in ("GetQueueUrl", "GetQueueAttributes") and next(turn) % 3 == 0
        if hit:
            fault(proxy, handler, request)
        return hit

    proxy.fault = every_third
    worker = lastcall.work(proxied, "--wait", "1s", "--visibility", "4s", "--concurrency", "4",
                           "sleep", "--for", "50ms", "--journal", journal)
    eventually(lambda: embedded_queue.counts() == NOTHING, 60, "the messages were not all done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert set(journal.ended) == set(ids) and journal.started == journal.ended
    assert worker.report["messages"]["left_behind"] == []


@pytest.mark.parametrize("fault", [Proxy.nothing, Proxy.server_error, Proxy.throttled, Proxy.over_limit, Proxy.rubbish],
                         ids=lambda fault: fault.__name__)
def test_an_outage_is_survived_and_a_drain_in_it_ends_well(lastcall, proxy, proxied, embedded_queue, journal, fault):
    first = embedded_queue.send("before")
    worker = lastcall.work(proxied, "--wait", "1s", "--grace", "20s", "sleep", "--for", "0ms", "--journal", journal)
    eventually(lambda: journal.ended[first], what="the worker did not start")
    eventually(lambda: embedded_queue.counts() == NOTHING)
    proxy.fault = lambda handler, request: fault(proxy, handler, request) or True
    eventually(lambda: proxy.open == 0, what="the polls that were open before have not answered")
    embedded_queue.send("during")
    time.sleep(2)
    assert worker.is_running(), worker.stderr
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code() == 0, worker.stderr
    assert stop.took_s < 10
    assert len(journal.ended) == 1
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    assert ("risk" in worker.report) == (fault in (Proxy.nothing, Proxy.rubbish)), "only these may have leased it"


def test_what_a_lost_answer_may_have_leased_is_named_as_a_risk(lastcall, proxy, proxied, embedded_queue):
    def lose_what_brings_a_message(handler, request):
        status, _, body = proxy.forward(request)
        if b"ReceiptHandle" in body:
            raise ConnectionError
        answer(handler, status, body)
        return True

    proxy.fault = lose_what_brings_a_message
    embedded_queue.send("job")
    worker = lastcall.work(proxied, "--wait", "1s", "--visibility", "5m", "sleep")
    eventually(lambda: embedded_queue.counts().in_flight == 1, what="no receive has leased it")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert worker.report["messages"]["left_behind"] == [], "it cannot know of this one"
    assert "stays invisible" in worker.report["risk"]


def test_after_an_outage_work_goes_on(lastcall, proxy, proxied, embedded_queue, journal):
    worker = lastcall.work(proxied, "--wait", "1s", "sleep", "--for", "0ms", "--journal", journal)
    first = embedded_queue.send("before")
    eventually(lambda: journal.ended[first], what="the worker did not start")
    proxy.fault = lambda handler, request: proxy.server_error(handler, request) or True
    time.sleep(4)
    proxy.fault = None
    second = embedded_queue.send("after")
    eventually(lambda: journal.ended[second], 25, "it did not come back to work")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr


def test_deletes_that_fail_during_the_drain_are_tried_to_the_end_of_the_grace_and_reported(
        lastcall, proxy, proxied, embedded_queue, journal):
    sent = embedded_queue.send("job")
    proxy.fault = lambda handler, request: request.operation.startswith("DeleteMessage") and (
        proxy.server_error(handler, request) or True)
    worker = lastcall.work(proxied, "--wait", "1s", "--grace", "6s", "--reserve", "2s", "--visibility", "40s",
                           "sleep", "--for", "1s", "--journal", journal)
    eventually(lambda: journal.ended[sent], what="the job did not end")
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(10) == 70, worker.stderr
    assert 3 < stop.took_s < 6.2
    report = worker.report
    [left] = report["messages"]["left_behind"]
    assert left["message_id"] == sent and 0 < left["visible_in_s"] <= 40 and left["why"]
    assert report["exit"] == 70


def test_a_partly_failed_batch_is_looked_at_entry_by_entry(lastcall, proxy, proxied, embedded_queue, journal):
    """The first answer to each delete batch claims that its first entry has failed; that one is tried again."""
    ids = embedded_queue.send_many(10)
    refused = set()

    def refuse_first(handler, request):
        if request.operation != "DeleteMessageBatch":
            return False
        entries = request.parameters["Entries"]
        unlucky = entries[0]
        if unlucky["ReceiptHandle"] in refused:
            return False
        refused.add(unlucky["ReceiptHandle"])
        others = [entry for entry in entries if entry is not unlucky]
        if others:
            embedded_queue.call("DeleteMessageBatch", Entries=others)
        import json
        answer(handler, 200, json.dumps({
            "Successful": [{"Id": entry["Id"]} for entry in others],
            "Failed": [{"Id": unlucky["Id"], "Code": "InternalError", "SenderFault": False, "Message": "try again"}],
        }).encode())
        return True

    proxy.fault = refuse_first
    worker = lastcall.work(proxied, "--drain-when-empty", "--wait", "1s", "sleep", "--for", "0ms", "--journal", journal)
    assert worker.exit_code() == 0, worker.stderr
    assert refused and embedded_queue.counts() == NOTHING
    assert set(journal.ended) == set(ids) and set(journal.ended.values()) == {1}
    assert worker.report["messages"]["deleted"] == 10


def test_a_queue_that_vanishes_is_said_clearly_and_the_worker_still_drains(lastcall, queue, journal):
    first = queue.send("before")
    worker = lastcall.work(queue, "--wait", "1s", "sleep", "--for", "0ms", "--journal", journal)
    eventually(lambda: journal.ended[first], what="the worker did not start")
    eventually(lambda: queue.counts() == NOTHING)
    queue.delete()
    eventually(lambda: "QueueDoesNotExist" in worker.stderr or "NonExistentQueue" in worker.stderr, 20,
               "it does not say that the queue is gone")
    time.sleep(1)
    assert worker.is_running()
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code() == 0, worker.stderr
    assert stop.took_s < 10


def test_a_queue_that_vanishes_amid_jobs_does_not_stop_them(lastcall, embedded_queue, journal):
    embedded_queue.send_many(3)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "10s", "--visibility", "2s",
                           "sleep", "--for", "3s", "--journal", journal)
    eventually(lambda: len(journal.started) == 3, what="the jobs did not start")
    embedded_queue.delete()
    worker.signal()
    code = worker.exit_code(12)
    assert code in (0, 70, 75), worker.stderr
    assert worker.report["exit"] == code


def message(handle, body, **more):
    import hashlib
    return {"MessageId": f"id-{handle}", "ReceiptHandle": handle, "Body": body,
            "MD5OfBody": hashlib.md5(body.encode()).hexdigest(),
            "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000",
                           "ApproximateFirstReceiveTimestamp": "1700000000000", "SenderId": "x"}} | more


class OneAnswer(Scripted):
    """A queue that answers its first receive with what it is given, and is empty from then on."""

    def __init__(self, first):
        self.first = first
        self.deleted, self.released = [], []
        super().__init__()

    def script(self, handler, request):
        import json
        entries = request.parameters.get("Entries", [request.parameters])
        if request.operation == "GetQueueUrl":
            reply = json.dumps({"QueueUrl": f"{self.endpoint}/000000000000/q"}).encode()
        elif request.operation == "ReceiveMessage" and request.number == 1:
            reply = self.first if isinstance(self.first, bytes) else json.dumps({"Messages": self.first}).encode()
        elif request.operation == "ReceiveMessage":
            time.sleep(min(1, request.parameters.get("WaitTimeSeconds", 0)))
            reply = b"{}"
        else:
            if request.operation.startswith("DeleteMessage"):
                self.deleted += [entry["ReceiptHandle"] for entry in entries]
            elif request.operation.startswith("ChangeMessageVisibility"):
                self.released += [entry["ReceiptHandle"] for entry in entries if entry["VisibilityTimeout"] < 60]
            reply = (json.dumps({"Successful": [{"Id": entry["Id"]} for entry in entries]}).encode()
                     if request.operation.endswith("Batch") else b"{}")
        answer(handler, 200, reply)


@pytest.fixture
def one_answer():
    made = []

    def make(first):
        made.append(OneAnswer(first))
        return made[-1]

    yield make
    for stub in made:
        stub.close()


def run_against(lastcall, stub, tmp_path, *arguments):
    queue = Queue(stub.service, "q", f"{stub.endpoint}/000000000000/q")
    return lastcall.work(queue, "--wait", "1s", *arguments, "exec", "--", "sh", "-c",
                         f"cat > {tmp_path}/$LASTCALL_MESSAGE_ID")


def test_a_body_that_does_not_fit_its_md5_is_not_worked_on_and_given_back(lastcall, one_answer, tmp_path):
    stub = one_answer([message("bad", "body", MD5OfBody="0" * 32), message("good", "body")])
    worker = run_against(lastcall, stub, tmp_path)
    eventually(lambda: "good" in stub.deleted and "bad" in stub.released, what="they were not settled")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert not (tmp_path / "id-bad").exists() and "bad" not in stub.deleted
    assert "MD5" in worker.stderr or "md5" in worker.stderr


def test_an_empty_body_is_a_message_like_others(lastcall, one_answer, tmp_path):
    stub = one_answer([message("empty", "")])
    worker = run_against(lastcall, stub, tmp_path)
    eventually(lambda: "empty" in stub.deleted, what="it was not done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert (tmp_path / "id-empty").read_bytes() == b""


def test_an_answer_that_is_not_utf8_does_not_stop_the_worker(lastcall, one_answer, tmp_path):
    import hashlib
    import json
    body = b"caf\xe9"
    text = json.dumps({"Messages": [message("latin", "BODY")]}).encode()
    text = text.replace(b"BODY", body).replace(hashlib.md5(b"BODY").hexdigest().encode(),
                                               hashlib.md5(body).hexdigest().encode())
    stub = one_answer(text)
    worker = run_against(lastcall, stub, tmp_path)
    eventually(lambda: stub.counts.get("ReceiveMessage", 0) >= 3, what="it does not ask again")
    assert worker.is_running()
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
