"""A mail server of aiosmtpd that demands STARTTLS and AUTH: port, certificate, key, file for the last message.

Refuses nobody@example.org for good, later@example.org for now."""

import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, path):
        self.path = path

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "nobody@example.org":
            return "550 5.1.1 No such user"
        if address == "later@example.org":
            return "451 4.2.1 Later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        with open(self.path, "wb") as file:
            file.write(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}\r\n".encode() + envelope.original_content)
        return "250 2.0.0 Ok"


def authenticate(server, session, envelope, mechanism, credentials):
    return AuthResult(success=(credentials.login, credentials.password) == (b"ada", b"s3:cret"))


async def main(port, certificate, key, path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def session():
        return SMTP(Handler(path), hostname="peer", tls_context=context, require_starttls=True, auth_required=True,
                    authenticator=authenticate)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", int(port))
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
