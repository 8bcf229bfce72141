"""What is measured. Each scenario is a function (bench, runs) that adds rows to the bench."""

import json
import pathlib
import random
import subprocess
import threading
import time

import contestants
import machine
import measure
import servers
from contestants import Job
from machine import RELEASE, SERVER_CORE, WORKER_CORE, Process
from measure import journal_lines, running, stop_and_wait, throughput
from ports import free_port
from service import Proxy


# ── throughput and CPU ───────────────────────────────────────────────────────────────────────────────────────────

def drain(bench):
    """Empty jobs: what the worker itself costs."""
    for run in range(bench.runs):
        for who in bench.contestants():
            bench.record(who.name, run, lambda who=who: throughput(
                who, bench.service(), Job(concurrency=100), bench.window_s))


def jobs_50ms(bench):
    """Jobs of 50 ms, 256 at once: ideally 5,120 messages a second."""
    for run in range(bench.runs):
        for who in bench.contestants():
            if who.kind != "floor":
                bench.record(who.name, run, lambda who=who: throughput(
                    who, bench.service(), Job(ms=50, concurrency=256), bench.window_s, pace=min(who.pace, 5_200)))


def concurrency(bench):
    """Jobs of 50 ms at rising concurrency: where throughput leaves concurrency ÷ job time."""
    for run in range(bench.runs):
        for at_once in (16, 64, 256, 1024, 2048):
            for who in bench.contestants("lastcall", "Go, aws-sdk-go-v2"):
                bench.record(f"{who.name} @{at_once}", run, lambda who=who, at_once=at_once: _at(bench, who, at_once))


def _at(bench, who, at_once):
    row = throughput(who, bench.service(), Job(ms=50, concurrency=at_once), bench.window_s,
                     pace=min(who.pace, at_once * 20))
    return row | {"who": who.name, "concurrency": at_once, "of_ideal": round(row["per_s"] / at_once * 0.05, 3)}


def latency(bench):
    """The same with 5 ms of latency added in each direction, and what requests and connections that takes."""
    for run in range(bench.runs):
        for delay_ms in (0, 5):
            for who in bench.contestants():
                if who.kind == "floor":
                    continue
                bench.record(f"{who.name} +{2 * delay_ms} ms", run, lambda who=who: _through_proxy(
                    bench, who, Job(ms=50, concurrency=256), delay_ms))


def requests(bench):
    """Requests and connections a message while an empty job drains a queue."""
    for run in range(bench.runs):
        for who in bench.contestants():
            bench.record(who.name, run, lambda who=who: _through_proxy(bench, who, Job(concurrency=100), 0))


def _through_proxy(bench, who, job, delay_ms):
    """Counts from a queue of known size to its end."""
    service = bench.service()
    queue = service.queue()
    count = int(min(who.pace, job.concurrency / max(job.ms, 1) * 1000, 20_000) * bench.window_s)
    proxy = Proxy(service, delay_ms)
    try:
        measure.fill(who, queue, count)
        with running(who, queue, job, endpoint=proxy.endpoint):
            queue.wait_until_below(count * 0.95, 60)
            began, at_begin = time.monotonic(), queue.left()
            if not queue.wait_until_below(count * 0.05, 120):
                raise RuntimeError("did not come to the end of the queue")
            seconds, done = time.monotonic() - began, at_begin - queue.left()
            queue.wait_until_below(0, 30)
            counted = proxy.stop()
        return {"per_s": round(done / seconds, 1), "requests_per_message": round(counted["requests"] / count, 4),
                "messages": count, "connections": counted["connections"]}
    finally:
        proxy.process.kill()
        queue.delete()


def tls(bench):
    """Empty jobs over TLS and without, against the same server."""
    if "--tls-cert" not in machine.output_of(machine.BINARY, "serve", "--help"):
        return bench.leave_out("this lastcall serves no TLS")
    certificate, key = bench.directory / "server.pem", bench.directory / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-days", "2"], check=True, capture_output=True)
    for run in range(bench.runs):
        for who in bench.contestants("lastcall", "Go, aws-sdk-go-v2"):
            bench.record(who.name, run, lambda who=who: throughput(
                who, bench.service(), Job(concurrency=100), bench.window_s))
            bench.record(f"{who.name}, TLS", run, lambda who=who: throughput(
                who, bench.service((certificate, key)), Job(concurrency=100), bench.window_s))


def fifo(bench):
    """Empty jobs of a FIFO queue with ten message groups: each message waits for the delete of the one before."""
    for run in range(bench.runs):
        for who in bench.contestants("lastcall", "Go, aws-sdk-go-v2"):
            bench.record(who.name, run, lambda who=who: throughput(
                who, bench.service(), Job(concurrency=100), bench.window_s, pace=4_000, fifo=True))


def threads(bench):
    """--threads 2 on two cores."""
    if len(machine.CORES) < 3:
        return bench.leave_out(f"needs three cores (two for the worker, one for the server), this machine has "
                               f"{len(machine.CORES)}")
    for run in range(bench.runs):
        for count in (1, 2):
            cores = [machine.CORES[0], machine.CORES[2]][:count]
            bench.record(f"lastcall --threads {count}", run, lambda: throughput(
                contestants.LASTCALL, bench.service(), Job(concurrency=100, options=("--threads", count)),
                bench.window_s, core=cores))


# ── memory, idleness, start ──────────────────────────────────────────────────────────────────────────────────────

def in_flight(bench):
    """10,000 and 100,000 jobs in flight with bodies of 1 KiB: memory of each, and whether their leases hold."""
    for who in bench.contestants("lastcall", "Go, aws-sdk-go-v2"):
        for count in (10_000, 100_000):
            for run in range(min(bench.runs, 1 if count > 10_000 else 2)):
                bench.record(f"{who.name}, {count:,}", run, lambda who=who, count=count: _held(bench, who, count))


def _held(bench, who, count):
    service = bench.service()
    queue = service.queue()
    is_ours = who.kind == "lastcall"
    journal = bench.directory / "held.journal"
    journal.unlink(missing_ok=True)
    options = ("--visibility", "30s", "--pollers", "8") if is_ours else ()
    try:
        with running(who, queue, Job(ms=3_600_000, concurrency=count, options=options, journal=journal)) as process:
            time.sleep(1.5)
            empty_kib = process.rss_kib()
            filler = threading.Thread(target=queue.fill, args=(count,))
            began = time.monotonic()
            filler.start()
            while queue.counts()[1] < count * 0.9995:
                if time.monotonic() - began > 120:
                    raise RuntimeError(f"only {queue.counts()[1]} in flight after 120 s")
                time.sleep(0.1)
            filler.join()
            filled_s = time.monotonic() - began
            time.sleep(1)
            full_kib = process.rss_kib()
            before = process.cpu_s()
            row = {"who": who.name, "in_flight": count, "empty_mib": round(empty_kib / 1024, 1),
                   "full_mib": round(full_kib / 1024, 1), "kib_per_job": round((full_kib - empty_kib) / count, 3),
                   "filled_s": round(filled_s, 1)}
            if is_ours:  # two rounds of extensions, at half of 30 s
                hold_s = 35
                time.sleep(hold_s)
                visible, _ = queue.counts()
                started = len(journal_lines(journal))
                row |= {"came_again": started - count if started > count else 0, "visible_again": visible,
                        "extending_cpu_per_s": round((process.cpu_s() - before) / hold_s, 4)}
            return row
    finally:
        queue.delete()


def idle(bench):
    """30 seconds without a message: CPU and memory at 256 slots. All at once, since none does anything."""
    idle_s = 30
    service = bench.service()
    started = {}
    for who in bench.contestants():
        if who.kind != "floor":
            queue, job = service.queue(), Job(concurrency=256)
            started[who.name] = Process(who.arguments(queue, job, service.endpoint), WORKER_CORE, bench.directory,
                                        who.environment_for(queue, job, service.endpoint), is_shared=True)
    time.sleep(6)
    before = {name: process.cpu_s() for name, process in started.items()}
    time.sleep(idle_s)
    found = {name: {"cpu_ms": round((process.cpu_s() - before[name]) * 1000), "seconds": idle_s,
                    "rss_mib": round(process.rss_kib() / 1024, 1)} for name, process in started.items()}
    for name, process in started.items():
        process.kill()
        bench.record(name, 0, lambda name=name: found[name])


def start(bench):
    """From the start of the process to the start of its first job."""
    for run in range(bench.runs):
        for who in bench.contestants():
            if who.kind != "floor":
                bench.record(who.name, run, lambda who=who: _first_job(bench, who))


def _first_job(bench, who):
    queue = bench.service().queue()
    journal = bench.directory / "start.journal"
    journal.unlink(missing_ok=True)
    try:
        measure.fill(who, queue, 1)
        with running(who, queue, Job(concurrency=10, journal=journal)) as process:
            until = time.monotonic() + 30
            while not journal_lines(journal):
                if time.monotonic() > until:
                    raise RuntimeError(f"no job began: {process.said()[1][-300:]}")
                time.sleep(0.001)
            began = int(journal_lines(journal)[0][2]) / 1e6
            return {"ms": round((began - process.started) * 1000, 1)}
    finally:
        queue.delete()


# ── SIGTERM ──────────────────────────────────────────────────────────────────────────────────────────────────────

def stop_trickle(bench):
    """SIGTERM while messages come one by one, 40 a second, and go on coming: jobs of 100 ms."""
    _stops(bench, backlog=0)


def stop_backlog(bench):
    """SIGTERM in the middle of a backlog: jobs of 100 ms, 20 at once."""
    _stops(bench, backlog=3_000)


def _stops(bench, backlog):
    for run in range(bench.stop_runs):
        for who in bench.contestants():
            if who.kind == "floor" or (who.needs_own_tasks and not backlog) or (
                    who.kind == "peer" and run >= bench.peer_stop_runs):
                continue
            bench.record(who.name, run, lambda who=who, run=run: _stop(bench, who, backlog, run))


def _stop(bench, who, backlog, seed):
    """What one SIGTERM leaves behind. `stranded`: leased to nobody after the exit. `doubled`: jobs that a second
    worker, after all leases are over, does again though they were done. `lost`: messages that nobody did."""
    # As SQS does, it goes on leasing messages to a receive whose client has gone.
    service = bench.service(options=("--fidelity", "aws"))
    queue = service.queue()
    chance = random.Random(seed)
    journal = bench.directory / "stop.journal"
    journal.unlink(missing_ok=True)
    stop_sending = threading.Event()
    sent = []

    def trickle():
        sender = type(service)(bench.directory, service.endpoint)
        while not stop_sending.is_set():
            sent.append(sender.call("SendMessage", QueueUrl=queue.url, MessageBody="{}")["MessageId"])
            time.sleep(chance.expovariate(40))
    try:
        if backlog:
            measure.fill(who, queue, backlog)
        sender = threading.Thread(target=trickle)
        with running(who, queue, Job(ms=100, concurrency=20, journal=journal)) as process:
            if not backlog:
                sender.start()
            until = time.monotonic() + 30
            while len(journal_lines(journal)) < 20:
                if time.monotonic() > until:
                    raise RuntimeError(f"no jobs: {process.said()[1][-300:]}")
                time.sleep(0.02)
            time.sleep(chance.uniform(0.2, 1.2))
            asked, gone = stop_and_wait(process, 40)
            time.sleep(0.3)
            _, in_flight = queue.counts()
        lines = journal_lines(journal)
        begun = [line[1] for line in lines if line[0] == "S"]
        ended = [line[1] for line in lines if line[0] == "E"]
        stop_sending.set()
        if not backlog:
            sender.join()
        last = max((int(line[2]) for line in lines), default=0) / 1e6
        left = sum(queue.counts())
        row = {"cut": len(set(begun) - set(ended)), "stranded": in_flight,
               "doubled": len(ended) - len(set(ended)), "exit_ms": None if gone is None else round((gone - asked) * 1000),
               "after_last_job_ms": None if gone is None else round((gone - max(last, asked)) * 1000, 1)}
        if not who.needs_own_tasks:
            total = backlog or len(sent)
            # What was done and not deleted comes again: it is done twice.
            row["doubled"] += max(0, len(set(ended)) + left - total)
            row["lost"] = max(0, total - len(set(ended)) - left)
        return row
    finally:
        stop_sending.set()
        queue.delete()


# ── real jobs ────────────────────────────────────────────────────────────────────────────────────────────────────

def exec_jobs(bench):
    """A command a message: /bin/true with the body on its standard input, 8 at once."""
    for run in range(bench.runs):
        for who in bench.contestants():
            if who.does_real_jobs:
                bench.record(who.name, run, lambda who=who: throughput(
                    who, bench.service(), Job(concurrency=8, command="/bin/true"), bench.window_s, pace=1_500))


def http_jobs(bench):
    """A POST of the body to an application that says yes at once, 64 at a time, over connections that are kept."""
    port = free_port()
    application = Process([RELEASE / "bench_stub", port], SERVER_CORE, bench.directory, is_shared=True)
    try:
        for run in range(bench.runs):
            for who in bench.contestants():
                if who.does_real_jobs:
                    bench.record(who.name, run, lambda who=who: throughput(
                        who, bench.service(), Job(concurrency=64, to=f"http://127.0.0.1:{port}/jobs"), bench.window_s,
                        pace=min(who.pace, 20_000)))
    finally:
        application.kill()


def emails(bench):
    """Emails of 1 KiB to postfix's smtp-sink: the email job, a loop in smtplib, and postfix's own source."""
    if not pathlib.Path("/usr/sbin/smtp-sink").exists():
        return bench.leave_out("postfix's smtp-sink is not installed")
    port = free_port()
    sink = Process(["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", 512], SERVER_CORE, bench.directory,
                   is_shared=True)
    time.sleep(0.3)
    try:
        for run in range(bench.runs):
            bench.record("lastcall, email job", run, lambda: _email_job(bench, port))
            bench.record("Python, smtplib", run, lambda: _timed(
                [contestants.PYTHON, contestants.HERE / "peers" / "smtplib_loop.py", port, 3_000], 3_000, bench))
            bench.record("postfix, smtp-source", run, lambda: _timed(
                ["/usr/sbin/smtp-source", "-d", "-s", 20, "-m", 20_000, "-l", 1024, "-f", "a@example.com", "-t",
                 "b@example.com", f"127.0.0.1:{port}"], 20_000, bench))
    finally:
        sink.kill()


def _timed(command, count, bench):
    process = Process(command, WORKER_CORE, bench.directory)
    began, used = time.monotonic(), 0.0
    while process.is_running():
        used = max(used, process.cpu_s())
        time.sleep(0.005)
    seconds = time.monotonic() - began
    if process.popen.returncode != 0:
        raise RuntimeError(process.said()[1][-300:])
    process.kill()
    return {"per_s": round(count / seconds, 1), "cpu_us": round(used / count * 1e6, 1)}


def _email_job(bench, port):
    service = bench.service()
    queue = service.queue()
    count = 15_000
    lines = bench.directory / "emails.jsonl"
    email = json.dumps({"from": "a@example.com", "to": ["b@example.com"], "subject": "bench", "text": "x" * 700})
    lines.write_text((email + "\n") * count)
    try:
        subprocess.run([machine.BINARY, "send", "--queue", queue.name, "--endpoint-url", service.endpoint, "--file",
                        lines], check=True, env=machine.ENVIRONMENT, stdout=subprocess.DEVNULL)
        process = Process([machine.BINARY, "work", "--queue-url", queue.url, "--endpoint-url", service.endpoint,
                           "--concurrency", 20, "--log-level", "error", "email", "--smtp",
                           f"smtp://127.0.0.1:{port}?starttls=never"], WORKER_CORE, bench.directory)
        queue.wait_until_below(count * 0.9, 60)
        at, left, cpu = time.monotonic(), queue.left(), process.cpu_s()
        queue.wait_until_below(count * 0.1, 120)
        seconds, done, used = time.monotonic() - at, left - queue.left(), process.cpu_s() - cpu
        process.kill()
        return {"per_s": round(done / seconds, 1), "cpu_us": round(used / done * 1e6, 1)}
    finally:
        queue.delete()


SCENARIOS = {"drain": drain, "jobs-50ms": jobs_50ms, "stop-trickle": stop_trickle, "stop-backlog": stop_backlog,
             "server": servers.compare, "latency": latency, "concurrency": concurrency, "tls": tls, "email": emails,
             "exec": exec_jobs, "http": http_jobs, "start": start, "idle": idle, "in-flight": in_flight, "fifo": fifo,
             "requests": requests, "threads": threads}
