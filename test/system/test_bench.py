"""`lastcall bench` touches nothing but its own, and leaves nothing behind."""

import json
import signal

from waiting import eventually


def bench(lastcall, queue_server, *arguments):
    return lastcall.start("bench", "--endpoint-url", queue_server.endpoint, *arguments)


def test_a_message_that_is_not_of_the_bench_is_put_back_and_ends_it(lastcall, embedded, embedded_queue):
    process = bench(lastcall, embedded, "--queue", embedded_queue.name, "--step", "20s", "--lanes", "1")
    eventually(lambda: embedded_queue.counts().visible + embedded_queue.counts().in_flight > 0)
    message_id = embedded_queue.send("someone else's")
    assert process.exit_code() == 69
    assert message_id in process.stderr
    left = embedded_queue.receive(10)
    assert message_id in [message["MessageId"] for message in left]


def test_a_signal_ends_it_early_and_its_queue_is_removed(lastcall, queue_server):
    before = queue_server.service.queue_names()
    process = bench(lastcall, queue_server, "--step", "20s", "--lanes", "2", "--json")
    eventually(lambda: any(name.startswith("lastcall-bench-") for name in queue_server.service.queue_names()))
    process.signal(signal.SIGTERM)
    assert process.exit_code() == 128 + signal.SIGTERM
    assert json.loads(process.stdout)["event"] == "bench"
    assert not [name for name in queue_server.service.queue_names() - before if name.startswith("lastcall-bench-")]


def test_it_measures_every_server(lastcall, queue_server):
    process = lastcall.run("bench", "--endpoint-url", queue_server.endpoint, "--step", "300ms", "--lanes", "2", "--json")
    assert process.code == 0, process.stderr
    result = json.loads(process.stdout)
    assert all(step["messages"] > 0 for step in result["steps"])
    assert result["limited_by"]
