"""boto3 behind lines of JSON, for any Python that has it. See clients/__init__.py."""

import base64
import json
import sys

import boto3
import botocore.config
import botocore.exceptions
from botocore import xform_name


def decode(value):
    if isinstance(value, dict):
        return base64.b64decode(value["$bytes"]) if "$bytes" in value else {k: decode(v) for k, v in value.items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def encode(value):
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {k: encode(v) for k, v in value.items()}
    return [encode(item) for item in value] if isinstance(value, list) else value


def call(client, operation, parameters):
    try:
        answer = getattr(client, xform_name(operation))(**decode(parameters))
    except botocore.exceptions.ClientError as failed:
        error = failed.response["Error"]
        return {"error": {
            "code": error["Code"], "message": error.get("Message", ""), "name": error.get("QueryErrorCode"),
            "kind": type(failed).__name__, "status": failed.response["ResponseMetadata"]["HTTPStatusCode"]}}
    except Exception as failed:  # what the client itself makes of an answer
        return {"broken": f"{type(failed).__name__}: {failed}"}
    answer.pop("ResponseMetadata")
    return {"result": encode(answer)}


def main(endpoint):
    # What is wrong with a request is for the server to say.
    config = botocore.config.Config(retries={"max_attempts": 0}, read_timeout=60, parameter_validation=False)
    client = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test", config=config)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(call(client, asked["operation"], asked["parameters"])), flush=True)


main(sys.argv[1])
