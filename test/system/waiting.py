"""Waiting for what must come true, and no longer."""

import time


def eventually(condition, within_s=20.0, what=""):
    """Waits until the condition holds, and answers its value; fails after `within_s`."""
    end = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {within_s} s: {what or 'not yet true'} ({value!r})")
        time.sleep(0.02)


class stopwatch:
    """How long the body of a `with` took: `took_s`."""

    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.took_s = time.monotonic() - self.began
