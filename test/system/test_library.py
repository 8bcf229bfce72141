"""A program of its own that uses lastcall as a library: test/consumer."""

import binary
import sqs


def test_a_program_of_its_own_works_as_lastcall_work_does(embedded_queue, lastcall):
    names = [f"name {number}" for number in range(20)]
    for name in names:
        embedded_queue.send(name)
    process = lastcall.start("--queue", embedded_queue.name, "--endpoint-url", embedded_queue.service.endpoint,
                             "--drain-when-empty", program=binary.BINARY.parent / "consumer")
    assert process.exit_code() == 0
    assert process.report["jobs"]["done"] == 20
    assert all(f"hello, {name}\n" in process.stderr for name in names)
    assert embedded_queue.counts() == sqs.Counts(0, 0, 0)
