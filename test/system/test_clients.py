"""boto3 and the AWS CLI, unchanged, against `lastcall serve`: Debian's, which speak the query protocol, and newer ones
of the PATH where there are any, which speak JSON."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "test",
               "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
               "AWS_EC2_METADATA_DISABLED": "true"}
CHECKS = pathlib.Path(__file__).with_name("boto3_checks.py")


@pytest.fixture(scope="session", params=["debian", "newer"])
def python(request):
    """An interpreter with boto3: this one, and one of the PATH whose boto3 speaks JSON to SQS."""
    if request.param == "debian":
        return sys.executable
    other = shutil.which("python3")
    newer = "import boto3; assert tuple(map(int, boto3.__version__.split('.')[:2])) >= (1, 28)"
    if not other or subprocess.run([other, "-c", newer], capture_output=True).returncode != 0:
        pytest.skip("the Python of the PATH has no boto3 of 1.28 or later, which would speak JSON")
    return other


@pytest.mark.parametrize("check", re.findall(r"^def (its?_\w+)", CHECKS.read_text(), re.M))
def test_boto3(embedded, queue_name, python, check):
    done = subprocess.run([python, "-B", CHECKS, embedded.endpoint, check, queue_name], env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


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
