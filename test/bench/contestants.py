"""Who is measured: the floors, lastcall, and what a user would pick instead, each at its best setting."""

import json
import os
import pathlib
import re
from dataclasses import dataclass, field

from machine import BINARY, RELEASE, ROOT, output_of, package_version

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ROOT / "build" / "bench-peers"
NODE = PEERS / "node_modules" / ".bin" / "node"
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Job:
    """What each message asks for. `concurrency`: how many at once."""
    ms: int = 0
    concurrency: int = 100
    journal: object = None
    command: str = ""  # a program to run, in place of sleeping
    to: str = ""  # where to post the body, in place of sleeping
    options: tuple = ()  # of lastcall


@dataclass(frozen=True)
class Contestant:
    name: str
    kind: str  # floor, lastcall or peer
    pace: int  # messages a second that it is given enough of
    requires: tuple = ()
    environment: dict = field(default_factory=dict)
    program: tuple = ()
    does_real_jobs: bool = False  # runs commands, posts to an application
    needs_own_tasks: bool = False  # its messages have a form of their own

    def missing(self):
        """What it lacks here; empty: it can run."""
        return ", ".join(what for what, found in self.requires if not found())

    def arguments(self, queue, job, endpoint):
        if self.kind == "floor":
            port = endpoint.rsplit(":", 1)[1]
            return [RELEASE / "bench_floor", *self.program, port, "/" + queue.url.split("/", 3)[3], 4]
        if self.kind == "lastcall":
            what = ["exec", "--", job.command] if job.command else (
                ["http", "--to", job.to] if job.to else ["sleep", "--for", f"{job.ms}ms"])
            journal = ["--journal", job.journal] if job.journal else []
            return [BINARY, "work", "--queue-url", queue.url, "--endpoint-url", endpoint,
                    "--concurrency", job.concurrency, "--log-level", "error", *job.options, *what, *journal]
        return [str(word).format(concurrency=job.concurrency) for word in self.program]

    def environment_for(self, queue, job, endpoint):
        return queue.service.environment | self.environment | {
            "AWS_ENDPOINT_URL": endpoint, "BENCH_QUEUE_URL": queue.url, "BENCH_JOB_MS": str(job.ms),
            "BENCH_CONCURRENCY": str(job.concurrency)} | (
                {"BENCH_JOURNAL": str(job.journal)} if job.journal else {}) | (
                {"BENCH_EXEC": job.command} if job.command else {}) | (
                {"BENCH_HTTP": job.to} if job.to else {})


def _file(path):
    return (str(path), path.exists)


def _python(module):
    script = f"import importlib.util as u, sys; sys.exit(u.find_spec('{module}') is None)"
    return (f"Python's {module}", lambda: os.path.exists(PYTHON) and os.spawnv(os.P_WAIT, PYTHON, [
        PYTHON, "-c", script]) == 0)


def _node(name):
    return (f"npm's {name}", (PEERS / "node_modules" / name).exists)


BOTO3 = (PYTHON, HERE / "peers" / "boto3_pool.py")
CELERY = (PYTHON, "-m", "celery", "-A", "celery_app", "--workdir", HERE / "peers", "worker", "--without-gossip",
          "--without-mingle", "--without-heartbeat", "-l", "ERROR", "-c", "{concurrency}")
SQS_CONSUMER = (NODE, PEERS / "sqs_consumer.mjs")
BATCH, SINGLE = {"BENCH_DELETE": "batch"}, {"BENCH_DELETE": "single"}

FLOORS = [
    Contestant("floor, unsigned", "floor", 100_000, (_file(RELEASE / "bench_floor"),), {}, ("raw",)),
    Contestant("floor, full", "floor", 100_000, (_file(RELEASE / "bench_floor"),), {}, ("full",)),
]
LASTCALL = Contestant("lastcall", "lastcall", 80_000, does_real_jobs=True)
PEER_LIST = [
    Contestant("Go, aws-sdk-go-v2", "peer", 9_000, (_file(PEERS / "go_v2"),), {}, (PEERS / "go_v2",),
               does_real_jobs=True),
    Contestant("Go, aws-sdk-go v1", "peer", 3_500, (_file(PEERS / "go_v1"),), {}, (PEERS / "go_v1",)),
    Contestant("sqs-consumer, batch", "peer", 4_000, (_node("sqs-consumer"),), BATCH, SQS_CONSUMER),
    Contestant("sqs-consumer, single", "peer", 1_500, (_node("sqs-consumer"),), SINGLE, SQS_CONSUMER),
    Contestant("squiss-ts", "peer", 4_000, (_node("squiss-ts"),), {}, (NODE, PEERS / "squiss.mjs")),
    Contestant("boto3 pool, batch", "peer", 3_000, (_python("boto3"),), BATCH, BOTO3, does_real_jobs=True),
    Contestant("boto3 pool, single", "peer", 800, (_python("boto3"),), SINGLE, BOTO3),
    Contestant("Celery, threads", "peer", 700, (_python("celery"), _python("pycurl")), {}, (*CELERY, "-P", "threads"),
               needs_own_tasks=True),
    Contestant("Celery, prefork", "peer", 700, (_python("celery"), _python("pycurl")), {}, (*CELERY, "-P", "prefork"),
               needs_own_tasks=True),
]
ALL = [*FLOORS, LASTCALL, *PEER_LIST]


def named(words):
    """Those with one of the words in their name; all without words."""
    return [c for c in ALL if not words or any(word.lower() in c.name.lower() for word in words)]


def versions():
    def of_npm(name):
        path = PEERS / "node_modules" / name / "package.json"
        return json.loads(path.read_text())["version"] if path.exists() else "missing"

    go = re.search(r"go[\d.]+", output_of("go", "version"))
    return {"go": go.group(0)[2:] if go else "missing",
            "aws-sdk-go": package_version("golang-github-aws-aws-sdk-go-dev") or "missing",
            "aws-sdk-go-v2": package_version("golang-github-aws-aws-sdk-go-v2-dev") or "missing",
            "python": output_of(PYTHON, "--version").removeprefix("Python "),
            "boto3": package_version("python3-boto3") or "missing",
            "celery": package_version("python3-celery") or "missing",
            "node": output_of(NODE, "--version") or "missing",
            "sqs-consumer": of_npm("sqs-consumer"), "squiss-ts": of_npm("squiss-ts"), "fauxqs": of_npm("fauxqs")}
