"""A mail server that does at each step of SMTP what it should not: no email goes out again whose acceptance the worker
was told."""

import collections
import json
import random
import re
import socketserver
import threading
import time

import pytest

from waiting import eventually

EMAILS = 60
TEXTS = [".", "..", "x" * 2000, "a\rb", "hé" * 300, "", ".dot", "end\r\n.\r\nMAIL FROM:<evil@example.net>"]


class Gone(Exception):
    """The server closes the connection here."""


class Closed(Gone):
    """After it has said that it takes nothing."""


class Hostile(socketserver.ThreadingTCPServer):
    """`answers`: by subject and recipient, how each acceptance was answered: "told", or "doubt" where the answer was
    not one. `wrong`: what a client must not send."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, seed):
        super().__init__(("127.0.0.1", 0), Session)
        self.port = self.server_address[1]
        self.random = random.Random(seed)
        self.answers = collections.defaultdict(list)
        self.wrong = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Session(socketserver.StreamRequestHandler):
    timeout = 3  # what a fault has confused is ended

    def say(self, text):
        """Answers, or does something worse. Says whether the client was told."""
        fault, line = self.server.random.random(), (text + "\r\n").encode()
        if fault < 0.02:
            raise Gone
        if fault < 0.04:
            self.wfile.write(line[:len(line) // 2])
            raise Gone
        if fault < 0.05:
            self.wfile.write(b"\x00\xff what\r\n")
            raise Gone
        if fault < 0.06:
            self.wfile.write(b"421 4.3.2 going down\r\n")
            raise Closed
        if fault < 0.07:
            self.wfile.write(line[:4] + b"x" * 70_000 + b"\r\n")
            return "doubt"
        if fault < 0.08:
            self.wfile.write(line + b"250 2.0.0 and more\r\n")
        elif fault < 0.10:
            for byte in line:
                self.wfile.write(bytes([byte]))
                time.sleep(0.001)
        else:
            self.wfile.write((line[:3] + b"-first\r\n" if fault < 0.12 else b"") + line)
        return "told"

    def handle(self):
        try:
            self.say("220 hostile ESMTP")
            recipients = []
            while line := self.rfile.readline():
                recipients = self.obey(line.decode(), recipients)
        except (Gone, OSError):
            pass

    def obey(self, line, recipients):
        word, chance = line[:4].upper(), self.server.random.random()
        if word == "EHLO":
            self.say("250-hostile\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES" if chance < 0.5 else "250 hostile")
        elif word == "RCPT":
            if chance < 0.06:
                self.say("550 5.1.1 no" if chance < 0.03 else "450 4.2.0 later")
            else:
                recipients = recipients + [re.search("<(.*?)>", line)[1]]
                self.say("250 ok")
        elif word == "DATA" and recipients:
            self.say("354 go on")
            self.take(self.read_message(), recipients, chance)
            return []
        elif word == "QUIT":
            self.say("221 bye")
            raise Gone
        else:
            if word not in ("MAIL", "RSET", "HELO", "DATA"):
                self.server.wrong.append(line)
            self.say("554 no" if word == "DATA" else "250 ok")
            return []
        return recipients

    def read_message(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Gone
            if not line.endswith(b"\r\n") or b"\r" in line[:-2] or len(line) > 1000:
                self.server.wrong.append(line)
            lines.append(line)
        return b"".join(lines).decode()

    def take(self, message, recipients, chance):
        taken, told = chance > 0.05, "doubt"
        try:
            told = self.say("250 2.0.0 taken" if taken else "452 4.3.1 full" if chance < 0.03 else "554 5.6.0 no")
        except Closed:
            taken = False
            raise
        finally:
            for recipient in recipients if taken else []:
                self.server.answers[re.search("^Subject: (.*)\r$", message, re.MULTILINE)[1], recipient].append(told)


@pytest.mark.parametrize("in_doubt", ["resend", "fail"])
def test_a_hostile_mail_server_gets_no_email_twice_that_it_said_it_had_taken(
        lastcall, embedded_queue, tmp_path, in_doubt):
    server = Hostile(in_doubt)
    chance = random.Random(1)
    recipients = [chance.choice([1, 1, 2, 5]) for _ in range(EMAILS)]
    for number, count in enumerate(recipients):
        embedded_queue.send(json.dumps({
            "from": "ada@example.com", "to": [f"bob{number}-{index}@example.org" for index in range(count)],
            "subject": f"mail {number}", "text": "\n".join(chance.choices(TEXTS, k=4))}))
    worker = lastcall.work(embedded_queue, "--wait", "1s", "--retry-base", "100ms", "--retry-max", "500ms",
                           "email", "--smtp", f"smtp://127.0.0.1:{server.port}?starttls=never",
                           "--ledger", tmp_path / "ledger.sqlite", "--in-doubt", in_doubt)
    try:
        eventually(lambda: len(server.answers) > sum(recipients) * 0.85, 60, "the emails do not go out")
        worker.signal()
        assert worker.exit_code() == 0, worker.stderr
    finally:
        server.shutdown()
    assert not server.wrong
    assert worker.report["jobs"]["done"] > EMAILS / 2, worker.report
    doubled = [how for how in server.answers.values() if len(how) > 1]
    assert not [how for how in doubled if "told" in how[:-1]]
    assert in_doubt == "resend" or not doubled
