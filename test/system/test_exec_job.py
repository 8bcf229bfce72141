"""`work … exec -- CMD`: the contract with a command."""

import base64
import json
import time

import pytest

from sqs import Counts
from waiting import eventually

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


@pytest.fixture
def run_jobs(lastcall, embedded_queue):
    """Runs a shell script for each message until the queue is empty, and answers the ended worker."""

    def run(script, *arguments, **environment):
        worker = lastcall.work(embedded_queue, "--drain-when-empty", "--wait", "1s", *arguments,
                               "exec", "--", "sh", "-c", script, **environment)
        assert worker.exit_code(60) == 0, worker.stderr
        return worker

    return run


def test_a_command_gets_the_body_on_its_stdin(embedded_queue, run_jobs, tmp_path):
    body = "first line\nsecond — línea 😀\n\ttab, and no newline at the end"
    sent = embedded_queue.send(body)
    run_jobs(f'cat > {tmp_path}/$LASTCALL_MESSAGE_ID')
    assert (tmp_path / sent).read_bytes() == body.encode()


def test_a_command_gets_ids_and_attributes_of_every_type_as_environment_variables(embedded_queue, run_jobs, tmp_path):
    picture = bytes(range(256))
    sent = embedded_queue.send("body", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "résumé \"quoted\"\nline"},
        "size-px.x": {"DataType": "Number.int", "StringValue": "12345678901234567890"},
        "picture": {"DataType": "Binary.png", "BinaryValue": base64.b64encode(picture).decode()},
    })
    run_jobs(f"env -0 > {tmp_path}/environment")
    entries = (tmp_path / "environment").read_bytes().decode().rstrip("\0").split("\0")
    given = dict(entry.split("=", 1) for entry in entries)
    assert given["LASTCALL_MESSAGE_ID"] == sent
    assert given["LASTCALL_QUEUE"] == embedded_queue.name
    assert given["LASTCALL_RECEIVE_COUNT"] == "1"
    assert given["LASTCALL_ATTR_KIND"] == "résumé \"quoted\"\nline"
    assert given["LASTCALL_ATTR_SIZE_PX_X"] == "12345678901234567890"
    assert base64.b64decode(given["LASTCALL_ATTR_PICTURE"]) == picture
    every = json.loads(given["LASTCALL_ATTRIBUTES"])
    assert every["size-px.x"] == {"type": "Number.int", "value": "12345678901234567890"}
    assert set(every) == {"kind", "size-px.x", "picture"}


def test_a_command_does_not_see_the_options_of_its_worker(embedded_queue, run_jobs, tmp_path):
    embedded_queue.send("body")
    run_jobs(f"env > {tmp_path}/environment", LASTCALL_GRACE="20s", OTHER="kept")
    lines = (tmp_path / "environment").read_text().splitlines()
    assert "OTHER=kept" in lines and not any(line.startswith("LASTCALL_GRACE=") for line in lines)


def test_exit_0_is_done_75_comes_again_and_others_have_failed(embedded_queue, run_jobs, tmp_path):
    embedded_queue.send("0")
    embedded_queue.send("75")
    embedded_queue.send("3")
    # each but the first time: done
    worker = run_jobs('read -r code; [ "$LASTCALL_RECEIVE_COUNT" -gt 1 ] && exit 0; exit $code')
    jobs = worker.report["jobs"]
    assert (jobs["done"], jobs["failed"], jobs["retried"]) == (3, 1, 1)
    assert embedded_queue.counts() == NOTHING
    assert "exit 3" in worker.stderr


def test_the_last_line_of_stdout_says_when_to_come_again(lastcall, embedded_queue, tmp_path):
    embedded_queue.send("now")
    embedded_queue.send("later")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "exec", "--", "sh", "-c",
                           f'read -r when; date +%s%N >> {tmp_path}/$when; [ "$LASTCALL_RECEIVE_COUNT" = 1 ] || exit 0; '
                           'echo noise; [ $when = now ] && echo \'{"retry_after_s":0}\' || echo \'{"retry_after_s":4}\'; '
                           "exit 75")
    eventually(lambda: embedded_queue.counts() == NOTHING, 20, "they did not come again")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr

    def gap(name):
        first, second = ((int(line) / 1e9) for line in (tmp_path / name).read_text().split())
        return second - first

    assert gap("now") < 2
    assert 3 < gap("later") < 8


def test_output_goes_to_the_log_with_the_message_id(embedded_queue, run_jobs):
    sent = embedded_queue.send("body")
    worker = run_jobs("echo spoken aloud; echo whispered >&2")
    for text in ("spoken aloud", "whispered"):
        [line] = [line for line in worker.stderr.splitlines() if text in line]
        assert sent in line
    assert len(worker.stdout.splitlines()) == 1, "stdout is the report's"


def test_a_command_that_floods_its_output_or_ignores_its_input_is_no_problem(embedded_queue, run_jobs):
    embedded_queue.send("x" * 200_000)
    worker = run_jobs("exec 0<&-; yes 'a rather long line of output, many times over' | head -c 3000000; exit 0")
    assert worker.report["jobs"]["done"] == 1


def test_a_command_killed_by_a_signal_has_failed(embedded_queue, run_jobs):
    embedded_queue.send("body")
    worker = run_jobs('[ "$LASTCALL_RECEIVE_COUNT" -gt 1 ] || kill -SEGV $$')
    assert worker.report["jobs"]["failed"] == worker.report["jobs"]["done"] == 1
    assert "SIGSEGV" in worker.stderr


def test_a_command_over_its_time_limit_is_stopped_and_comes_again(embedded_queue, run_jobs, tmp_path):
    embedded_queue.send("body")
    began = time.monotonic()
    worker = run_jobs(f'[ "$LASTCALL_RECEIVE_COUNT" -gt 1 ] || sleep 600', "--job-timeout", "1s")
    assert time.monotonic() - began < 30
    jobs = worker.report["jobs"]
    assert jobs["done"] == 1 and jobs["retried"] + jobs["failed"] == 1 and jobs["cut"] == 0


def test_a_missing_command_is_refused_before_anything_is_received(lastcall, embedded_queue):
    embedded_queue.send("body")
    worker = lastcall.work(embedded_queue, "--wait", "1s", "exec", "--", "/no/such/program")
    assert worker.exit_code(10) in (64, 78), worker.stderr
    assert "/no/such/program" in worker.stderr
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)


def test_arguments_are_passed_on_as_they_are(lastcall, embedded_queue, tmp_path):
    embedded_queue.send("body")
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--wait", "1s", "exec", "--",
                           "sh", "-c", f'printf "%s\\n" "$@" > {tmp_path}/arguments', "sh", "--wait", "", "a b", "$HOME", "--")
    assert worker.exit_code() == 0, worker.stderr
    assert (tmp_path / "arguments").read_text() == "--wait\n\na b\n$HOME\n--\n"
