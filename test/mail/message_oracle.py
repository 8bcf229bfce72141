"""Parses messages with Python's email package and compares them, field by field, with what was asked for.

Each argument is a path without its suffix: `.eml` is the message, `.json` what it was built of. Prints what differs."""

import base64
import json
import sys
from email import message_from_bytes, policy


def name(text):
    """Python puts a space between two encoded words of a name, against RFC 2047 section 6.2 (bpo-35547)."""
    return text if text.isascii() and "=?" not in text else text.replace(" ", "")


def addresses(header):
    return [] if header is None else [[name(a.display_name), a.addr_spec] for a in header.addresses]


def expected_addresses(mailboxes):
    return [[name(m["name"]), m["address"]] for m in mailboxes]


def text_of(part):
    return part.get_payload(decode=True).decode("utf-8")


def lines(text):
    """What mail keeps of a text: its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def differences(raw, want):
    message = message_from_bytes(raw, policy=policy.SMTP)

    def check(what, got, expected):
        if got != expected:
            yield f"{what}: got {got!r}, expected {expected!r}"

    for part in message.walk():
        yield from check(f"defects of {part.get_content_type()}", [repr(d) for d in part.defects], [])
        for field, value in part.items():
            yield from check(f"defects of {field} {value!r}", [repr(d) for d in value.defects], [])

    yield from check("from", addresses(message["From"]), expected_addresses([want["from"]]))
    yield from check("to", addresses(message["To"]), expected_addresses(want["to"]))
    yield from check("cc", addresses(message["Cc"]), expected_addresses(want["cc"]))
    yield from check("bcc", message["Bcc"], None)
    yield from check("reply_to", addresses(message["Reply-To"]), expected_addresses(want["reply_to"]))
    yield from check("subject", str(message["Subject"]), want["subject"])
    yield from check("date", message["Date"].datetime.timestamp(), want["date"])
    yield from check("message id", str(message["Message-ID"]), f"<{want['message_id']}>")
    for field, value in want["headers"]:
        yield from check(field, str(message[field]), value)

    for subtype in ("plain", "html"):
        body = message.get_body((subtype,))
        expected = want["text" if subtype == "plain" else "html"]
        yield from check(f"has {subtype}", body is not None, expected is not None)
        if body is not None:
            got, wanted = lines(text_of(body)), lines(expected)
            if not message.is_multipart():  # the last line of a message is always ended
                got, wanted = got.removesuffix("\n"), wanted.removesuffix("\n")
            yield from check(subtype, got, wanted)
            yield from check(f"charset of {subtype}", body.get_content_charset(), "utf-8")

    found = [p for p in message.walk() if p.get_content_disposition() == "attachment"]
    yield from check("attachments", [p.get_filename() for p in found], [a["filename"] for a in want["attachments"]])
    for part, a in zip(found, want["attachments"]):
        yield from check("type of " + a["filename"], part.get_content_type(), a["content_type"])
        content = part.get_payload(decode=True) if not part.is_multipart() else part.get_payload(0).as_bytes()
        yield from check("content of " + a["filename"], content, base64.b64decode(a["content"]))
    found = [p for p in message.walk() if p.get_content_disposition() == "inline"]
    yield from check("image ids", [str(p["Content-ID"]) for p in found], [f"<{i['id']}>" for i in want["images"]])
    for part, image in zip(found, want["images"]):
        yield from check("content of " + image["id"], part.get_payload(decode=True), base64.b64decode(image["content"]))

    header = raw.split(b"\r\n\r\n", 1)[0]
    yield from check("lone line breaks", raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"), 0)
    yield from check("ends a line", raw[-2:], b"\r\n")
    yield from check("lines over 998", [l for l in raw.split(b"\r\n") if len(l) > 998], [])
    # Only a single word may make a line longer than 78.
    yield from check("lines over 78", [l for l in raw.split(b"\r\n") if len(l) > 78 and len(l.split()) > 2], [])
    if not want["needs_smtputf8"]:
        yield from check("ascii", raw.isascii(), True)
    yield from check("8-bit body", raw[len(header):].isascii(), True)


failed = False
for stem in sys.argv[1:]:
    with open(stem + ".eml", "rb") as eml, open(stem + ".json", encoding="utf-8") as wanted:
        for difference in differences(eml.read(), json.load(wanted)):
            print(f"{stem}: {difference}")
            failed = True
sys.exit(failed)
