"""The network is off while the tests run."""

import socket
from urllib.request import urlopen

import pytest

from tests.network import NetworkIsOff


def test_another_computer_cannot_be_reached():
    with socket.socket() as connection, pytest.raises(NetworkIsOff):
        connection.connect(("192.0.2.1", 80))


def test_another_computer_cannot_be_looked_up():
    with pytest.raises(NetworkIsOff):
        urlopen("https://example.org/")


def test_this_computer_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
