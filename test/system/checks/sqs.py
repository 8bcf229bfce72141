"""How a check talks to SQS, through whichever client it is run by. Every MD5 that the service tells is checked."""

import base64
import hashlib
import json
import os
import struct
import time

from clients import ServiceError

# The names of the JSON protocol whose older names differ: the API's model, and answers recorded from SQS.
OLDER_NAMES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}
OTHER_STATUS = {"PurgeQueueInProgress": 403, "OverLimit": 403, "ResourceNotFoundException": 404,
                "ReceiptHandleIsInvalid": 404}

INVALID = "InvalidParameterValueException"
MISSING = "MissingRequiredParameterException"


def text(value):
    return {"DataType": "String", "StringValue": value}


def number(value):
    return {"DataType": "Number", "StringValue": value}


def binary(value, data_type="Binary"):
    return {"DataType": data_type, "BinaryValue": {"$bytes": base64.b64encode(value).decode()}}


def md5(data):
    return hashlib.md5(data.encode() if isinstance(data, str) else data).hexdigest()


def md5_of_attributes(attributes):
    """The developer guide, "Calculating the MD5 message digest for message attributes"."""
    digest = hashlib.md5()
    for name in sorted(attributes):
        value = attributes[name]
        bytes_ = (base64.b64decode(value["BinaryValue"]["$bytes"]) if value["DataType"].startswith("Binary")
                  else value["StringValue"].encode())
        for part in (name.encode(), value["DataType"].encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        digest.update(b"\2" if value["DataType"].startswith("Binary") else b"\1")
        digest.update(struct.pack(">I", len(bytes_)) + bytes_)
    return digest.hexdigest()


def check_sent(asked, answer):
    assert answer["MD5OfMessageBody"] == md5(asked["MessageBody"])
    for given, told in (("MessageAttributes", "MD5OfMessageAttributes"),
                        ("MessageSystemAttributes", "MD5OfMessageSystemAttributes")):
        if asked.get(given):
            assert answer[told] == md5_of_attributes(asked[given]), told
        else:
            assert not answer.get(told), f"{told} of nothing"


def check_received(messages):
    for message in messages:
        assert message["MD5OfBody"] == md5(message["Body"])
        if message.get("MessageAttributes"):
            assert message["MD5OfMessageAttributes"] == md5_of_attributes(message["MessageAttributes"])


class Sqs:
    """`new_client` starts a client; a second one is started only by checks that do two things at a time."""

    def __init__(self, client, new_client, speaks_json):
        self.client, self.new_client, self.speaks_json = client, new_client, speaks_json
        self.created, self.others = [], []

    def call(self, operation, **parameters):
        return self._checked(operation, parameters, self.client.call(operation, parameters))

    def begin(self, operation, **parameters):
        """The same by another client, at the same time. Answers what waits for its answer."""
        other = self.new_client()
        self.others.append(other)
        other.ask(operation, parameters)
        return lambda: self._checked(operation, parameters, other.answer())

    def fails(self, code, operation, message="", **parameters):
        """`code` is the JSON protocol's name of the error; `message` a part of its text, where that is known."""
        try:
            answer = self.client.call(operation, parameters)
        except ServiceError as error:
            older = OLDER_NAMES.get(code, code)
            assert error.code == older, f"{error.code} instead of {older}: {error.message}"
            assert error.name in (None, code, older), f"{error.name} instead of {code}"
            if error.status is not None:
                assert error.status == OTHER_STATUS.get(code, 400), error
            assert message in error.message, f"{error.message!r} instead of {message!r}"
            return
        raise AssertionError(f"{operation} was answered instead of refused with {code}: {str(answer)[:300]}")

    def new_name(self, fifo=False):
        return f"check-{os.urandom(6).hex()}" + (".fifo" if fifo else "")

    def queue(self, name=None, tags=None, **attributes):
        fifo = attributes.get("FifoQueue") == "true"
        name = name or self.new_name(fifo)
        parameters = {"QueueName": name}
        if attributes:
            parameters["Attributes"] = {k: v if isinstance(v, str) else json.dumps(v) for k, v in attributes.items()}
        if tags:
            parameters["tags"] = tags
        return Queue(self, name, self.call("CreateQueue", **parameters)["QueueUrl"])

    def fifo_queue(self, **attributes):
        return self.queue(FifoQueue="true", **attributes)

    def end(self):
        for other in self.others:
            other.end()
        for queue in self.created:
            try:
                self.client.call("DeleteQueue", {"QueueUrl": queue.url})
            except (ServiceError, AssertionError):
                pass  # the check deleted it

    def _checked(self, operation, asked, answer):
        if operation == "SendMessage":
            check_sent(asked, answer)
        elif operation == "SendMessageBatch":
            entries = {entry["Id"]: entry for entry in asked["Entries"]}
            for done in answer.get("Successful", []):
                check_sent(entries[done["Id"]], done)
        elif operation == "ReceiveMessage":
            check_received(answer.get("Messages", []))
        return answer


class Queue:
    def __init__(self, sqs, name, url):
        self.sqs, self.name, self.url = sqs, name, url
        sqs.created.append(self)

    def call(self, operation, **parameters):
        return self.sqs.call(operation, QueueUrl=self.url, **parameters)

    def fails(self, code, operation, message="", **parameters):
        self.sqs.fails(code, operation, message, QueueUrl=self.url, **parameters)

    @property
    def arn(self):
        return self.attributes("QueueArn")["QueueArn"]

    def attributes(self, *names):
        return self.call("GetQueueAttributes", AttributeNames=list(names) or ["All"]).get("Attributes", {})

    def set(self, **attributes):
        self.call("SetQueueAttributes", Attributes=attributes)

    def counts(self):
        """Visible, in flight, delayed."""
        found = self.attributes()
        return tuple(int(found[f"ApproximateNumberOfMessages{which}"]) for which in ("", "NotVisible", "Delayed"))

    def send(self, body="a message", **parameters):
        return self.call("SendMessage", MessageBody=body, **parameters)

    def send_batch(self, *entries):
        return self.call("SendMessageBatch", Entries=[{"Id": f"e{n}"} | entry for n, entry in enumerate(entries)])

    def receive(self, count=1, wait_s=0, **parameters):
        """One receive."""
        return self.call("ReceiveMessage", MaxNumberOfMessages=count, WaitTimeSeconds=wait_s,
                         **parameters).get("Messages", [])

    def receive_one(self, wait_s=2, **parameters):
        messages = self.receive(1, wait_s, **parameters)
        assert len(messages) == 1, "no message came"
        return messages[0]

    def receive_all(self, count, **parameters):
        """Receives until `count` have come; a receive may bring fewer than there are."""
        messages, end = [], time.monotonic() + 10
        while len(messages) < count and time.monotonic() < end:
            messages += self.receive(min(10, count - len(messages)), 1, **parameters)
        assert len(messages) == count, f"{len(messages)} of {count} messages came"
        return messages

    def delete(self, message):
        self.call("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])

    def hide(self, message, seconds):
        self.call("ChangeMessageVisibility", ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds)
