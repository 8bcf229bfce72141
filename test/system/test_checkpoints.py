"""Checkpoints: a job that is cut says where it stands, and goes on from there (promise 4)."""

import http.server
import json
import signal
import sqlite3
import threading
import time

import pytest

from sqs import Counts
from waiting import eventually

NOTHING = Counts(visible=0, in_flight=0, delayed=0)

# Does 30 steps, a line each, from where it stood; saves after each step, or, where SAVE says so, only when told to stop.
STEPS = """
done=$(cat "$LASTCALL_CHECKPOINT_FILE")
trap 'stop=1' TERM
step=${done:-0}
echo "begin $step $LASTCALL_RECEIVE_COUNT ${LASTCALL_CHECKPOINT:-none}" >> "$STEPS"
while [ "$step" -lt 30 ]; do
  sleep 0.2
  step=$((step + 1))
  echo "step $step" >> "$STEPS"
  [ "$SAVE" = "at the end" ] || echo "$step" > "$LASTCALL_CHECKPOINT_FILE"
  if [ -n "$stop" ]; then
    [ "$SAVE" != "at the end" ] || echo "{\\"checkpoint\\":\\"$step\\"}"
    exit 75
  fi
done
"""


@pytest.fixture
def steps(tmp_path):
    return Steps(tmp_path / "steps")


class Steps:
    def __init__(self, path):
        self.path = path

    def lines(self, word):
        text = self.path.read_text() if self.path.exists() else ""
        return [line.split()[1:] for line in text.splitlines() if line.startswith(word)]

    @property
    def done(self):
        return [int(number) for [number] in self.lines("step")]

    @property
    def begun_at(self):
        return [int(number) for number, *_ in self.lines("begin")]


def work(lastcall, queue, steps, *arguments, save="at each step", options=("--grace", "2s", "--reserve", "1s")):
    return lastcall.work(queue, "--wait", "1s", "--visibility", "4s", *options, "exec", *arguments, "--", "sh", "-c", STEPS,
                         STEPS=steps.path, SAVE=save)


def cut(worker, queue):
    worker.signal()
    assert worker.exit_code(10) == 75, worker.stderr
    # At once: the checkpoint was on the disk before another worker could have the message.
    assert queue.counts() == Counts(visible=1, in_flight=0, delayed=0)


def finish(worker, queue):
    eventually(lambda: queue.counts() == NOTHING, 30, "the job did not end")
    worker.signal()
    assert worker.exit_code(10) == 0, worker.stderr


@pytest.mark.parametrize("save", ["at each step", "at the end"])
def test_a_job_that_is_cut_goes_on_where_it_stood_in_the_next_process(lastcall, queue, steps, tmp_path, save):
    kept = ["--checkpoints", tmp_path / "kept.db"]
    queue.send("job")
    for pieces in (4, 12):
        worker = work(lastcall, queue, steps, *kept, save=save)
        eventually(lambda: len(steps.done) >= pieces, what="it makes no progress")
        cut(worker, queue)
    finish(work(lastcall, queue, steps, *kept, save=save), queue)
    assert steps.done == list(range(1, 31)), "a step was done twice, or not at all"
    began = steps.lines("begin")
    assert [int(count) for _, count, _ in began] == [1, 2, 3]
    assert began[0][2] == "none" and began[1][2] == began[1][0]
    with sqlite3.connect(tmp_path / "kept.db") as file:
        assert file.execute("SELECT count(*) FROM checkpoint").fetchone() == (0,), "it was kept after the end"


def test_the_worker_that_takes_over_already_runs_when_the_other_is_cut(lastcall, embedded_queue, steps, tmp_path):
    kept = ["--checkpoints", tmp_path / "kept.db"]
    embedded_queue.send("job")
    first = work(lastcall, embedded_queue, steps, *kept)
    eventually(lambda: len(steps.done) >= 4, what="it makes no progress")
    second = work(lastcall, embedded_queue, steps, *kept)
    second.says("working")
    first.signal()
    assert first.exit_code(10) == 75, first.stderr
    finish(second, embedded_queue)
    assert steps.done == list(range(1, 31))
    assert len(steps.begun_at) == 2 and steps.begun_at[1] >= 4


def test_over_a_rolling_deploy_of_cut_jobs_each_step_is_done_once(lastcall, embedded_queue, tmp_path):
    ids = embedded_queue.send_many(4)
    steps = {message: Steps(tmp_path / f"steps-{message}") for message in ids}

    def start():
        return lastcall.work(embedded_queue, "--wait", "1s", "--visibility", "20s", "--grace", "4s", "--reserve", "3s",
                             "exec", "--checkpoints", tmp_path / "kept.db", "--", "sh", "-c",
                             'STEPS="$STEPS-$LASTCALL_MESSAGE_ID"' + STEPS, STEPS=tmp_path / "steps", SAVE="at each step")

    leaving, cuts = [], 0
    worker = start()
    end = time.monotonic() + 60
    while embedded_queue.counts() != NOTHING and time.monotonic() < end:
        time.sleep(1.5)
        leaving.append(worker)
        worker = start()
        worker.says("working")
        leaving[-1].signal()
    worker.signal()
    for one in [*leaving, worker]:
        assert one.exit_code(10) in (0, 75), one.stderr
        cuts += one.report["jobs"]["cut"]
        assert one.report["messages"]["left_behind"] == []
    assert {message: its.done for message, its in steps.items()} == {message: list(range(1, 31)) for message in ids}
    assert cuts >= 4, "no job was cut"


def test_what_was_saved_a_second_before_a_kill_is_not_lost(lastcall, embedded_queue, steps, tmp_path):
    kept = ["--checkpoints", tmp_path / "kept.db"]
    embedded_queue.send("job")
    # It stands still after ten steps, long enough for the worker to have looked.
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--visibility", "3s", "exec", *kept, "--", "sh", "-c",
                           'echo 10 > "$LASTCALL_CHECKPOINT_FILE"; echo "step 10" >> "$STEPS"; sleep 60', STEPS=steps.path)
    eventually(lambda: steps.done == [10], what="it makes no progress")
    time.sleep(4)
    worker.signal(signal.SIGKILL)
    worker.exit_code(10)
    finish(work(lastcall, embedded_queue, steps, *kept), embedded_queue)
    assert steps.begun_at == [10] and steps.done == list(range(10, 31))


def test_a_job_that_failed_goes_on_in_the_same_process_without_a_file(lastcall, embedded_queue, steps):
    embedded_queue.send("job")
    worker = lastcall.work(
        embedded_queue, "--drain-when-empty", "--wait", "1s", "exec", "--", "sh", "-c",
        'echo "begin ${LASTCALL_CHECKPOINT:-0}" >> "$STEPS"; [ "$LASTCALL_RECEIVE_COUNT" -gt 1 ] || '
        '{ echo \'{"retry_after_s":0,"checkpoint":"7"}\'; exit 1; }', STEPS=steps.path)
    assert worker.exit_code(30) == 0, worker.stderr
    assert steps.begun_at == [0, 7]


def test_elsewhere_it_begins_anew(lastcall, embedded_queue, steps, tmp_path):
    embedded_queue.send("job")
    worker = work(lastcall, embedded_queue, steps, "--checkpoints", tmp_path / "one.db")
    eventually(lambda: len(steps.done) >= 3, what="it makes no progress")
    cut(worker, embedded_queue)
    finish(work(lastcall, embedded_queue, steps, "--checkpoints", tmp_path / "another.db"), embedded_queue)
    assert steps.begun_at == [0, 0]


def test_a_checkpoint_that_is_too_large_is_refused_and_the_one_before_stays(lastcall, embedded_queue, steps, tmp_path):
    embedded_queue.send("job")
    script = ('echo "begin ${#LASTCALL_CHECKPOINT}" >> "$STEPS"; case $LASTCALL_RECEIVE_COUNT in '
              '1) head -c 65536 /dev/zero | tr "\\0" x > "$LASTCALL_CHECKPOINT_FILE";; '
              '2) head -c 65537 /dev/zero | tr "\\0" x > "$LASTCALL_CHECKPOINT_FILE";; '
              '*) exit 0;; esac; echo \'{"retry_after_s":0}\'; exit 75')
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--wait", "1s", "exec", "--checkpoints",
                           tmp_path / "kept.db", "--", "sh", "-c", script, STEPS=steps.path)
    assert worker.exit_code(30) == 0, worker.stderr
    assert steps.begun_at == [0, 65536, 65536]
    assert "checkpoint not saved" in worker.stderr and "65536" in worker.stderr


def refusal(lastcall, queue, path):
    worker = lastcall.work(queue, "exec", "--checkpoints", path, "--", "true")
    assert worker.exit_code(15) == 78, worker.stderr
    assert str(path) in worker.stderr
    return worker.stderr


def test_a_file_that_cannot_be_used_is_refused_at_start_with_what_to_do(lastcall, embedded_queue, tmp_path):
    (tmp_path / "rubbish.db").write_bytes(b"this is not a database, and never was one" * 200)
    assert "not a database" in refusal(lastcall, embedded_queue, tmp_path / "rubbish.db")
    assert "move this one away" in refusal(lastcall, embedded_queue, tmp_path / "rubbish.db")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    assert "another program" in refusal(lastcall, embedded_queue, tmp_path / "other.db")
    assert "folder must exist" in refusal(lastcall, embedded_queue, tmp_path / "missing" / "kept.db")
    holder = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "locked" in refusal(lastcall, embedded_queue, tmp_path / "held.db")
    holder.close()


class Endpoint:
    """Answers 503 with a cursor as often as told to, then 204."""

    def __init__(self, answers):
        self.given = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.given.append(self.headers.get("X-Lastcall-Checkpoint"))
                header, body = answers.pop(0) if answers else (None, None)
                self.send_response(503 if header or body else 204)
                if header:
                    self.send_header("X-Lastcall-Checkpoint", header)
                if header or body:
                    self.send_header("Retry-After", "0")
                    self.send_header("Content-Length", str(len(body or "")))
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


def test_an_endpoint_says_where_it_stands_and_is_told_the_next_time(lastcall, embedded_queue, tmp_path):
    endpoint = Endpoint([("row 17", None), (None, json.dumps({"checkpoint": {"row": 42}})), ("x" * 5000, None)])
    embedded_queue.send("job")
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--tries-when-empty", "9", "--wait", "1s", "http", "--to",
                           f"http://127.0.0.1:{endpoint.server.server_port}/", "--checkpoints", tmp_path / "kept.db")
    assert worker.exit_code(30) == 0, worker.stderr
    endpoint.server.shutdown()
    assert endpoint.given == [None, "row 17", '{"row":42}', '{"row":42}']
    assert "too long for a header" in worker.stderr
