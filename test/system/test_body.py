"""Bodies of every kind arrive as they were sent."""

import pytest

from sqs import Counts

NOTHING = Counts(visible=0, in_flight=0, delayed=0)


LARGEST = "0123456789abcdef" * 65536  # one mebibyte


def bodies():
    yield "not-json", "{not json"
    yield "one-byte", "x"
    yield "white-space", " \t\r\n \n"
    yield "escapes", '"quoted" \\ / \u007f <&> \\u0041'
    yield "beyond-the-bmp", "😀𝄞 Grüße 漢字 \ufffd"
    yield "largest", LARGEST


def as_the_server_takes_it(server, body):
    """moto takes 256 KiB only, and fauxqs nothing beyond the basic multilingual plane."""
    if server.name == "moto":
        return body[:262144]
    return "".join(c for c in body if c <= "\uffff") if server.name == "fauxqs" else body


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in bodies()])
def test_a_body_arrives_as_it_was_sent(lastcall, queue_server, queue, tmp_path, body):
    body = as_the_server_takes_it(queue_server, body)
    sent = queue.send(body)
    worker = lastcall.work(queue, "--drain-when-empty", "--wait", "1s", "exec", "--", "sh", "-c",
                           f"cat > {tmp_path}/$LASTCALL_MESSAGE_ID")
    assert worker.exit_code() == 0, worker.stderr
    assert (tmp_path / sent).read_bytes() == body.encode()
    assert queue.counts() == NOTHING


def test_ten_large_messages_in_one_answer(lastcall, embedded_queue, tmp_path):
    body = "y" * 1_000_000
    ids = [embedded_queue.send(body) for _ in range(10)]
    worker = lastcall.work(embedded_queue, "--drain-when-empty", "--wait", "1s", "--concurrency", "10",
                           "exec", "--", "sh", "-c", f"wc -c > {tmp_path}/$LASTCALL_MESSAGE_ID")
    assert worker.exit_code(60) == 0, worker.stderr
    assert {int((tmp_path / one).read_text()) for one in ids} == {1_000_000}
