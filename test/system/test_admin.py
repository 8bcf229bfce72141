"""`--admin ADDR:PORT`: what an orchestrator sees of a worker, through the whole drain."""

import http.client
import time

import pytest

from ports import free_port
from waiting import eventually


@pytest.fixture
def get():
    """Answers (status, text) of a path; None while nothing listens."""
    port = free_port()

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            got = connection.getresponse()
            return got.status, got.read().decode()
        except ConnectionError:
            return None
        finally:
            connection.close()

    ask.address = f"127.0.0.1:{port}"
    return ask


def test_readiness_ends_with_the_first_signal_and_liveness_does_not(lastcall, embedded_queue, get, journal):
    embedded_queue.send_many(3)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--admin", get.address,
                           "sleep", "--for", "3s", "--journal", journal)
    eventually(lambda: len(journal.started) == 3, what="the jobs did not start")
    eventually(lambda: get("/readyz")[0] == 200, what="it does not become ready")
    assert get("/healthz")[0] == 200
    assert get("/no-such-path")[0] == 404
    worker.signal()
    eventually(lambda: get("/readyz")[0] == 503, 2, "it stays ready during the drain")
    assert get("/healthz")[0] == 200
    assert worker.exit_code() == 0, worker.stderr


def test_a_worker_is_ready_on_an_empty_queue_before_a_receive_has_waited(lastcall, embedded_queue, get):
    worker = lastcall.work(embedded_queue, "--stop-idle", "abort", "--admin", get.address, "sleep")
    worker.says("working")
    eventually(lambda: (get("/readyz") or [0])[0] == 200, 10, "it does not become ready")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr


def test_a_worker_without_its_queue_is_not_ready_but_alive(lastcall, embedded_queue, get, journal):
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--admin", get.address, "sleep", "--for", "0ms")
    eventually(lambda: (get("/readyz") or [0])[0] == 200, what="it does not become ready")
    embedded_queue.delete()
    eventually(lambda: get("/readyz")[0] == 503, what="it stays ready without a queue")
    assert get("/healthz")[0] == 200
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr


def test_metrics_count_what_the_report_counts(lastcall, embedded_queue, get, journal):
    embedded_queue.send_many(12)
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--admin", get.address,
                           "sleep", "--for", "0ms", "--journal", journal)
    eventually(lambda: len(journal.ended) == 12, what="the jobs did not end")
    time.sleep(0.5)
    status, text = get("/metrics")
    assert status == 200
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values['lastcall_jobs_total{outcome="done"}'] == 12
    assert values['lastcall_job_duration_seconds_count{outcome="done"}'] == 12
    assert values['lastcall_job_duration_seconds_bucket{outcome="done",le="1"}'] == 12
    assert values['lastcall_message_age_seconds_count{delivery="first"}'] == 12
    assert 0 < values['lastcall_message_age_seconds_sum{delivery="first"}'] < 12 * 30
    assert values['lastcall_message_age_seconds_count{delivery="later"}'] == 0
    assert all(name.startswith(("lastcall_", "process_")) for name in values), text
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr


def test_an_address_that_is_taken_is_said_at_the_start(lastcall, embedded, embedded_queue):
    taken = embedded.endpoint.removeprefix("http://")
    worker = lastcall.work(embedded_queue, "--admin", taken, "sleep", "--for", "0ms")
    assert worker.exit_code(10) in (69, 78), worker.stderr
    assert taken in worker.stderr
