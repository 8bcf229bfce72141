"""`lastcall serve --verify`: what real clients are told, with the right secret and with a wrong one."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

import servers

KEY, SECRET = "AKIDVERIFIED", "a:secret/with+signs"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = servers.Embedded(tmp_path_factory.mktemp("verifying"), "--verify", f"{KEY}:{SECRET}",
                               "--verify", "111122223333:other")
    yield started
    started.stop()


def client(server, key, secret):
    boto3 = pytest.importorskip("boto3")
    from botocore.config import Config
    return boto3.client("sqs", endpoint_url=server.endpoint, region_name="eu-west-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}))


@pytest.mark.parametrize("key, secret", [(KEY, SECRET), ("111122223333", "other")])
def test_the_right_secret_is_accepted(server, queue_name, key, secret):
    sqs = client(server, key, secret)
    url = sqs.create_queue(QueueName=queue_name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="ü & <b> +%20",
                     MessageAttributes={"a": {"DataType": "Binary", "BinaryValue": b"\0\xff"}})
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "ü & <b> +%20"


@pytest.mark.parametrize("key, secret, code", [(KEY, "wrong", "SignatureDoesNotMatch"),
                                               ("AKIDUNKNOWN", SECRET, "InvalidClientTokenId")])
def test_a_wrong_one_is_refused(server, key, secret, code):
    from botocore.exceptions import ClientError
    with pytest.raises(ClientError) as refused:
        client(server, key, secret).list_queues()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_no_signature_is_refused_in_both_protocols(server):
    def refusal(headers, body):
        request = urllib.request.Request(server.endpoint, body, headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        return refused.value.code, refused.value.read().decode()
    status, body = refusal({"X-Amz-Target": "AmazonSQS.ListQueues"}, b"{}")
    assert status == 403 and json.loads(body)["__type"] == "com.amazon.coral.service#AccessDeniedException"
    status, body = refusal({}, b"Action=ListQueues")
    assert status == 403 and "<Code>AccessDenied</Code>" in body


@pytest.mark.parametrize("program", sorted({path for path in ("/usr/bin/aws", shutil.which("aws")) if path}))
def test_the_aws_cli_is_accepted_and_told_why_not(server, program):
    if not os.path.exists(program):
        pytest.skip(f"{program} is not installed")
    def aws(secret):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": KEY,
                       "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
                       "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run([program, "--endpoint-url", server.endpoint, "sqs", "list-queues"], env=environment,
                              capture_output=True, text=True, timeout=60)
    done = aws(SECRET)
    assert done.returncode == 0, done.stderr
    refused = aws("wrong")
    assert refused.returncode != 0 and "SignatureDoesNotMatch" in refused.stderr


def test_lastcalls_own_client_is_accepted(server, lastcall):
    listed = lastcall.run("queue", "list", "--endpoint-url", server.endpoint, AWS_ACCESS_KEY_ID=KEY,
                          AWS_SECRET_ACCESS_KEY=SECRET)
    assert listed.code == 0, listed.stderr
    refused = lastcall.run("queue", "list", "--endpoint-url", server.endpoint, AWS_ACCESS_KEY_ID=KEY,
                           AWS_SECRET_ACCESS_KEY="wrong")
    assert refused.code == 69 and "signature" in refused.stderr


def test_a_key_without_a_secret_is_a_usage_error(lastcall):
    done = lastcall.run("serve", "--listen", "127.0.0.1:0", "--verify", "KEY")
    assert done.code == 64 and "KEY:SECRET" in done.stderr
