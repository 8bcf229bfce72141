"""The AWS CLI, unchanged and as a shell runs it, against `lastcall serve`: Debian's, which speaks the query protocol,
and a newer one of the PATH where there is one, which speaks JSON. What its answers must be is in test_checks.py."""

import json
import os
import re
import shutil
import subprocess

import pytest

from clients import ENVIRONMENT


def clis():
    for path in dict.fromkeys(filter(None, ["/usr/bin/aws", shutil.which("aws")])):
        yield pytest.param(path, id="debian" if path == "/usr/bin/aws" else "newer")


@pytest.mark.parametrize("program", clis())
def test_the_aws_cli_works_unchanged(embedded, queue_name, tmp_path, program):
    if not os.path.exists(program):
        pytest.skip(f"{program} is not installed")

    def aws(*arguments, fails=False):
        done = subprocess.run([program, "--endpoint-url", embedded.endpoint, "--output", "json", "sqs", *arguments],
                              env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else json.loads(done.stdout or "{}")

    url = aws("create-queue", "--queue-name", queue_name)["QueueUrl"]
    assert url in aws("list-queues", "--queue-name-prefix", queue_name)["QueueUrls"]
    sent = aws("send-message", "--queue-url", url, "--message-body", "from the CLI",
               "--message-attributes", '{"a":{"DataType":"String","StringValue":"v"}}')
    [message] = aws("receive-message", "--queue-url", url, "--message-attribute-names", "All", "--attribute-names",
                    "All", "--wait-time-seconds", "1")["Messages"]
    assert message["MessageId"] == sent["MessageId"] and message["MessageAttributes"]["a"]["StringValue"] == "v"
    aws("change-message-visibility", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"],
        "--visibility-timeout", "0")
    [message] = aws("receive-message", "--queue-url", url)["Messages"]
    aws("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    aws("set-queue-attributes", "--queue-url", url, "--attributes", "VisibilityTimeout=77")
    found = aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert found["VisibilityTimeout"] == "77" and found["ApproximateNumberOfMessages"] == "0"
    assert re.search("NonExistentQueue|QueueDoesNotExist",
                     aws("get-queue-url", "--queue-name", f"{queue_name}-not", fails=True))
    aws("purge-queue", "--queue-url", url)
    aws("delete-queue", "--queue-url", url)
