"""moto_server, with a lock around what it does to queues: `python moto_with_a_lock.py -H 127.0.0.1 -p PORT`.

moto answers each request in a thread of its own and guards nothing. Two receives at once may get the same message; of
two deletes at once one may bring back what the other has deleted; a message that is sent meanwhile may be lost. The
lock takes away these. A long poll asks anew every POLL_S, so that it does not hold the lock while it waits; so it also
sees a group of a FIFO queue that has been unblocked meanwhile. Nothing else is changed."""

import functools
import sys
import threading
import time

import moto.server
from moto.sqs.models import SQSBackend

POLL_S = 0.02
lock = threading.RLock()


def guarded(operation):
    @functools.wraps(operation)
    def call(*args, **kwargs):
        with lock:
            return operation(*args, **kwargs)
    return call


def polling(receive):
    @functools.wraps(receive)
    def call(backend, queue_name, count, wait_seconds_timeout, *args, **kwargs):
        end = time.monotonic() + wait_seconds_timeout
        while True:
            with lock:
                found = receive(backend, queue_name, count, 0, *args, **kwargs)
            if found or time.monotonic() >= end:
                return found
            time.sleep(POLL_S)
    return call


for name, operation in list(vars(SQSBackend).items()):
    if callable(operation) and not name.startswith("_"):
        setattr(SQSBackend, name, (polling if name == "receive_message" else guarded)(operation))

sys.exit(moto.server.main())
