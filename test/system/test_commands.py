"""`lastcall send` and `lastcall queue …`, against each server."""

import json
import subprocess

import pytest

from sqs import Counts


@pytest.fixture
def run(lastcall, queue_server):
    """Runs a command on the server, to its end; its exit code is asserted."""

    def start(*arguments, code=0, **options):
        process = lastcall.run(*arguments, "--endpoint-url", queue_server.endpoint, **options)
        assert process.code == code, (process.code, process.stderr)
        return process

    return start


def received_bodies(queue):
    bodies = []
    while messages := queue.receive(10):
        bodies += [message["Body"] for message in messages]
    return bodies


def test_send_makes_a_message_of_each_line(run, queue, tmp_path):
    lines = [json.dumps({"n": number, "text": "ü 漢 \"quoted\" \\"}, ensure_ascii=number % 2 == 0) for number in range(57)]
    file = tmp_path / "jobs.jsonl"
    file.write_text("\n".join(lines[:50]) + "\n\n" + "\n".join(lines[50:]))
    run("send", "--queue", queue.name, "--file", file)
    bodies = received_bodies(queue)
    assert sorted(json.loads(body)["n"] for body in bodies) == list(range(57))
    assert all(json.loads(body) in map(json.loads, lines) for body in bodies)


def test_send_reads_its_standard_input(run, queue, tmp_path):
    file = tmp_path / "input"
    file.write_text('{"n":1}\n{"n":2}\n')
    with open(file) as stdin:
        run("send", "--queue", queue.name, "--file", "-", stdin=stdin)
    assert queue.counts().visible == 2


def test_send_tells_which_lines_were_no_json_and_sends_the_others(run, queue, tmp_path):
    file = tmp_path / "jobs.jsonl"
    file.write_text('{"n":1}\n{broken\n{"n":3}\n')
    process = run("send", "--queue", queue.name, "--file", file, code=65)
    assert "2" in process.stderr
    assert queue.counts().visible == 2


def test_send_to_a_missing_queue_exits_with_69(run, queue_name, tmp_path):
    file = tmp_path / "jobs.jsonl"
    file.write_text('{"n":1}\n')
    process = run("send", "--queue", queue_name, "--file", file, code=69)
    assert "lastcall queue create" in process.stderr


def test_a_queue_is_created_listed_counted_and_purged(run, queue_server, queue_name):
    run("queue", "create", "--queue", queue_name)
    run("queue", "create", "--queue", queue_name)  # once more is no error
    listed = run("queue", "list")
    assert queue_name in listed.stdout
    queue = queue_server.service.create_queue(queue_name)
    queue.send_many(7)
    queue.receive(1)
    stats = run("queue", "stats", "--queue", queue_name)
    assert "6" in stats.stdout and "1" in stats.stdout
    run("queue", "purge", "--queue", queue_name)
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)


def test_stats_of_a_missing_queue_exit_with_69(run, queue_name):
    assert queue_name in run("queue", "stats", "--queue", queue_name, code=69).stderr


def test_the_output_of_list_can_be_piped(lastcall, embedded, embedded_queue):
    process = lastcall.start("queue", "list", "--endpoint-url", embedded.endpoint)
    assert process.exit_code() == 0
    assert all("\x1b" not in line for line in process.stdout.splitlines())
    assert not process.stderr


def test_a_reader_that_has_gone_away_is_no_crash(embedded, lastcall):
    from binary import BINARY
    done = subprocess.run(["sh", "-c", f"{BINARY} --help | head -c 1; {BINARY} queue list --endpoint-url "
                           f"{embedded.endpoint} | true"], capture_output=True, text=True, timeout=30,
                          env={"PATH": "/usr/bin:/bin", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
                               "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/nonexistent"})
    assert "Sanitizer" not in done.stderr, done.stderr
