"""A Celery app on SQS: acks late, so that a killed worker's jobs come again. Sends its own tasks with `fill N`."""

import os
import sys
import time
import urllib.parse

from celery import Celery

endpoint = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
JOB_S = int(os.environ.get("BENCH_JOB_MS", "0")) / 1000
JOURNAL = os.environ.get("BENCH_JOURNAL")
journal = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if JOURNAL else None

app = Celery("bench", broker=f"sqs://bench:bench@{endpoint.netloc}//")
app.conf.update(
    task_default_queue=os.environ["BENCH_QUEUE_URL"].rsplit("/", 1)[1],
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_transport_options={
        "is_secure": False, "region": "us-east-1", "wait_time_seconds": 20, "polling_interval": 0,
        "predefined_queues": {os.environ["BENCH_QUEUE_URL"].rsplit("/", 1)[1]: {
            "url": os.environ["BENCH_QUEUE_URL"], "access_key_id": "bench", "secret_access_key": "bench"}}})


def note(mark, task_id):
    if journal is not None:
        os.write(journal, f"{mark} {task_id} {time.time_ns() // 1000}\n".encode())


@app.task(bind=True, name="bench.job")
def job(self, payload):
    note("S", self.request.id)
    if JOB_S:
        time.sleep(JOB_S)
    note("E", self.request.id)


if __name__ == "__main__":
    payload = "x" * 600  # with Celery's own headers about 1 KiB
    for number in range(int(sys.argv[2])):
        job.delay(payload)
