"""Mail servers that are not ours: aiosmtpd, told what to answer, and postfix's smtp-sink."""

import os
import pathlib
import shutil
import ssl
import subprocess
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from ports import free_port
from servers import Missing, accepts
from waiting import eventually


@dataclass
class Delivered:
    sender: str
    recipients: list
    content: bytes
    options: list = field(default_factory=list)
    user: str = ""


class Aiosmtpd:
    """aiosmtpd on a thread. `answers` maps a recipient, or "DATA", to a reply other than 250; a list of replies is
    used up one by one."""

    def __init__(self, certificate=None, implicit_tls=False, login=None):
        self.delivered = []
        self.sessions = 0
        self.answers = {}
        outer = self
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain, certificate.key)

        def authenticate(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
            session.user = f"{mechanism}:{data.login.decode()}" if right else ""
            return AuthResult(success=right, handled=False, auth_data=data)

        class Handler:
            async def handle_EHLO(self, server, session, envelope, hostname, responses):
                outer.sessions += 1
                session.host_name = hostname
                return responses

            async def handle_RCPT(self, server, session, envelope, address, options):
                reply = outer.answer_to(address)
                if reply.startswith("250"):
                    envelope.rcpt_tos.append(address)
                return reply

            async def handle_DATA(self, server, session, envelope):
                reply = outer.answer_to("DATA")
                if reply.startswith("250"):
                    outer.delivered.append(Delivered(envelope.mail_from, list(envelope.rcpt_tos), envelope.content,
                                                     list(envelope.mail_options), getattr(session, "user", "")))
                return reply

        class Server(Controller):
            def factory(self):
                return SMTP(self.handler, enable_SMTPUTF8=True, data_size_limit=60_000_000,
                            tls_context=None if implicit_tls else context,
                            require_starttls=bool(context) and not implicit_tls,
                            authenticator=authenticate if login else None, auth_required=bool(login),
                            auth_require_tls=False)

        self.port = free_port()
        self.controller = Server(Handler(), hostname="127.0.0.1", port=self.port,
                                 ssl_context=context if implicit_tls else None)
        self.controller.start()

    def answer_to(self, what):
        given = self.answers.get(what, "250 OK")
        if isinstance(given, list):
            return given.pop(0) if given else "250 OK"
        return given

    def close(self):
        self.controller.stop()


class SmtpSink:
    """postfix's smtp-sink, with faults by its options (see smtp-sink(1)); what it takes is in `delivered`."""

    def __init__(self, directory, *options, sessions=100):
        program = shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
        if not program:
            raise Missing("smtp-sink (Debian's postfix) is not installed")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o777)
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, *(["-u", "nobody"] if os.getuid() == 0 else []), "-d", "%M.", *options,
             f"127.0.0.1:{self.port}", str(sessions)],
            cwd=self.directory, stdin=subprocess.DEVNULL, start_new_session=True)
        eventually(lambda: accepts(self.port), what="smtp-sink does not answer")

    @property
    def delivered(self):
        """What it has written; the X- lines that it puts before a message are taken off."""
        found = []
        for path in sorted(self.directory.iterdir()):
            head, lines = {}, path.read_bytes().splitlines(keepends=True)
            senders, recipients = [], []
            while lines and lines[0].startswith((b"X-Client-", b"X-Helo-", b"X-Mail-", b"X-Rcpt-")):
                name, _, value = lines.pop(0).decode().partition(":")
                address = value.strip().split(" ")[0].strip("<>")
                if name == "X-Mail-Args":
                    senders.append(address)
                if name == "X-Rcpt-Args":
                    recipients.append(address)
            if senders and lines:
                found.append(Delivered(senders[0], recipients, b"".join(lines)))
        return found

    def close(self):
        self.process.kill()
        self.process.wait()


@dataclass
class Certificate:
    """Of 127.0.0.1 and localhost, signed by an authority of its own."""
    authority: pathlib.Path
    chain: pathlib.Path
    key: pathlib.Path


def make_certificate(directory, names="DNS:localhost,IP:127.0.0.1"):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True, timeout=60)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "30",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-x509", *new_key, "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=server", "-days",
            "30", "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName={names}",
            "-addext", "basicConstraints=critical,CA:FALSE")
    return Certificate(directory / "ca.pem", directory / "server.pem", directory / "server.key")
