"""As PID 1, where the kernel gives no default action to a signal and orphans are handed over: in a container."""

import pathlib
import subprocess
import time

import pytest

from sqs import Counts
from waiting import eventually

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


@pytest.fixture(autouse=True)
def allowed():
    if subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0:
        pytest.skip("unshare may not make a PID namespace here")


def child_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def start_as_pid_1(lastcall, queue, *arguments, **environment):
    worker = lastcall.work(queue, *arguments, prefix=UNSHARE, **environment)
    worker.pid = eventually(lambda: child_of(worker.popen.pid), what="unshare did not start it")
    return worker


def test_sigterm_drains_a_worker_that_is_pid_1(lastcall, embedded_queue, journal):
    embedded_queue.send_many(10)
    worker = start_as_pid_1(lastcall, embedded_queue, "--wait", "2s", "--concurrency", "4",
                            "sleep", "--for", "1s", "--journal", journal)
    eventually(lambda: journal.ended, what="no job was done")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert worker.report["reason"] == "SIGTERM"
    done = journal.ended
    assert journal.started == done
    assert embedded_queue.counts() == Counts(visible=10 - len(done), in_flight=0, delayed=0)


def test_pid_1_reaps_the_orphans_of_its_jobs(lastcall, embedded_queue, tmp_path):
    embedded_queue.send_many(5)
    # each job leaves a grandchild behind that ends a little later
    worker = start_as_pid_1(lastcall, embedded_queue, "--wait", "1s", "exec", "--", "sh", "-c",
                            f"(sleep 0.3 >/dev/null 2>&1 </dev/null &) ; touch {tmp_path}/done-$LASTCALL_MESSAGE_ID")
    eventually(lambda: len(list(tmp_path.glob("done-*"))) == 5, what="the jobs were not done")
    time.sleep(1)

    def zombies():
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] == "Z" and int(fields[1]) == worker.pid:
                found.append(stat.parent.name)
        return found

    eventually(lambda: not zombies(), 5, "zombies are left")
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr


def test_pid_1_gets_its_credentials_from_a_program_and_its_jobs_keep_checkpoints(lastcall, embedded_queue, tmp_path):
    (tmp_path / "keys").write_text('{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}')
    # It is still there when the orphans are looked after: whoever reaps it first.
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/keys; exec >&- 2>&-; sleep 1.5\n")
    embedded_queue.send("job")
    worker = start_as_pid_1(
        lastcall, embedded_queue, "--drain-when-empty", "--wait", "1s", "exec", "--", "sh", "-c",
        f'echo "${{LASTCALL_CHECKPOINT:-none}}" >> {tmp_path}/given; [ "$LASTCALL_RECEIVE_COUNT" = 1 ] || exit 0; '
        'echo half > "$LASTCALL_CHECKPOINT_FILE"; echo \'{"retry_after_s":0}\'; exit 75',
        AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE=tmp_path / "config")
    assert worker.exit_code() == 0, worker.stderr
    assert "placeholders" not in worker.stderr
    assert (tmp_path / "given").read_text().split() == ["none", "half"]
