"""Ports for servers that are told one: free when asked for, and left alone by everyone else until they are used."""

import itertools
import os
import random
import socket

# Below those that the kernel gives away (net.ipv4.ip_local_port_range, from 32768): from there any connection may
# take a port between our question and the server's bind, or while the server is started again; and whoever asks at
# such a port whether the server listens yet may be connected to himself. Each worker of xdist has its own ports, and
# none comes again soon.
FIRST, EACH = 10_000, 2_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_first = FIRST + _worker % 10 * EACH
_start = random.randrange(EACH)
_candidates = itertools.cycle(_first + (_start + n) % EACH for n in range(EACH))


def free_port():
    for port in itertools.islice(_candidates, EACH):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError(f"no port is free from {_first} to {_first + EACH - 1}")
