"""`work … email --smtp URL`: what real mail servers get, parsed by Python's email package."""

import base64
import email
import email.policy
import json
import socket
import threading
import time
from email.utils import parsedate_to_datetime

import pytest

from mail_servers import Aiosmtpd, SmtpSink, make_certificate
from ports import free_port
from servers import Missing
from sqs import Counts
from waiting import eventually, stopwatch

NOTHING = Counts(visible=0, in_flight=0, delayed=0)

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = bytes(range(256)) * 300

PLAIN = {"from": "Ada <ada@example.com>", "to": ["bob@example.org"], "subject": "Hello", "text": "Hello, Bob.\n"}


@pytest.fixture
def smtp():
    server = Aiosmtpd()
    yield server
    server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mail(lastcall, embedded_queue):
    """Sends jobs (dicts, or text) as messages and runs an email worker on them until the queue is empty. What fails
    rests for longer than that, unless `arguments` say otherwise."""

    def deliver(port, *jobs, options=(), arguments=(), scheme="smtp", query="?starttls=never", user="", **environment):
        for job in jobs:
            embedded_queue.send(job if isinstance(job, str) else json.dumps(job))
        worker = lastcall.work(
            embedded_queue, "--drain-when-empty", "--tries-when-empty", "1", "--retry-base", "60s", "--wait", "1s",
            *arguments, "email", "--smtp", f"{scheme}://{user}127.0.0.1:{port}{query}", *options, **environment)
        worker.code = worker.exit_code(60)
        return worker

    return deliver


def parsed(delivered):
    return email.message_from_bytes(delivered.content, policy=email.policy.default)


def part(message, content_type):
    found = [one for one in message.walk() if one.get_content_type() == content_type]
    assert found, f"no part is {content_type}: {[one.get_content_type() for one in message.walk()]}"
    return found[0]


def text_of(body):
    return body.get_content().replace("\r\n", "\n")


FULL = {
    "from": "Ada Lovelace <ada@example.com>",
    "to": ["Bob <bob@example.org>", {"name": "Żofia, née Łoś", "address": "zofia@example.net"}],
    "cc": "office@example.com",
    "bcc": ["archive@example.com"],
    "reply_to": "Help <help@example.com>",
    "subject": "Rechnung für Juli — 請求書, and a subject that is long enough to need more than one line of a header",
    "text": "Grüße,\n\n.\n.. a line that begins with dots\nFrom the beginning\n" + "long " * 300 + "\n",
    "html": '<p>Grüße <img src="cid:logo"></p>',
    "headers": {"X-Campaign": "herbst, größer", "List-Unsubscribe": "<https://example.com/u/17>"},
    "attachments": [
        {"filename": "Größe 2026.pdf", "content_type": "application/pdf", "content": base64.b64encode(PDF).decode()},
        {"filename": "note.txt", "content_type": "text/plain; charset=utf-8",
         "content": base64.b64encode("naïve\n".encode()).decode()}],
    "inline_images": [{"content_id": "logo", "content_type": "image/png", "filename": "logo.png",
                       "content": base64.b64encode(PNG).decode()}],
}


def check_full(delivered):
    """Field by field, what was asked for."""
    assert delivered.sender == "ada@example.com"
    assert sorted(delivered.recipients) == sorted(
        ["bob@example.org", "zofia@example.net", "office@example.com", "archive@example.com"])
    message = parsed(delivered)
    assert not message.defects and not any(one.defects for one in message.walk())
    assert str(message["From"]) == "Ada Lovelace <ada@example.com>"
    assert [(a.display_name.replace(" ", ""), a.addr_spec) for a in message["To"].addresses] == [
        ("Bob", "bob@example.org"), ("Żofia,néeŁoś", "zofia@example.net")]
    assert [a.addr_spec for a in message["Cc"].addresses] == ["office@example.com"]
    assert message["Bcc"] is None and b"archive@example.com" not in delivered.content.split(b"\n\n")[0]
    assert message["Reply-To"].addresses[0].addr_spec == "help@example.com"
    assert str(message["Subject"]) == FULL["subject"]
    assert message["X-Campaign"] == "herbst, größer"
    assert message["List-Unsubscribe"] == "<https://example.com/u/17>"
    assert message["MIME-Version"] == "1.0" and message["Message-ID"].startswith("<")
    assert abs(parsedate_to_datetime(str(message["Date"])).timestamp() - time.time()) < 120
    assert text_of(message.get_body(("plain",))) == FULL["text"]
    assert text_of(message.get_body(("html",))).rstrip("\n") == FULL["html"]
    assert part(message, "application/pdf").get_content() == PDF
    assert part(message, "application/pdf").get_filename() == "Größe 2026.pdf"
    image = part(message, "image/png")
    assert image.get_content() == PNG and image["Content-ID"] == "<logo>"
    assert image.get_content_disposition() == "inline"
    [note] = [one for one in message.walk() if one.get_filename() == "note.txt"]
    assert note.get_content() == "naïve\n" and note.get_content_disposition() == "attachment"
    assert all(len(line) <= 998 for line in delivered.content.splitlines())


def test_aiosmtpd_gets_every_field_as_it_was_asked_for(mail, smtp):
    worker = mail(smtp.port, FULL)
    assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
    [delivered] = smtp.delivered
    check_full(delivered)


def test_smtp_sink_gets_every_field_as_it_was_asked_for(mail, tmp_path):
    try:
        sink = SmtpSink(tmp_path / "sink")
    except Missing as why:
        pytest.skip(str(why))
    try:
        worker = mail(sink.port, FULL)
        assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
        [delivered] = eventually(lambda: sink.delivered, what="nothing was written")
        delivered.content = delivered.content.rstrip(b"\n") + b"\n"
        check_full(delivered)
    finally:
        sink.close()


def test_two_hundred_emails_go_out_once_each_over_few_connections(mail, smtp):
    jobs = [PLAIN | {"subject": f"number {number}", "to": [f"r{number}@example.org"]} for number in range(200)]
    worker = mail(smtp.port, *jobs, arguments=["--concurrency", "20"], options=["--smtp-connections", "5"])
    assert worker.code == 0, worker.stderr
    assert sorted(parsed(one)["Subject"] for one in smtp.delivered) == sorted(job["subject"] for job in jobs)
    assert len({parsed(one)["Message-ID"] for one in smtp.delivered}) == 200
    assert smtp.sessions <= 10, "connections are not used again"


def test_attachments_by_path_are_read_below_their_folder_alone(mail, smtp, tmp_path):
    folder = tmp_path / "attachments"
    (folder / "invoices").mkdir(parents=True)
    (folder / "invoices" / "17.pdf").write_bytes(PDF)
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    named = lambda path: PLAIN | {"attachments": [{"path": path, "content_type": "application/pdf"}]}
    worker = mail(smtp.port, named("invoices/17.pdf"), named("../secret"), named("link"), named(str(tmp_path / "secret")),
                  named("no-such-file"), options=["--attachments", folder])
    assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
    [delivered] = smtp.delivered
    attached = part(parsed(delivered), "application/pdf")
    assert attached.get_content() == PDF and attached.get_filename() == "17.pdf"
    assert b"secret" not in delivered.content


@pytest.mark.parametrize("job, said", [
    ("{not json", "JSON"),
    ("", "JSON"),
    ('"text"', "object"),
    (json.dumps(PLAIN | {"subjekt": "x"}), "subjekt"),
    (json.dumps(PLAIN | {"to": []}), "recipient"),
    (json.dumps({key: value for key, value in PLAIN.items() if key != "text"}), "text"),
    (json.dumps({key: value for key, value in PLAIN.items() if key != "from"}), "from"),
    (json.dumps(PLAIN | {"to": ["not an address"]}), "to"),
    (json.dumps(PLAIN | {"subject": "line\r\nBcc: victim@example.com"}), "subject"),
    (json.dumps(PLAIN | {"to": ["bob@example.org\r\nRCPT TO:<victim@example.com>"]}), "to"),
    (json.dumps(PLAIN | {"headers": {"X-A": "b\nBcc: victim@example.com"}}), "X-A"),
    (json.dumps(PLAIN | {"headers": {"X-A\nBcc": "victim@example.com"}}), "headers"),
    (json.dumps(PLAIN | {"attachments": [{"filename": "x", "content": "not base64!"}]}), "content"),
    (json.dumps(PLAIN | {"text": 7}), "text"),
])
def test_a_malformed_job_fails_with_a_clear_reason_and_stops_nothing(mail, smtp, job, said):
    if job == "":
        job = " "  # SQS takes no empty body
    worker = mail(smtp.port, job, PLAIN | {"subject": "the next one"})
    assert worker.code == 0, worker.stderr
    # It comes again after a second, so a slow machine sees it fail more than once.
    assert worker.report["jobs"]["failed"] >= 1 and worker.report["jobs"]["done"] == 1
    assert said in worker.stderr
    [delivered] = smtp.delivered
    assert parsed(delivered)["Subject"] == "the next one" and delivered.recipients == ["bob@example.org"]


def test_a_recipient_that_is_refused_for_good_does_not_sink_the_others(mail, smtp):
    smtp.answers["anne@example.org"] = "550 5.1.1 No such user here"
    worker = mail(smtp.port, PLAIN | {"to": ["bob@example.org", "anne@example.org", "carl@example.org"]})
    assert worker.code == 0, worker.stderr
    assert worker.report["jobs"]["failed"] == 1
    [delivered] = smtp.delivered
    assert delivered.recipients == ["bob@example.org", "carl@example.org"]
    assert "550 5.1.1 No such user here" in worker.stderr and "anne@example.org" in worker.stderr


def test_a_temporary_refusal_is_tried_again_for_that_recipient_alone(mail, smtp):
    smtp.answers["anne@example.org"] = ["451 4.3.0 later"]
    worker = mail(smtp.port, PLAIN | {"to": ["bob@example.org", "anne@example.org"]},
                  arguments=["--tries-when-empty", "3", "--retry-base", "1s"])
    assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
    assert [one.recipients for one in smtp.delivered] == [["bob@example.org"], ["anne@example.org"]]
    assert len({parsed(one)["Message-ID"] for one in smtp.delivered}) == 1


@pytest.mark.parametrize("answer, kind", [("452 4.3.1 disk full", "retried"), ("554 5.7.1 spam", "failed")])
def test_4xx_after_the_dot_comes_again_and_5xx_has_failed(mail, smtp, answer, kind):
    smtp.answers["DATA"] = [answer]
    again = ["--tries-when-empty", "3", "--retry-base", "1s"]
    worker = mail(smtp.port, PLAIN, arguments=again if kind == "retried" else [])
    assert worker.code == 0, worker.stderr
    jobs = worker.report["jobs"]
    assert jobs[kind] == 1 and len(smtp.delivered) == (1 if kind == "retried" else 0)
    assert answer in worker.stderr


def test_a_mail_server_that_is_away_makes_jobs_come_again(lastcall, embedded_queue, tmp_path):
    port = free_port()
    embedded_queue.send(json.dumps(PLAIN))
    worker = lastcall.work(embedded_queue, "--wait", "1s", "email", "--smtp", f"smtp://127.0.0.1:{port}?starttls=never")
    eventually(lambda: str(port) in worker.stderr, what="it does not say what is wrong")
    assert worker.is_running()
    worker.signal()
    assert worker.exit_code() == 0, worker.stderr
    assert worker.report["jobs"]["done"] == 0
    counts = embedded_queue.counts()
    assert counts.visible + counts.in_flight == 1 and worker.report["messages"]["left_behind"] == []


# ── TLS and AUTH ─────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "smtps"])
def test_mail_goes_over_tls_with_the_server_verified_and_auth(mail, certificate, implicit):
    server = Aiosmtpd(certificate, implicit_tls=implicit, login=("ada@example.com", "p@ss:w/rd"))
    try:
        trust = f"ca_file={certificate.authority}"
        worker = mail(server.port, PLAIN, scheme="smtps" if implicit else "smtp",
                      query=f"?{trust}" if implicit else f"?starttls=required&{trust}",
                      options=["--smtp-user", "ada@example.com"], LASTCALL_SMTP_PASSWORD="p@ss:w/rd")
        assert worker.code == 0 and worker.report["jobs"]["done"] == 1, worker.stderr
        [delivered] = server.delivered
        assert delivered.user == "PLAIN:ada@example.com"
        assert "p@ss:w/rd" not in worker.stderr + worker.stdout
    finally:
        server.close()


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "smtps"])
def test_a_certificate_that_is_not_trusted_gets_no_mail(mail, certificate, implicit):
    server = Aiosmtpd(certificate, implicit_tls=implicit)
    try:
        worker = mail(server.port, PLAIN, scheme="smtps" if implicit else "smtp", query="")
        assert worker.code == 0 and worker.report["jobs"]["failed"] == 1, worker.stderr
        assert "issuer's certificate in ca_file of --smtp" in worker.stderr and not server.delivered
    finally:
        server.close()


def test_a_certificate_of_another_host_gets_no_mail(mail, tmp_path):
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other", "DNS:mail.example.com")
    server = Aiosmtpd(other, implicit_tls=True)
    try:
        worker = mail(server.port, PLAIN, scheme="smtps", query=f"?ca_file={other.authority}")
        assert worker.code == 0 and worker.report["jobs"]["failed"] == 1, worker.stderr
        assert not server.delivered
    finally:
        server.close()


def test_a_wrong_password_fails_the_job_with_the_words_of_the_server(mail, certificate):
    server = Aiosmtpd(certificate, implicit_tls=True, login=("ada", "right"))
    try:
        worker = mail(server.port, PLAIN, scheme="smtps", query=f"?ca_file={certificate.authority}", user="ada:wrong@")
        assert worker.code == 0 and worker.report["jobs"]["failed"] == 1, worker.stderr
        assert "535" in worker.stderr and not server.delivered
    finally:
        server.close()


def test_tls_that_is_demanded_but_not_offered_sends_nothing(mail, smtp):
    worker = mail(smtp.port, PLAIN, query="?starttls=required")
    assert worker.code == 0 and worker.report["jobs"]["failed"] == 1, worker.stderr
    assert "STARTTLS" in worker.stderr and not smtp.delivered


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────

class SlowToAccept:
    """A mail server that takes a message and answers its final dot only when told to."""

    def __init__(self):
        self.taken, self.answered = [], 0
        self.dot, self.release = threading.Event(), threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rwb") as stream:
            def reply(text):
                stream.write(text + b"\r\n")
                stream.flush()

            reply(b"220 slow ESMTP")
            while line := stream.readline():
                word = line[:4].upper()
                if word == b"EHLO":
                    reply(b"250 slow")
                elif word == b"DATA":
                    reply(b"354 go ahead")
                    content = b""
                    while (data := stream.readline()) not in (b".\r\n", b""):
                        content += data
                    self.taken.append(content)
                    self.dot.set()
                    self.release.wait(60)
                    self.answered += 1
                    reply(b"250 taken")
                elif word == b"QUIT":
                    reply(b"221 bye")
                    return
                else:
                    reply(b"250 ok")

    def close(self):
        self.release.set()
        self.listener.close()


@pytest.fixture
def slow():
    server = SlowToAccept()
    yield server
    server.close()


def test_the_answer_to_the_final_dot_is_awaited_during_the_drain(lastcall, embedded_queue, slow):
    embedded_queue.send(json.dumps(PLAIN))
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "20s",
                           "email", "--smtp", f"smtp://127.0.0.1:{slow.port}?starttls=never")
    assert slow.dot.wait(20)
    worker.signal()
    time.sleep(2)
    assert worker.is_running()
    slow.release.set()
    assert worker.exit_code(10) == 0, worker.stderr
    assert worker.report["jobs"]["done"] == 1 and len(slow.taken) == 1
    assert embedded_queue.counts() == NOTHING


def test_an_email_that_is_cut_after_the_dot_has_all_its_time_and_is_in_doubt_for_the_next_worker(
        lastcall, embedded_queue, slow, tmp_path):
    embedded_queue.send(json.dumps(PLAIN))
    ledger = tmp_path / "ledger.sqlite"
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--grace", "5s", "--reserve", "2s",
                           "email", "--smtp", f"smtp://127.0.0.1:{slow.port}?starttls=never", "--ledger", ledger)
    assert slow.dot.wait(20)
    with stopwatch() as stop:
        worker.signal()
        assert worker.exit_code(10) == 75, worker.stderr
    assert 3.5 < stop.took_s < 5.7
    assert embedded_queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    # with --in-doubt fail it is not sent a second time
    slow.release.set()
    again = lastcall.work(embedded_queue, "--drain-when-empty", "--tries-when-empty", "1", "--wait", "1s",
                          "email", "--smtp", f"smtp://127.0.0.1:{slow.port}?starttls=never", "--ledger", ledger,
                          "--in-doubt", "fail")
    assert again.exit_code() == 0, again.stderr
    assert len(slow.taken) == 1 and again.report["jobs"]["failed"] >= 1, again.stderr
    assert "sent or not, no one knows" in again.stderr


def test_an_email_that_was_sent_is_not_sent_again_after_a_crash(lastcall, embedded_queue, smtp, tmp_path):
    """The message comes again, for its delete was lost with the worker; the ledger knows that it was sent."""
    sent = embedded_queue.send(json.dumps(PLAIN | {"to": ["a@example.org", "b@example.org"]}))
    smtp.answers["b@example.org"] = ["451 later"]
    email = ["email", "--smtp", f"smtp://127.0.0.1:{smtp.port}?starttls=never", "--ledger", tmp_path / "ledger.sqlite"]
    first = lastcall.work(embedded_queue, "--wait", "1s", "--retry-base", "1s", *email)
    eventually(lambda: len(smtp.delivered) >= 1, what="nothing was sent")
    first.kill()
    second = lastcall.work(embedded_queue, "--wait", "1s", "--visibility", "5s", *email)
    eventually(lambda: embedded_queue.counts() == NOTHING, 75, "it did not come again")
    second.signal()
    assert second.exit_code() == 0, second.stderr
    assert [one.recipients for one in smtp.delivered] == [["a@example.org"], ["b@example.org"]], sent
