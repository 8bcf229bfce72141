"""What the documents show: commands that work as they stand."""

import json
import os
import re
import shlex
import signal
import subprocess

import pytest

from binary import BINARY, ROOT
from ports import free_port


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / path).read_text(), re.MULTILINE | re.DOTALL)


def block_with(path, language, text):
    [found] = [block for block in blocks(path, language) if text in block]
    return found


def shell(script, directory, **variables):
    """Runs a script as a person would, with `lastcall` on the PATH; what it leaves running is ended."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LASTCALL_"))}
    environment |= {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "HOME": str(directory)} | variables
    # What it left in the background holds the output open.
    process = subprocess.Popen(["sh", "-ec", script + "\nkill $!; wait"], cwd=directory, env=environment, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        said, _ = process.communicate(timeout=60)
        return process.returncode, said
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_the_first_commands_on_a_laptop_do_what_the_readme_says(tmp_path):
    port = str(free_port())
    script = block_with("README.md", "sh", "lastcall serve &").replace("9324", port)
    # a person takes longer to type the next line than the server to start
    script = script.replace("lastcall queue", "until lastcall queue list; do :; done\nlastcall queue", 1)
    code, said = shell(script, tmp_path, LASTCALL_LISTEN=f"127.0.0.1:{port}")
    assert code == 0, said
    assert sorted(re.findall(r'line="job: (\d)"', said)) == list("12345"), said
    report = json.loads(next(line for line in said.splitlines() if line.startswith('{"event":"drain"')))
    assert report["jobs"]["done"] == 5


COMMANDS = ([json.loads(words) for language in ("json", "yaml")
             for block in blocks("docker/README.md", language)
             for words in re.findall(r'(?:"command"|args): (\[.*?\])', block)] +
            [shlex.split(words) for block in blocks("docker/README.md", "ini")
             for words in re.findall(r"^ExecStart=\S*/lastcall (.*)$", block, re.MULTILINE)] +
            [shlex.split(words) for block in blocks("docker/README.md", "sh")
             for words in re.findall(r"^docker run .* lastcall (work .*)$", block, re.MULTILINE)])


def test_there_are_commands_for_each_platform():
    assert len(COMMANDS) == 4


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_for_a_platform_is_understood(lastcall, words):
    """It gets as far as asking for its queue, where nobody answers."""
    done = lastcall.run(*words, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.code == 69 and "the queue 'jobs' can't be used" in done.stderr, done.stderr


def test_the_time_to_stop_of_each_platform_is_longer_than_the_workers_grace():
    text = (ROOT / "docker/README.md").read_text() + (ROOT / "docker/compose.yaml").read_text()
    graces = [int(seconds) for seconds in re.findall(r'--grace"?,? "?(\d+)s', text)]
    stops = [int(seconds) for seconds in
             re.findall(r'(?:--stop-timeout |"stopTimeout": |terminationGracePeriodSeconds: |TimeoutStopSec=|'
                        r'stop_grace_period: )(\d+)', text)]
    assert len(graces) == len(stops) == 5
    assert all(0 < stop - grace <= 20 for grace, stop in zip(graces, stops)), (graces, stops)
