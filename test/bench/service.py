"""The server that the workers work against, its queues, and the proxy in front of it."""

import http.client
import itertools
import json
import ssl
import time
import urllib.parse

from machine import BINARY, ENVIRONMENT, RELEASE, SERVER_CORE, WORKER_CORE, Process
from ports import free_port

BODY_BYTES = 1024
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, "
                 "Signature=0")


class Service:
    """`lastcall serve` on the server's core, or another SQS at `endpoint`."""

    def __init__(self, directory, endpoint=None, tls=None, options=()):
        self.directory, self.process, self.endpoint = directory, None, endpoint
        self.environment = ENVIRONMENT | ({"AWS_CA_BUNDLE": str(tls[0]), "SSL_CERT_FILE": str(tls[0])} if tls else {})
        self._tls = ssl.create_default_context(cafile=tls[0]) if tls else None
        self._names = itertools.count()
        self._connection = None
        if endpoint is None:
            self.port = free_port()
            self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
            certificate = ["--tls-cert", tls[0], "--tls-key", tls[1]] if tls else []
            self.process = Process([BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", *certificate, *options],
                                   SERVER_CORE, directory)
            self.process.says("listening on")
        else:
            self.port = urllib.parse.urlsplit(endpoint).port

    def call(self, operation, **parameters):
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = (http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self._tls)
                                    if self._tls else http.client.HTTPConnection("127.0.0.1", self.port, timeout=60))
            try:
                self._connection.request("POST", "/", json.dumps(parameters).encode(), {
                    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}",
                    "Authorization": AUTHORIZATION})
                answer = self._connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                self._connection = None
                if attempt == 2:
                    raise
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {text[:300]}")
        return json.loads(text) if text else {}

    def queue(self, fifo=False):
        name = f"bench{next(self._names)}" + (".fifo" if fifo else "")
        attributes = {"VisibilityTimeout": "60"} | ({"FifoQueue": "true"} if fifo else {})
        return Queue(self, name, self.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"], fifo)

    def stop(self):
        if self.process:
            self.process.kill()


class Queue:
    def __init__(self, service, name, url, fifo):
        self.service, self.name, self.url, self.is_fifo = service, name, url, fifo

    def fill(self, count):
        """Sends messages with bodies of 1 KiB of JSON, as fast as can be. FIFO: ten groups in turn."""
        if self.is_fifo:
            body = _body()
            for first in range(0, count, 10):
                self.service.call("SendMessageBatch", QueueUrl=self.url, Entries=[
                    {"Id": str(i), "MessageBody": body, "MessageGroupId": f"group{i}",
                     "MessageDeduplicationId": str(first + i)} for i in range(min(10, count - first))])
            return
        lines = self.service.directory / "messages.jsonl"
        with open(lines, "w") as out:
            line = _body() + "\n"
            for _ in range(count):
                out.write(line)
        sender = Process([BINARY, "send", "--queue", self.name, "--endpoint-url", self.service.endpoint,
                          "--file", lines], WORKER_CORE, self.service.directory, self.service.environment)
        if sender.wait(600) != 0:
            raise RuntimeError(f"the queue can't be filled: {sender.popen.returncode} {' '.join(sender.said())}")
        sender.kill()
        lines.unlink()

    def send_one(self, body="{}"):
        return self.service.call("SendMessage", QueueUrl=self.url, MessageBody=body)["MessageId"]

    def counts(self):
        """(visible, in flight)"""
        found = self.service.call("GetQueueAttributes", QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])

    def left(self):
        return sum(self.counts())

    def wait_until_below(self, count, within_s=60):
        until = time.monotonic() + within_s
        while self.left() > count:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def receive_all(self):
        """What can be received now."""
        got = []
        while messages := self.service.call("ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=10,
                                            WaitTimeSeconds=0).get("Messages"):
            got += messages
        return got

    def delete(self):
        self.service.call("DeleteQueue", QueueUrl=self.url)


def _body():
    filled = json.dumps({"job": "bench", "payload": ""})
    return json.dumps({"job": "bench", "payload": "x" * (BODY_BYTES - len(filled))})


class Proxy:
    """Adds latency in each direction, and counts connections and requests."""

    def __init__(self, service, delay_ms):
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.process = Process([RELEASE / "bench_proxy", self.port, service.port, int(delay_ms * 1000)],
                               SERVER_CORE, service.directory)
        self.process.says("listening")

    def stop(self):
        """What it counted."""
        self.process.signal()
        self.process.wait(10)
        counted = json.loads(self.process.said()[0].splitlines()[-1])
        self.process.kill()
        return counted
