"""The network is off while the tests run: only this computer can be reached.

What the browser may reach is ruled in tests/browser/conftest.py.
"""

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest


class NetworkIsOff(RuntimeError):
    """A test, or the program under test, tried to reach another computer."""


@pytest.fixture(scope="session", autouse=True)
def _network_off() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for way_out in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, way_out, _guarded(getattr(socket.socket, way_out)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_unless_local(arguments[-1][0])
        return original(self, *arguments)

    return guarded


def _guarded_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        _refuse_unless_local(host)
        return original(host, *arguments, **options)

    return guarded


def _refuse_unless_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not _is_loopback(name):
        raise NetworkIsOff(f"{name} was asked for; tests reach this computer only")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
