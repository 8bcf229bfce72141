"""Programs of their own that use lastcall as a library: test/consumer, and the one that README.md shows."""

import pytest

import binary
import sqs
from waiting import eventually


@pytest.mark.parametrize("program", ["consumer", "readme_example"])
def test_a_program_of_its_own_works_as_lastcall_work_does(embedded_queue, lastcall, program):
    names = [f"name {number}" for number in range(20)]
    for name in names:
        embedded_queue.send(name)
    process = lastcall.start("--queue", embedded_queue.name, "--endpoint-url", embedded_queue.service.endpoint,
                             "--drain-when-empty", program=binary.BINARY.parent / program)
    assert process.exit_code() == 0
    assert process.report["jobs"]["done"] == 20
    assert all(f"hello, {name}\n" in process.stderr for name in names)
    assert embedded_queue.counts() == sqs.Counts(0, 0, 0)


def test_a_job_of_its_own_saves_where_it_stands_and_is_given_it_back(embedded_queue, lastcall, tmp_path):
    def start(*arguments):
        return lastcall.start("--queue", embedded_queue.name, "--endpoint-url", embedded_queue.service.endpoint, "--wait",
                              "1s", "--checkpoints", tmp_path / "kept.db", *arguments,
                              program=binary.BINARY.parent / "consumer")

    embedded_queue.send("slow reader")
    first = start("--grace", "2s")
    eventually(lambda: embedded_queue.counts().in_flight == 1, what="the job did not start")
    first.signal()
    assert first.exit_code(10) == 75, first.stderr
    second = start("--drain-when-empty")
    assert second.exit_code() == 0, second.stderr
    assert "hello, slow reader, who took a breath\n" in second.stderr
