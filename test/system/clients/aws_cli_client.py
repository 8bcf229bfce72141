"""The AWS CLI behind lines of JSON: its own entry point, called with the arguments that a shell would give it, many
times in one process, since it takes a second to start. See clients/__init__.py."""

import base64
import contextlib
import io
import json
import re
import sys

import awscli
from awscli.clidriver import create_clidriver
from botocore import xform_name

BLOBS_ARE_BASE64 = int(awscli.__version__.split(".")[0]) >= 2  # version 1 takes them as text


def plain(value):
    """Bytes as this version of the CLI wants them inside of JSON."""
    if isinstance(value, dict):
        if "$bytes" in value:
            return value["$bytes"] if BLOBS_ARE_BASE64 else base64.b64decode(value["$bytes"]).decode("latin-1")
        return {k: plain(v) for k, v in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def with_bytes(value):
    """The CLI prints binary values as base64, all of them under this name."""
    if isinstance(value, dict):
        return {k: {"$bytes": v} if k == "BinaryValue" else with_bytes(v) for k, v in value.items()}
    return [with_bytes(item) for item in value] if isinstance(value, list) else value


def argument(name, value):
    option = "--" + xform_name(name, "-")
    return f"{option}={json.dumps(plain(value)) if isinstance(value, (dict, list)) else value}"


def call(driver, endpoint, operation, parameters):
    arguments = ["--endpoint-url", endpoint, "--output", "json", "sqs", xform_name(operation, "-"),
                 *(argument(name, value) for name, value in parameters.items())]
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(arguments)
        except SystemExit as end:
            code = end.code
    out.flush()
    printed = out.buffer.getvalue().decode()
    if code == 0:
        return {"result": with_bytes(json.loads(printed)) if printed.strip() else {}}
    found = re.search(r"An error occurred \(([^)]*)\) when calling the \w+ operation[^:]*: ?(.*)", err.getvalue(), re.S)
    if not found:
        return {"broken": f"exit {code}: {err.getvalue()[-500:]}"}
    return {"error": {"code": found[1], "message": found[2].rstrip("\n")}}


def main(endpoint):
    driver = create_clidriver()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(call(driver, endpoint, asked["operation"], asked["parameters"])), flush=True)


main(sys.argv[1])
