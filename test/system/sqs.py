"""A plain SQS client over the JSON protocol, written for the tests: it shares no code with lastcall nor with boto3,
and speaks to every server alike. It does not sign; `verifying.py` is about signatures."""

import http.client
import itertools
import json
import urllib.parse
from dataclasses import dataclass

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")


class ServiceError(Exception):
    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Counts:
    """A queue's own attributes: how many messages wait, are leased, are delayed."""
    visible: int
    in_flight: int
    delayed: int


class Service:
    """An SQS endpoint."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def call(self, operation, **parameters):
        url = urllib.parse.urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            connection.request("POST", "/", json.dumps(parameters).encode(), {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"AmazonSQS.{operation}",
                "Authorization": AUTHORIZATION,
            })
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        body = json.loads(text) if text else {}
        if answer.status != 200:
            raise ServiceError(answer.status, body.get("__type", ""), body.get("message", text.decode()))
        return body

    def create_queue(self, name, **attributes):
        made = self.call("CreateQueue", QueueName=name,
                         Attributes={key: value if isinstance(value, str) else json.dumps(value)
                                     for key, value in attributes.items()})
        return Queue(self, name, made["QueueUrl"])

    def queue_names(self):
        return {url.rsplit("/", 1)[1] for url in self.call("ListQueues").get("QueueUrls", [])}


class Queue:
    def __init__(self, service, name, url):
        self.service, self.name, self.url = service, name, url

    def call(self, operation, **parameters):
        return self.service.call(operation, QueueUrl=self.url, **parameters)

    @property
    def arn(self):
        return self.call("GetQueueAttributes", AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def counts(self):
        found = self.call("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
        return Counts(*(int(found[f"ApproximateNumberOfMessages{which}"]) for which in ("", "NotVisible", "Delayed")))

    def send(self, body, **parameters):
        """Sends one message and answers its id."""
        return self.call("SendMessage", MessageBody=body, **parameters)["MessageId"]

    def send_many(self, count, body="job {}"):
        """Sends `count` messages in batches and answers their ids."""
        ids = []
        numbers = iter(range(count))
        while batch := list(itertools.islice(numbers, 10)):
            answer = self.call("SendMessageBatch", Entries=[
                {"Id": str(number), "MessageBody": body.format(number)} for number in batch])
            assert not answer.get("Failed"), answer
            ids += [entry["MessageId"] for entry in answer["Successful"]]
        return ids

    def receive(self, count=1, wait_s=0, visibility_s=30):
        return self.call("ReceiveMessage", MaxNumberOfMessages=count, WaitTimeSeconds=wait_s,
                         VisibilityTimeout=visibility_s, AttributeNames=["All"],
                         MessageAttributeNames=["All"]).get("Messages", [])

    def delete(self):
        self.call("DeleteQueue")
