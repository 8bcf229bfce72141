"""What is wrong at the start is said in one clear line, with the exit code of the design."""

import pytest

from binary import BINARY
from faulty import Scripted, Verifying, answer, answer_error
from ports import free_port
from sqs import Counts
from waiting import stopwatch

SLEEP = ["sleep", "--for", "0ms"]


@pytest.fixture
def run(lastcall, embedded):
    """Runs `lastcall work` to its end, on the embedded server unless told otherwise."""

    def start(*arguments, endpoint=embedded.endpoint, **environment):
        endpoint_option = ["--endpoint-url", endpoint] if endpoint else []
        return lastcall.run("work", *endpoint_option, *arguments, within_s=40, **environment)

    return start


def test_help_is_for_people_and_costs_nothing(lastcall):
    for words in ([], ["demo"], ["work"], ["work", "email"], ["work", "exec"], ["work", "http"], ["work", "sleep"],
                  ["serve"], ["send"], ["queue"], ["queue", "create"], ["queue", "list"], ["queue", "stats"],
                  ["queue", "purge"]):
        process = lastcall.run(*words, "--help")
        assert process.code == 0 and process.stdout.startswith("Usage:") and not process.stderr, words
        assert all(len(line) <= 110 for line in process.stdout.splitlines()), words
    assert "--grace" in lastcall.run("work", "--help").stdout
    assert lastcall.run("--version").stdout.strip()


@pytest.mark.parametrize("arguments, said", [
    (["work", "--queue", "q", "--conurrency", "3", *SLEEP], "--concurrency"),
    (["work", "--queue", "q", "--grace", "30 parsecs", *SLEEP], "--grace"),
    (["work", "--queue", "q", "--grace", "-1s", *SLEEP], "--grace"),
    (["work", "--queue", "q", "--grace", "30", *SLEEP], "--grace"),
    (["work", "--queue", "q", "--concurrency", "0", *SLEEP], "--concurrency"),
    (["work", "--queue", "q", "--concurrency", "many", *SLEEP], "--concurrency"),
    (["work", "--queue", "q", "--wait", "21s", *SLEEP], "--wait"),
    (["work", "--queue", "q", "--visibility", "13h", *SLEEP], "--visibility"),
    (["work", "--queue", "q", "--grace"], "--grace"),
    (["work", "--queue", "q", "sleep", "--for", "soon"], "--for"),
    (["work", "--queue", "q"], "JOB"),
    (["work", "--queue", "q", "dance"], "dance"),
    (["work", *SLEEP], "--queue"),
    (["work", "--queue", "q", "exec"], "exec"),
    (["work", "--queue", "q", "http"], "--to"),
    (["work", "--queue", "q", "http", "--to", "not a url"], "--to"),
    (["wrok"], "work"),
    (["serve", "--listen", "nowhere"], "--listen"),
    ([], "COMMAND"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_a_wrong_command_line_exits_with_64(lastcall, arguments, said):
    process = lastcall.run(*arguments)
    assert process.code == 64, (process.code, process.stderr)
    assert said in process.stderr and process.stdout == ""


@pytest.mark.parametrize("environment, said", [
    ({"LASTCALL_GRACE": "30 parsecs"}, "LASTCALL_GRACE"),
    ({"LASTCALL_CONCURRENCY": "-3"}, "LASTCALL_CONCURRENCY"),
    ({"LASTCALL_DRAIN_WHEN_EMPTY": "perhaps"}, "LASTCALL_DRAIN_WHEN_EMPTY"),
    ({"LASTCALL_CONFIG": "/no/such/file.toml"}, "/no/such/file.toml"),
])
def test_a_wrong_environment_exits_with_78(run, environment, said):
    process = run("--queue", "q", *SLEEP, **environment)
    assert process.code == 78 and said in process.stderr, process.stderr


@pytest.mark.parametrize("text, said", [
    ('grace = "30 parsecs"', "grace"),
    ("grace = 30", "grace"),
    ('graze = "30s"', "graze"),
    ("grace = ", "line 1"),
    ("concurrency = 'ten'", "concurrency"),
])
def test_a_wrong_file_exits_with_78(run, tmp_path, text, said):
    file = tmp_path / "lastcall.toml"
    file.write_text(text)
    process = run("--config", file, "--queue", "q", *SLEEP)
    assert process.code == 78 and said in process.stderr and "lastcall.toml" in process.stderr, process.stderr


def test_a_grace_period_that_is_shorter_than_its_reserve_is_refused(run):
    process = run("--queue", "q", "--grace", "2s", "--reserve", "5s", *SLEEP)
    assert process.code in (64, 78) and "reserve" in process.stderr, process.stderr


def test_a_missing_queue_exits_with_69_and_the_command_that_would_create_it(run, lastcall, queue_server, queue_name):
    process = run("--queue", queue_name, *SLEEP, endpoint=queue_server.endpoint)
    assert process.code == 69, process.stderr
    assert queue_name not in queue_server.service.queue_names(), "a worker creates nothing by itself"
    [command] = [line.strip() for line in process.stderr.splitlines() if "lastcall queue create" in line]
    # it works as it is written
    words = command[command.index("lastcall queue create"):].rstrip("'`.").split()
    assert lastcall.run(*words[1:]).code == 0, words
    assert queue_name in queue_server.service.queue_names()


def test_a_missing_queue_url_exits_with_69(run, embedded):
    process = run("--queue-url", f"{embedded.endpoint}/000000000000/no-such-queue", *SLEEP)
    assert process.code == 69 and "no-such-queue" in process.stderr, process.stderr


def test_an_endpoint_that_refuses_connections_exits_with_69_and_is_named(run):
    port = free_port()
    with stopwatch() as attempt:
        process = run("--queue", "q", *SLEEP, endpoint=f"http://127.0.0.1:{port}")
    assert process.code == 69 and str(port) in process.stderr, process.stderr
    assert attempt.took_s < 30


def test_a_host_that_does_not_exist_exits_with_69_and_is_named(run):
    process = run("--queue", "q", *SLEEP, endpoint="http://no-such-host.invalid:9324")
    assert process.code == 69 and "no-such-host.invalid" in process.stderr, process.stderr


def test_wrong_credentials_exit_with_69_and_the_words_of_the_service(run, embedded, embedded_queue):
    verifying = Verifying(embedded.endpoint, "AKIDRIGHT", "right-secret")
    try:
        unknown = run("--queue", embedded_queue.name, *SLEEP, endpoint=verifying.endpoint)
        assert unknown.code == 69, unknown.stderr
        assert "The security token included in the request is invalid" in unknown.stderr
        wrong = run("--queue", embedded_queue.name, *SLEEP, endpoint=verifying.endpoint,
                    AWS_ACCESS_KEY_ID="AKIDRIGHT", AWS_SECRET_ACCESS_KEY="wrong-secret")
        assert wrong.code == 69, wrong.stderr
        assert "SignatureDoesNotMatch" in wrong.stderr or "signature we calculated" in wrong.stderr
        assert "wrong-secret" not in wrong.stderr
    finally:
        verifying.close()


def test_no_credentials_at_all_is_said_clearly(run):
    process = run("--queue", "q", *SLEEP, endpoint=None, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert process.code in (69, 78) and "AWS_ACCESS_KEY_ID" in process.stderr, process.stderr


def test_no_region_is_said_clearly(run):
    process = run("--queue", "q", *SLEEP, endpoint=None, AWS_REGION=None)
    assert process.code in (69, 78) and "region" in process.stderr, process.stderr


def test_access_denied_exits_with_69_and_the_words_of_the_service(run):
    words = "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:receivemessage"
    stub = Scripted(lambda handler, request: answer_error(handler, 403, "AccessDenied", words))
    try:
        process = run("--queue", "q", *SLEEP, endpoint=stub.endpoint)
        assert process.code == 69 and "not authorized to perform" in process.stderr, process.stderr
    finally:
        stub.close()


def test_something_that_is_not_sqs_exits_with_69(run):
    stub = Scripted(lambda handler, request: answer(handler, 200, b"<html>a web server</html>",
                                                    {"Content-Type": "text/html"}))
    try:
        process = run("--queue", "q", *SLEEP, endpoint=stub.endpoint)
        assert process.code == 69, process.stderr
    finally:
        stub.close()


def test_the_command_line_wins_then_the_environment_then_the_file(lastcall, embedded, queue_name, tmp_path):
    for name in ("file", "environment", "line"):
        embedded.service.create_queue(f"{queue_name}-{name}").send("job")
    file = tmp_path / "lastcall.toml"
    file.write_text(f'queue = "{queue_name}-file"\nendpoint-url = "{embedded.endpoint}"\ndrain-when-empty = true\n'
                    '[work]\nwait = "1s"\n')

    def done_by(*arguments, **environment):
        process = lastcall.run("work", "--config", file, *arguments, *SLEEP, **environment)
        assert process.code == 0, process.stderr
        assert process.report["jobs"]["done"] == 1
        return {name for name in ("file", "environment", "line")
                if embedded.service.create_queue(f"{queue_name}-{name}").counts() == Counts(0, 0, 0)}

    assert done_by("--queue", f"{queue_name}-line", LASTCALL_QUEUE=f"{queue_name}-environment") == {"line"}
    assert done_by(LASTCALL_QUEUE=f"{queue_name}-environment") == {"line", "environment"}
    assert done_by() == {"line", "environment", "file"}


def test_the_endpoint_is_found_as_by_the_aws_sdks(lastcall, embedded, embedded_queue, tmp_path):
    nowhere = f"http://127.0.0.1:{free_port()}"
    config = tmp_path / "config"
    config.write_text(f"[profile here]\nregion = us-east-1\nendpoint_url = {embedded.endpoint}\n")
    for environment in (
            {"AWS_ENDPOINT_URL": embedded.endpoint},
            {"AWS_ENDPOINT_URL_SQS": embedded.endpoint, "AWS_ENDPOINT_URL": nowhere},
            {"AWS_PROFILE": "here", "AWS_CONFIG_FILE": str(config), "AWS_REGION": None}):
        process = lastcall.run("work", "--queue", embedded_queue.name, "--drain-when-empty", "--wait", "0s", *SLEEP,
                               **environment)
        assert process.code == 0, process.stderr


def test_credentials_are_read_from_the_shared_file(lastcall, embedded, embedded_queue, tmp_path):
    verifying = Verifying(embedded.endpoint, "AKIDSHARED", "shared/secret+with=signs", token="a/session+token==")
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = other\n"
        "[deploy]\naws_access_key_id=AKIDSHARED\naws_secret_access_key=shared/secret+with=signs\n"
        "aws_session_token=a/session+token==\n")
    embedded_queue.send("job")
    try:
        process = lastcall.run(
            "work", "--queue", embedded_queue.name, "--endpoint-url", verifying.endpoint, "--drain-when-empty",
            "--wait", "0s", *SLEEP, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_PROFILE="deploy",
            AWS_SHARED_CREDENTIALS_FILE=tmp_path / "credentials")
        assert process.code == 0 and process.report["jobs"]["done"] == 1, process.stderr
    finally:
        verifying.close()


def test_every_request_is_signed_as_botocore_would(lastcall, embedded, embedded_queue, journal):
    verifying = Verifying(embedded.endpoint, "test", "test")
    ids = embedded_queue.send_many(25)
    try:
        process = lastcall.run(
            "work", "--queue", embedded_queue.name, "--endpoint-url", verifying.endpoint, "--drain-when-empty",
            "--wait", "1s", "--visibility", "2s", "sleep", "--for", "1500ms", "--journal", journal)
        assert process.code == 0, process.stderr
        assert not verifying.refused
        assert set(journal.ended) == set(ids)
        assert {"ReceiveMessage", "DeleteMessageBatch"} <= set(verifying.counts)
        assert any(operation.startswith("ChangeMessageVisibility") for operation in verifying.counts)
    finally:
        verifying.close()


def test_nothing_secret_is_logged(lastcall, embedded, embedded_queue):
    secret, token = "S3CRETS3CRETS3CRET", "T0KENT0KENT0KEN"
    embedded_queue.send("job")
    process = lastcall.run("work", "--queue", embedded_queue.name, "--endpoint-url", embedded.endpoint, "--log-level",
                           "debug", "--drain-when-empty", "--wait", "0s", *SLEEP,
                           AWS_SECRET_ACCESS_KEY=secret, AWS_SESSION_TOKEN=token)
    assert process.code == 0
    for text in (process.stdout, process.stderr):
        assert secret not in text and token not in text and "Signature=" not in text


def test_the_binary_is_there():
    assert BINARY.exists(), f"{BINARY} is not built"
