"""A worker as one writes it with boto3: receivers that long-poll, a pool of threads for the jobs.

One thread receives ten at a time and hands them to the pool. Single: each job deletes its own message. Batch: a
thread collects what is done and deletes ten at a time. On SIGTERM receiving ends, what was received is finished.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import urllib3
from botocore.config import Config

URL = os.environ["BENCH_QUEUE_URL"]
CONCURRENCY = int(os.environ["BENCH_CONCURRENCY"])
JOB_S = int(os.environ["BENCH_JOB_MS"]) / 1000
COMMAND = os.environ.get("BENCH_EXEC")
POST_TO = os.environ.get("BENCH_HTTP")
BATCH = os.environ["BENCH_DELETE"] == "batch"
JOURNAL = os.environ.get("BENCH_JOURNAL")
RECEIVERS = max(1, min(4, CONCURRENCY // 10))

sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"],
                   config=Config(max_pool_connections=CONCURRENCY + RECEIVERS + 1, retries={"mode": "standard"}))
application = urllib3.PoolManager(maxsize=CONCURRENCY)
journal = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if JOURNAL else None
slots = threading.Semaphore(CONCURRENCY)
stopping = threading.Event()
done = queue.SimpleQueue()


def note(mark, message):
    if journal is not None:
        os.write(journal, f"{mark} {message['MessageId']} {time.time_ns() // 1000}\n".encode())


def run(message):
    try:
        note("S", message)
        if COMMAND:
            subprocess.run([COMMAND], input=message["Body"].encode(), check=True)
        elif POST_TO:
            if application.request("POST", POST_TO, body=message["Body"].encode()).status != 200:
                return
        elif JOB_S:
            time.sleep(JOB_S)
        note("E", message)
        if BATCH:
            done.put(message["ReceiptHandle"])
        else:
            sqs.delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])
    finally:
        slots.release()


def receive(pool):
    while not stopping.is_set():
        # No more is asked for than can start.
        slots.acquire()
        free = 1
        while free < 10 and slots.acquire(blocking=False):
            free += 1
        messages = sqs.receive_message(QueueUrl=URL, MaxNumberOfMessages=free, WaitTimeSeconds=20,
                                       AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages", [])
        for _ in range(free - len(messages)):
            slots.release()
        for message in messages:
            pool.submit(run, message)


def delete_batches():
    ended = False
    while not ended:
        handles = [done.get()]
        until = time.monotonic() + 0.01
        while len(handles) < 10 and handles[-1] is not None:
            try:
                handles.append(done.get(timeout=max(0, until - time.monotonic())))
            except queue.Empty:
                break
        ended = handles[-1] is None
        entries = [{"Id": str(i), "ReceiptHandle": handle} for i, handle in enumerate(handles) if handle]
        if entries:
            sqs.delete_message_batch(QueueUrl=URL, Entries=entries)


def main():
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    deleter = threading.Thread(target=delete_batches)
    deleter.start()
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        receivers = [threading.Thread(target=receive, args=(pool,)) for _ in range(RECEIVERS)]
        for thread in receivers:
            thread.start()
        for thread in receivers:
            while thread.is_alive():
                thread.join(0.1)
    done.put(None)
    deleter.join()


sys.exit(main())
