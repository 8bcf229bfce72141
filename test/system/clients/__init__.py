"""Real SQS clients as child processes: each reads requests and writes answers, one line of JSON each.

    {"operation": "SendMessage", "parameters": {…}}
    {"result": {…}} or {"error": {"code", "message", "name"?, "kind"?, "status"?}} or {"broken": "why"}

The members are those of the API's model. Bytes are {"$bytes": "base64"}. `code` is the older code that all clients can
show (AWS.SimpleQueueService.NonExistentQueue), `name` the one of the JSON protocol, `kind` the exception's class.
`broken` is what the client itself makes of an answer, or a request that it won't send.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import servers

HERE = pathlib.Path(__file__).parent
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "test",
               "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
               "AWS_EC2_METADATA_DISABLED": "true", "PYTHONIOENCODING": "utf-8"}


class ServiceError(Exception):
    """The service refused, as the client tells it."""

    def __init__(self, code, message, name=None, kind=None, status=None):
        super().__init__(f"{status} {code}: {message}")
        self.code, self.message, self.name, self.kind, self.status = code, message, name, kind, status


class Client:
    """One process; one request at a time."""

    def __init__(self, command, endpoint):
        self.command, self.endpoint = command, endpoint
        self.process = subprocess.Popen(
            [*map(str, command), endpoint], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, encoding="utf-8")

    def ask(self, operation, parameters):
        self.process.stdin.write(json.dumps({"operation": operation, "parameters": parameters}) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"the client ended: {self.process.wait()}"
        answer = json.loads(line)
        if "error" in answer:
            raise ServiceError(**answer["error"])
        assert "broken" not in answer, answer["broken"]
        return answer["result"]

    def call(self, operation, parameters):
        self.ask(operation, parameters)
        return self.answer()

    def end(self):
        self.process.kill()
        self.process.wait()


def other_python(module):
    """The Python of the PATH, where it isn't Debian's and its AWS libraries are newer."""
    # by what it does: awscli of Debian comes with a botocore whose version says nothing
    speaks_json = (f"import {module}, botocore.session; "
                   "model = botocore.session.get_session().get_service_model('sqs'); assert model.protocol == 'json'")
    python = shutil.which("python3")
    found = subprocess.run([python, "-c", speaks_json], capture_output=True) if python else None
    if found is None or found.returncode != 0:
        raise servers.Missing(f"the Python of the PATH has no {module} that speaks JSON to SQS")
    return python


def boto3():
    return [other_python("boto3"), "-B", HERE / "boto3_client.py"]


def boto3_of_debian():
    return [sys.executable, "-B", HERE / "boto3_client.py"]


def aws_cli():
    return [other_python("awscli"), "-B", HERE / "aws_cli_client.py"]


def aws_cli_of_debian():
    if not os.path.exists("/usr/bin/aws"):
        raise servers.Missing("the AWS CLI is not installed")
    return ["/usr/bin/python3", "-B", HERE / "aws_cli_client.py"]


def javascript():
    return [servers.node(), servers.PEERS / "javascript_client.mjs"]


# Debian's speak the query protocol, the others JSON.
COMMANDS = {"boto3": boto3, "boto3 of Debian": boto3_of_debian, "AWS CLI": aws_cli,
            "AWS CLI of Debian": aws_cli_of_debian, "JavaScript": javascript}
