"""Every check of checks/ by every client of clients/ on lastcall's server; and by one of each protocol on moto, where
the checks that fail must be those that differences.py explains."""

import pytest

import clients
import differences
import servers
from checks import CHECKS, NOT_SENT_BY
from checks.sqs import Sqs


def pairs(names):
    """All clients and checks; left out is what a client would not send."""
    for client in names:
        for name in CHECKS:
            left_out = NOT_SENT_BY.get(name)
            if not left_out or left_out not in client:
                yield pytest.param(client, name, id=f"{client}: {name}")


@pytest.fixture(scope="session")
def client_of(running):
    """Clients by name and server, each started when first asked for."""
    commands, started = {}, {}

    def command_of(client):
        try:
            return clients.COMMANDS[client]()
        except servers.Missing as why:
            return str(why)

    def get(client, server):
        if client not in commands:
            commands[client] = command_of(client)
        if isinstance(commands[client], str):
            pytest.skip(commands[client])
        endpoint = running(server).endpoint
        if (client, server) not in started:
            started[client, server] = clients.Client(commands[client], endpoint)
        return started[client, server], lambda: clients.Client(commands[client], endpoint)

    yield get
    for process in started.values():
        process.end()


def speaks_json(client):
    return "Debian" not in client


def run(client_of, client, server, check):
    sqs = Sqs(*client_of(client, server), speaks_json(client))
    try:
        CHECKS[check](sqs)
    finally:
        sqs.end()


@pytest.mark.parametrize("client, check", pairs(clients.COMMANDS))
def test_lastcall(client_of, client, check):
    run(client_of, client, "embedded", check)


@pytest.mark.parametrize("client, check", pairs(["boto3", "boto3 of Debian"]))
def test_moto(client_of, client, check):
    difference = differences.why(check, speaks_json(client))
    try:
        run(client_of, client, "moto", check)
    except Exception:
        if difference is None:
            raise
    else:
        assert difference is None, f"moto passes this, which is listed as: {difference.moto}"


def test_each_difference_is_shown_by_a_check():
    for difference in differences.DIFFERENCES:
        for listed in difference.checks:
            assert any(differences.matches(listed, name) for name in CHECKS), listed
