"""Sends N emails of 1 KiB over one connection, as a loop in Python does: smtplib_loop.py PORT N"""

import smtplib
import sys
from email.message import EmailMessage

message = EmailMessage()
message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "bench"
message.set_content("x" * 70 + "\n" + ("x" * 70 + "\n") * 9)
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as smtp:
    for _ in range(int(sys.argv[2])):
        smtp.send_message(message)
