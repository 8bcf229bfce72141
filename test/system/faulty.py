"""SQS servers that misbehave: a proxy that breaks some of the answers of a good server, one that checks signatures
with botocore, and one that answers what a test tells it to."""

import http.client
import http.server
import json
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from sqs import Service


@dataclass
class Request:
    operation: str
    parameters: dict
    headers: dict
    raw: bytes
    number: int  # of the requests for this operation, from 1


class HttpStub:
    """An HTTP server on a thread of its own. Subclasses say what becomes of a request in `handle`."""

    def __init__(self):
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    stub.handle(self, raw)
                except (ConnectionError, BrokenPipeError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.service = Service(self.endpoint)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def answer(handler, status, body, headers=None):
    handler.send_response_only(status)
    for name, value in ({"Content-Type": "application/x-amz-json-1.0"} | (headers or {})).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def answer_error(handler, status, code, message, query_code=None):
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": message}).encode()
    answer(handler, status, body, {"x-amzn-query-error": f"{query_code or code};Sender"})


class Scripted(HttpStub):
    """Hands each request to `script(handler, request)`, which answers it, or not."""

    def __init__(self, script=None):
        self.requests = []
        self.open = 0  # requests that have come and have not been dealt with
        self.counts = {}
        self.lock = threading.Lock()
        if script:
            self.script = script
        super().__init__()

    def handle(self, handler, raw):
        operation = handler.headers.get("X-Amz-Target", "").partition(".")[2]
        with self.lock:
            self.counts[operation] = number = self.counts.get(operation, 0) + 1
            request = Request(operation, json.loads(raw or b"{}"),
                              {name.lower(): value for name, value in handler.headers.items()}, raw, number)
            self.requests.append(request)
            self.open += 1
        try:
            self.script(handler, request)
        finally:
            with self.lock:
                self.open -= 1


class Proxy(Scripted):
    """In front of a good server. `faults` maps an operation to a function of (request, pass it on), which may break
    what comes of it; what it does not break is passed on."""

    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.fault = None
        super().__init__()

    def forward(self, request):
        """Has the good server do it, and answers (status, headers, body)."""
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=40)
        try:
            # its own Host header, so that queue URLs lead through the proxy
            connection.request("POST", "/", request.raw, request.headers)
            got = connection.getresponse()
            return got.status, dict(got.getheaders()), got.read()
        finally:
            connection.close()

    def script(self, handler, request):
        if self.fault and self.fault(handler, request):
            return
        status, headers, body = self.forward(request)
        kept = {name: value for name, value in headers.items() if name.lower() in ("content-type", "x-amzn-query-error")}
        answer(handler, status, body, kept)

    # What a fault may do. Each answers the request, or hangs up on it.

    def rubbish(self, handler, request):
        answer(handler, 200, b"\x00\xff<html>not json at all{{{")

    def not_http(self, handler, request):
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" * 20)
        raise ConnectionError

    def wrong_shape(self, handler, request):
        answer(handler, 200, b'{"Messages": "none", "Successful": 7, "Failed": [[]], "Attributes": [1]}')

    def nothing(self, handler, request):
        """Closes without an answer; the effect has not happened."""
        raise ConnectionError

    def answer_lost(self, handler, request):
        """The effect has happened, but the answer is lost."""
        self.forward(request)
        raise ConnectionError

    def half(self, handler, request):
        """The effect has happened, and half of the answer arrives."""
        status, _, body = self.forward(request)
        handler.send_response_only(status)
        handler.send_header("Content-Type", "application/x-amz-json-1.0")
        handler.send_header("Content-Length", str(len(body) + 100))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        raise ConnectionError

    def server_error(self, handler, request):
        answer(handler, 500, b"<html>Internal Server Error</html>", {"Content-Type": "text/html"})

    def unavailable(self, handler, request):
        answer(handler, 503, b"")

    def throttled(self, handler, request):
        answer_error(handler, 400, "ThrottlingException", "Rate exceeded", "RequestThrottled")

    def over_limit(self, handler, request):
        answer_error(handler, 403, "OverLimit", "Too many messages in flight", "OverLimit")

    def silence(self, handler, request):
        """Never answers, and keeps the connection open."""
        time.sleep(60)
        raise ConnectionError

    def reset(self, handler, request):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        handler.connection.close()
        raise ConnectionError


FAULTS = [Proxy.rubbish, Proxy.not_http, Proxy.wrong_shape, Proxy.nothing, Proxy.answer_lost, Proxy.half,
          Proxy.server_error, Proxy.unavailable, Proxy.throttled, Proxy.reset]


class Verifying(Proxy):
    """Checks each request's signature as AWS would, with botocore's own implementation, before it passes it on."""

    def __init__(self, upstream, key, secret, token=None):
        self.credentials = botocore.credentials.Credentials(key, secret, token)
        self.refused = []
        super().__init__(upstream)
        self.fault = self.check

    def check(self, handler, request):
        problem = self.problem_with(handler, request)
        if problem:
            self.refused.append(problem)
            answer_error(handler, 403, *problem)
        return bool(problem)

    def problem_with(self, handler, request):
        fields = dict(part.strip().split("=", 1)
                      for part in request.headers.get("authorization", "").partition(" ")[2].split(",") if "=" in part)
        if not {"Credential", "SignedHeaders", "Signature"} <= set(fields):
            return "MissingAuthenticationToken", "Request is missing Authentication Token"
        key, _, region, service, _ = fields["Credential"].split("/")
        if key != self.credentials.access_key:
            return "UnrecognizedClientException", "The security token included in the request is invalid.", "InvalidClientTokenId"
        signed = fields["SignedHeaders"].split(";")
        if not {"host", "x-amz-date"} <= set(signed):
            return "IncompleteSignature", f"these headers are not signed: {signed}"
        expected = self.signature(handler.path, request, signed, region, service)
        if expected != fields["Signature"]:
            return ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you "
                    "provided. Check your AWS Secret Access Key and signing method.")
        if self.credentials.token != request.headers.get("x-amz-security-token"):
            return "InvalidClientTokenId", "The security token included in the request is invalid"
        return None

    def signature(self, path, request, signed, region, service):
        signer = botocore.auth.SigV4Auth(self.credentials, service, region)
        again = botocore.awsrequest.AWSRequest(
            "POST", self.endpoint + path, {name: request.headers[name] for name in signed if name != "host"}, request.raw)
        again.context["timestamp"] = request.headers["x-amz-date"]
        # botocore signs each header that the request has: those that were signed, and no others
        canonical = signer.canonical_request(again)
        return signer.signature(signer.string_to_sign(again, canonical), again)
