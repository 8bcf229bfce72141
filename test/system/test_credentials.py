"""Credentials, found on the real binary as the AWS SDKs find them, from an STS (moto's), from a program, and from stubs
of IAM Identity Center and of the instance metadata service."""

import hashlib
import http.server
import json
import threading

import pytest

from faulty import Proxy, Request, Verifying

SLEEP = ["sleep", "--for", "0ms"]
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
KEYS = {"AccessKeyId": "ASIAFOUND", "SecretAccessKey": "found/secret+", "SessionToken": "found+token=="}


@pytest.fixture
def moto(running):
    return running("moto")


class Sts(Verifying):
    """In front of an STS: remembers the requests, and checks the signatures of those that one key has signed."""

    def handle(self, handler, raw):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(Request("", {}, headers, raw, len(self.requests) + 1))
        self.script(handler, self.requests[-1])

    def check(self, handler, request):
        key = f"Credential={self.credentials.access_key}/"
        return key in request.headers.get("authorization", "") and super().check(handler, request)


class Stub:
    """Answers each request for a path with a text; the others with 404. `seen` are the paths and their headers."""

    def __init__(self, answers):
        stub = self
        self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stub.seen.append((self.path, dict(self.headers)))
                body = answers.get(self.path.partition("?")[0])
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "").encode())

            do_PUT = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def stub():
    stubs = []

    def make(answers):
        stubs.append(Stub(answers))
        return stubs[-1]

    yield make
    for one in stubs:
        one.close()


def work_through(lastcall, queue, endpoint, **environment):
    queue.send("job")
    worker = lastcall.run("work", "--queue", queue.name, "--endpoint-url", endpoint, "--drain-when-empty", "--wait", "0s",
                          *SLEEP, **(NO_KEYS | environment))
    assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
    return worker


def identities(proxy):
    """The access key ids of the requests that went through."""
    return {request.headers["authorization"].partition("Credential=")[2].partition("/")[0] for request in proxy.requests}


def test_a_pods_web_identity_is_exchanged_for_the_keys_of_its_role(lastcall, moto, queue_name, tmp_path):
    (tmp_path / "token").write_text("eyJhbGciOiJub25lIn0.eyJzdWIiOiJwb2QifQ.\n")
    queue = moto.service.create_queue(queue_name)
    proxy = Proxy(moto.endpoint)
    try:
        work_through(lastcall, queue, proxy.endpoint, AWS_WEB_IDENTITY_TOKEN_FILE=tmp_path / "token",
                     AWS_ROLE_ARN="arn:aws:iam::123456789012:role/pod", AWS_ROLE_SESSION_NAME="pod",
                     AWS_ENDPOINT_URL_STS=moto.endpoint)
        assert all(identity.startswith("ASIA") for identity in identities(proxy))
        assert all(request.headers.get("x-amz-security-token") for request in proxy.requests)
    finally:
        proxy.close()


def test_a_profiles_role_is_assumed_along_its_source_profiles(lastcall, moto, queue_name, tmp_path):
    (tmp_path / "config").write_text("""
[profile deploy]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/deploy
source_profile = jump
external_id = for me
[profile jump]
role_arn = arn:aws:iam::123456789012:role/jump
role_session_name = jumper
duration_seconds = 900
source_profile = base
""")
    (tmp_path / "credentials").write_text("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret\n")
    queue = moto.service.create_queue(queue_name)
    proxy, sts = Proxy(moto.endpoint), Sts(moto.endpoint, "AKIABASE", "secret")
    try:
        work_through(lastcall, queue, proxy.endpoint, AWS_PROFILE="deploy", AWS_CONFIG_FILE=tmp_path / "config",
                     AWS_SHARED_CREDENTIALS_FILE=tmp_path / "credentials", AWS_ENDPOINT_URL_STS=sts.endpoint)
        assert all(identity.startswith("ASIA") for identity in identities(proxy))
        assert not sts.refused
        first, second = sts.requests[:2]
        assert b"role%2Fjump" in first.raw and b"RoleSessionName=jumper" in first.raw and b"DurationSeconds=900" in first.raw
        assert b"role%2Fdeploy" in second.raw and b"ExternalId=for%20me" in second.raw
        assert "Credential=AKIABASE/" in first.headers["authorization"]
        assert "Credential=ASIA" in second.headers["authorization"]
    finally:
        proxy.close()
        sts.close()


def test_a_credential_process_is_run(lastcall, embedded, embedded_queue, tmp_path):
    (tmp_path / "written").write_text(json.dumps({"Version": 1} | KEYS))
    (tmp_path / "config").write_text(
        f'[default]\ncredential_process = sh -c "cat \'{tmp_path}/written\'; echo asked >> {tmp_path}/asked"\n')
    verifying = Verifying(embedded.endpoint, KEYS["AccessKeyId"], KEYS["SecretAccessKey"], token=KEYS["SessionToken"])
    try:
        work_through(lastcall, embedded_queue, verifying.endpoint, AWS_CONFIG_FILE=tmp_path / "config")
        assert not verifying.refused
        assert (tmp_path / "asked").exists()
    finally:
        verifying.close()


def log_in(home, session, expires):
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    name = hashlib.sha1(session.encode()).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps({"accessToken": "the bearer", "expiresAt": expires}))
    (home / ".aws" / "config").write_text(
        "[default]\nregion = us-east-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n"
        "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n")


def test_the_role_of_an_sso_login_is_had_from_the_portal(lastcall, embedded, embedded_queue, tmp_path, stub):
    log_in(tmp_path, "corp", "2099-01-01T00:00:00Z")
    portal = stub({"/federation/credentials": json.dumps({"roleCredentials": {
        "accessKeyId": KEYS["AccessKeyId"], "secretAccessKey": KEYS["SecretAccessKey"],
        "sessionToken": KEYS["SessionToken"], "expiration": 4070908800000}})})
    verifying = Verifying(embedded.endpoint, KEYS["AccessKeyId"], KEYS["SecretAccessKey"], token=KEYS["SessionToken"])
    try:
        work_through(lastcall, embedded_queue, verifying.endpoint, HOME=tmp_path, AWS_ENDPOINT_URL_SSO=portal.endpoint)
        assert not verifying.refused
        path, headers = portal.seen[0]
        assert "role_name=Dev" in path and "account_id=123456789012" in path
        assert headers["x-amz-sso_bearer_token"] == "the bearer"
    finally:
        verifying.close()


AWS_QUEUE = ["work", "--queue-url", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"]


def refused(lastcall, *arguments, **environment):
    worker = lastcall.run(*(arguments or AWS_QUEUE), *SLEEP, within_s=20, **(NO_KEYS | environment))
    assert worker.code in (69, 78), worker.stderr
    return worker.stderr


def test_what_is_wrong_with_credentials_is_said_in_one_line_with_what_to_do(lastcall, tmp_path):
    log_in(tmp_path, "corp", "2020-01-01T00:00:00Z")
    assert "aws sso login --profile default" in refused(lastcall, HOME=tmp_path)

    def with_profile(settings):
        (tmp_path / "config").write_text(f"[default]\nregion = us-east-1\n{settings}\n")
        return refused(lastcall, AWS_CONFIG_FILE=tmp_path / "config")

    assert "source_profile, credential_source" in with_profile("role_arn = arn:aws:iam::1:role/r")
    assert "default -> default" in with_profile("role_arn = arn:r\nsource_profile = default")
    failing = with_profile("credential_process = echo T0KEN; echo not logged in >&2; exit 3")
    assert "exit code 3: not logged in" in failing and "T0KEN" not in failing
    missing = refused(lastcall, AWS_WEB_IDENTITY_TOKEN_FILE="/no/such/token", AWS_ROLE_ARN="arn:aws:iam::1:role/r")
    assert "'/no/such/token' does not exist" in missing


def test_an_instance_tells_its_region_where_nothing_else_does(lastcall, stub):
    instance = stub({"/latest/api/token": "t", "/latest/meta-data/placement/region": "eu-west-3"})
    said = refused(lastcall, "work", "--queue", "jobs", AWS_REGION=None, AWS_EC2_METADATA_DISABLED=None,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=instance.endpoint, AWS_ACCESS_KEY_ID="k",
                   AWS_SECRET_ACCESS_KEY="s")
    assert "eu-west-3" in said
    assert [path for path, _ in instance.seen] == ["/latest/api/token", "/latest/meta-data/placement/region"]
