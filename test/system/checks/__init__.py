"""What any SQS must do for any client: several hundred checks, written once, run by each client of clients/ against
each server of servers.py by test_checks.py.

A check is a function of a `Sqs`; its name is the promise. `@each` makes one of it for each case of a table. Where SQS
leaves the order or the moment open, a check does as well: it holds against the real service.
"""

import importlib
import inspect
import sys

CHECKS = {}

NOT_SENT_BY = {}  # by check: what the names of clients that do not run it have in them


def check(function):
    """Registers one check."""
    add(function.__name__.replace("_", " "), function, ())
    return function


def each(cases, not_sent_by=""):
    """Registers a check for each case: a table of names and what the function is given beside the `Sqs`, the items of
    a table whose names are given as well, or a list of values that name themselves. Clients that have `not_sent_by` in
    their name do not run them."""

    def register(function):
        table = cases if isinstance(cases, dict) else {
            str(case[0] if isinstance(case, tuple) else case): case for case in cases}
        for name, values in table.items():
            given = values if isinstance(values, tuple) else (values,)
            add(f"{function.__name__.replace('_', ' ')}: {name}", function, given, not_sent_by)
        return function

    return register


def add(name, function, values, not_sent_by=""):
    assert name not in CHECKS, name
    CHECKS[name] = lambda sqs: function(sqs, *values)
    inspect.signature(function).bind(None, *values)  # a table that does not fit fails here, not in the middle
    NOT_SENT_BY[name] = not_sent_by or getattr(sys.modules[function.__module__], "NOT_SENT_BY", None)


PARTS = ("queues", "attributes", "messages", "message_attributes", "receiving", "leases", "batches", "fifo",
         "dead_letters", "move_tasks", "permissions", "long_polls")
for part in PARTS:
    importlib.import_module(f"checks.{part}")
