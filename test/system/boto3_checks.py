"""What boto3 must be able to do with a server, for any boto3: run by the interpreter that has it, without pytest.

Usage: boto3_checks.py ENDPOINT CHECK QUEUE_NAME
"""

import contextlib
import json
import sys
import threading
import time

import boto3
import botocore.config
import botocore.exceptions


def client_of(endpoint):
    return boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test",
                        config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=30))


@contextlib.contextmanager
def raises(kind):
    caught = []
    try:
        yield caught
    except kind as exception:
        caught.append(exception)
    assert caught, f"{kind} was not raised"


def it_sends_receives_and_deletes(client, queue_name):
    url = client.create_queue(QueueName=queue_name, Attributes={"VisibilityTimeout": "45"})["QueueUrl"]
    assert client.get_queue_url(QueueName=queue_name)["QueueUrl"] == url
    attributes = {"s": {"DataType": "String", "StringValue": "ü"}, "n": {"DataType": "Number", "StringValue": "1.5"},
                  "b": {"DataType": "Binary.x", "BinaryValue": b"\0\xff"}}
    sent = client.send_message(QueueUrl=url, MessageBody="<body> & ü 😀", MessageAttributes=attributes)
    answer = client.receive_message(QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"],
                                    WaitTimeSeconds=1)
    [message] = answer["Messages"]
    assert message["MessageId"] == sent["MessageId"] and message["Body"] == "<body> & ü 😀"
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    [again] = client.receive_message(QueueUrl=url)["Messages"]
    client.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "45" and found["ApproximateNumberOfMessages"] == "0"
    client.delete_queue(QueueUrl=url)


def it_works_in_batches(client, queue_name):
    url = client.create_queue(QueueName=queue_name)["QueueUrl"]
    sent = client.send_message_batch(QueueUrl=url, Entries=[
        {"Id": f"e{n}", "MessageBody": f"body {n}", "MessageAttributes": {
            "n": {"DataType": "Number", "StringValue": str(n)}}} for n in range(10)])
    assert len(sent["Successful"]) == 10 and not sent.get("Failed")
    messages = []
    while len(messages) < 10:
        got = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["n"])["Messages"]
        messages += got
    assert {m["Body"]: m["MessageAttributes"]["n"]["StringValue"] for m in messages} == {
        f"body {n}": str(n) for n in range(10)}
    changed = client.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60} for n, m in enumerate(messages)])
    assert len(changed["Successful"]) == 10
    deleted = client.delete_message_batch(QueueUrl=url, Entries=[
        {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)][:9] + [
        {"Id": "bad", "ReceiptHandle": "rubbish"}])
    assert len(deleted["Successful"]) == 9
    [failed] = deleted["Failed"]
    assert failed["Id"] == "bad" and failed["SenderFault"] is True and failed["Code"] == "ReceiptHandleIsInvalid"


def it_sees_the_errors_of_sqs(client, queue_name):
    with raises(client.exceptions.QueueDoesNotExist):
        client.get_queue_url(QueueName=queue_name)
    url = client.create_queue(QueueName=queue_name)["QueueUrl"]
    with raises(client.exceptions.ReceiptHandleIsInvalid):
        client.delete_message(QueueUrl=url, ReceiptHandle="rubbish")
    with raises(client.exceptions.TooManyEntriesInBatchRequest):
        client.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "x"} for n in range(11)])
    with raises(client.exceptions.EmptyBatchRequest):
        client.send_message_batch(QueueUrl=url, Entries=[])
    with raises(client.exceptions.BatchEntryIdsNotDistinct):
        client.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}] * 2)
    with raises(botocore.exceptions.ClientError) as failed:
        client.receive_message(QueueUrl=url, WaitTimeSeconds=21)
    assert "InvalidParameterValue" in failed[0].response["Error"]["Code"]
    assert failed[0].response["ResponseMetadata"]["HTTPStatusCode"] == 400


def it_lists_purges_and_redrives(client, queue_name):
    dead = client.create_queue(QueueName=f"{queue_name}-dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = client.create_queue(QueueName=queue_name, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})})["QueueUrl"]
    assert set(client.list_queues(QueueNamePrefix=queue_name)["QueueUrls"]) == {url, dead}
    client.send_message(QueueUrl=url, MessageBody="poison")
    [message] = client.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=url)
    [moved] = client.receive_message(QueueUrl=dead, AttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert moved["MessageId"] == message["MessageId"]
    client.purge_queue(QueueUrl=dead)
    assert "Messages" not in client.receive_message(QueueUrl=dead)


def its_long_poll_wakes_at_once(client, queue_name):
    url = client.create_queue(QueueName=queue_name)["QueueUrl"]
    timer = threading.Timer(1, lambda: client.send_message(QueueUrl=url, MessageBody="x"))
    timer.start()
    began = time.monotonic()
    assert client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert 0.9 < time.monotonic() - began < 3


if __name__ == "__main__":
    globals()[sys.argv[2]](client_of(sys.argv[1]), sys.argv[3])
