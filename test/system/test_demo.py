"""`lastcall demo`: everything in one process, real emails through."""

import email
import email.policy
import pathlib
import re
import signal
import time

import pytest

from waiting import eventually, stopwatch


@pytest.fixture
def maildir(tmp_path):
    return tmp_path / "mail"


def mails(maildir):
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted((maildir / "new").glob("*"))]


def test_a_demo_of_a_hundred_delivers_each_email_and_ends_by_itself(lastcall, maildir, tmp_path):
    report_file = tmp_path / "report.json"
    demo = lastcall.run("demo", "--jobs", "100", "--drain-when-empty", "--maildir", maildir, "--report", report_file,
                        within_s=60)
    assert demo.code == 0, demo.stderr
    report = demo.report
    assert report["jobs"]["done"] == 100 and report["messages"]["deleted"] == 100
    assert report["messages"]["left_behind"] == []
    assert report_file.read_text().strip() == demo.stdout.strip()
    found = mails(maildir)
    assert len(found) == 100 and len({mail["Message-ID"] for mail in found}) == 100
    assert not any(part.defects for mail in found for part in mail.walk())
    kinds = {part.get_content_type() for mail in found for part in mail.walk()}
    assert {"text/plain", "text/html", "image/png"} <= kinds and "multipart/mixed" in kinds
    assert any(not str(mail["Subject"]).isascii() for mail in found)
    assert any(not mail["To"].addresses[0].display_name.isascii() for mail in found)
    assert str(maildir) in demo.stderr
    assert "\x1b" not in demo.stderr + demo.stdout, "in a pipe there are plain lines"


def test_a_demo_says_where_the_mail_is(lastcall):
    demo = lastcall.run("demo", "--jobs", "5", "--drain-when-empty", within_s=60)
    assert demo.code == 0, demo.stderr
    folder = pathlib.Path(re.search(r"(/\S*lastcall-demo-\w+)", demo.stderr)[1])
    assert len(mails(folder)) == 5
    import shutil
    shutil.rmtree(folder)


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.3, 1.0, 2.0])
def test_ctrl_c_at_any_moment_drains_and_ends_with_the_report(lastcall, maildir, delay_s):
    demo = lastcall.start("demo", "--jobs", "400", "--maildir", maildir)
    demo.says("queue server at")
    time.sleep(delay_s)
    with stopwatch() as stop:
        demo.signal(signal.SIGINT)
        assert demo.exit_code(20) == 0, demo.stderr
    assert stop.took_s < 10
    report = demo.report
    assert report["reason"] == "SIGINT" and report["exit"] == 0 and report["messages"]["left_behind"] == []
    assert report["jobs"]["done"] == report["messages"]["deleted"] == len(mails(maildir))


def test_an_idle_demo_waits_for_ctrl_c(lastcall, maildir):
    demo = lastcall.start("demo", "--jobs", "3", "--maildir", maildir)
    eventually(lambda: len(mails(maildir)) == 3 if (maildir / "new").exists() else False, 20, "no mail arrived")
    time.sleep(1)
    assert demo.is_running()
    demo.signal(signal.SIGINT)
    assert demo.exit_code(10) == 0, demo.stderr


def test_on_a_terminal_a_demo_is_drawn_in_place(lastcall, maildir, tmp_path):
    """With a pseudo-terminal as stderr: a bar, redrawn; and a report on stdout that is still one clean line."""
    import os
    import pty
    import subprocess

    from binary import BINARY
    try:
        main, side = pty.openpty()
    except OSError as why:
        pytest.skip(f"there are no terminals here: {why}")
    demo = subprocess.Popen([BINARY, "demo", "--jobs", "60", "--drain-when-empty", "--maildir", maildir],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=side,
                            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "xterm"})
    os.close(side)
    drawn = b""
    try:
        while chunk := os.read(main, 4096):
            drawn += chunk
    except OSError:  # EIO: the other side is closed
        pass
    stdout, _ = demo.communicate(timeout=30)
    os.close(main)
    assert demo.returncode == 0 and stdout.count(b"\n") == 1
    assert b"\x1b[" in drawn and b"60" in drawn


@pytest.mark.parametrize("options", [["--threads", "2"], ["--concurrency", "1"], ["--jobs", "0"]], ids=lambda o: o[0])
def test_a_demo_takes_the_options_of_a_worker(lastcall, maildir, options):
    demo = lastcall.run("demo", "--jobs", "8", "--drain-when-empty", "--maildir", maildir, *options, within_s=60)
    assert demo.code == 0, demo.stderr
    assert len(mails(maildir)) == (0 if options[0] == "--jobs" else 8)
