"""`lastcall serve --tls-cert --tls-key`: HTTPS for real clients, and what others than those get."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest

import servers
from waiting import eventually


def issue(directory, name):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=lastcall test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return issue(tmp_path_factory.mktemp("identity"), "server")


@pytest.fixture(scope="module")
def server(tmp_path_factory, identity):
    certificate, key = identity
    started = servers.Embedded(tmp_path_factory.mktemp("tls"), "--tls-cert", certificate, "--tls-key", key)
    started.port = int(started.endpoint.rsplit(":", 1)[1])
    started.endpoint = f"https://127.0.0.1:{started.port}"
    yield started
    started.stop()


def client(server, identity):
    boto3 = pytest.importorskip("boto3")
    return boto3.client("sqs", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", verify=str(identity[0]))


def is_served(server, identity):
    client(server, identity).list_queues()
    return True


def test_boto3_speaks_to_it_and_gets_https_urls(server, identity, queue_name):
    sqs = client(server, identity)
    url = sqs.create_queue(QueueName=queue_name)["QueueUrl"]
    assert url.startswith(f"https://127.0.0.1:{server.port}/")
    sent = "x" * 900_000
    sqs.send_message(QueueUrl=url, MessageBody=sent)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    assert message["Body"] == sent
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_the_query_protocol_is_served_too(server, identity):
    context = ssl.create_default_context(cafile=str(identity[0]))
    with urllib.request.urlopen(server.endpoint + "/?Action=ListQueues", context=context, timeout=10) as answer:
        assert b"<ListQueuesResponse" in answer.read()


def test_lastcalls_own_client_speaks_to_it(server, identity, lastcall):
    done = lastcall.run("queue", "list", "--endpoint-url", server.endpoint, AWS_CA_BUNDLE=identity[0])
    assert done.code == 0, done.stderr
    distrustful = lastcall.run("queue", "list", "--endpoint-url", server.endpoint)
    assert distrustful.code == 69 and "certificate in AWS_CA_BUNDLE, or the profile's ca_bundle" in distrustful.stderr
    wrong = lastcall.run("queue", "list", "--endpoint-url", server.endpoint, AWS_CA_BUNDLE=identity[1])
    assert wrong.code == 78 and f"AWS_CA_BUNDLE, or the profile's ca_bundle: '{identity[1]}' can't" in wrong.stderr
    told = lastcall.run("queue", "list", "--endpoint-url", server.endpoint, SSL_CERT_FILE=identity[0])
    assert told.code == 0, told.stderr


def test_the_http_job_trusts_whom_ssl_cert_file_names(server, identity, lastcall, embedded_queue):
    embedded_queue.send("{}")
    for trusted, said in (({}, "issuer's certificate in SSL_CERT_FILE"), ({"SSL_CERT_FILE": identity[0]}, "answered 4")):
        worker = lastcall.work(embedded_queue, "--drain-when-empty", "--tries-when-empty", "1", "--wait", "1s",
                               "--retry-base", "1ms", "http", "--to", server.endpoint + "/nothing", **trusted)
        assert worker.exit_code() == 0, worker.stderr
        assert said in worker.stderr, worker.stderr


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_agrees_on_http_1_1(server, version):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-alpn", "h2,http/1.1", version],
                          input=b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", capture_output=True,
                          timeout=20)
    assert b"ALPN protocol: http/1.1" in done.stdout, done.stdout


@pytest.mark.parametrize("arguments", [["-alpn", "h2"], ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]])
def test_other_protocols_are_refused_in_the_handshake(server, identity, arguments):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *arguments], input=b"",
                          capture_output=True, timeout=20)
    assert done.returncode != 0 and b"alert" in done.stderr, done.stderr
    assert is_served(server, identity)


def test_a_client_without_tls_is_told_what_to_do(server, identity):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=10)
    assert refused.value.code == 400 and b"https" in refused.value.read()
    assert is_served(server, identity)


def test_broken_clients_hurt_nobody(server, identity):
    with contextlib.ExitStack() as all_open:
        for garbage in [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", os.urandom(4000), b"\x16\x03\x01\xff\xff" + b"x" * 70_000]:
            for _ in range(5):
                opened = all_open.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                with contextlib.suppress(OSError):
                    opened.sendall(garbage)
        assert is_served(server, identity)
    assert is_served(server, identity)


def test_a_connection_broken_off_in_the_middle_of_a_request_hurts_nobody(server, identity):
    context = ssl.create_default_context(cafile=str(identity[0]))
    for _ in range(5):
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        secure = context.wrap_socket(plain, server_hostname="127.0.0.1")
        secure.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        secure.close()
    eventually(lambda: is_served(server, identity))


@pytest.mark.parametrize("case", ["no key", "no file", "foreign key", "locked key"])
def test_files_that_cannot_be_used_are_named(lastcall, identity, tmp_path, case):
    certificate, key = identity
    if case == "foreign key":
        key = issue(tmp_path, "other")[1]
    if case == "locked key":
        locked = tmp_path / "locked.key"
        subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:word", "-out", locked], check=True)
        key = locked
    if case == "no file":
        certificate = tmp_path / "missing.pem"
    arguments = ["--tls-cert", certificate] + ([] if case == "no key" else ["--tls-key", key])
    done = lastcall.run("serve", "--listen", "127.0.0.1:0", *arguments)
    assert done.code == (64 if case == "no key" else 78), done.stderr
    assert ("--tls-key" if case == "no key" else str(certificate if case == "no file" else key)) in done.stderr
