"""Ports on the loopback interface: whether one is free, which process uses it, and the next free one."""

import random
import socket
from typing import Final

import psutil

from shop.demo.services.errors import ServiceError

LOOPBACK = "127.0.0.1"
# Below what any system gives to outgoing connections: a port that is found free here stays so until it is used.
_QUIET: Final = (20_000, 32_000)
_dice = random.SystemRandom()
_given: set[int] = set()


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now (a connection in TIME_WAIT does not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that was free a moment ago, another one each time."""
    for _turn in range(100):
        port = _dice.randrange(*_QUIET)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, *, purpose: str, variable: str) -> None:
    """Return when the port is free.

    Raises: ServiceError naming the process (as far as this user may see it) and the variable to change.
    """
    if is_free(port):
        return
    raise ServiceError(
        f"Port {port}, meant for {purpose}, is in use by {holder(port)}. "
        f"Stop that program, or choose another port: {variable}={next_free(port)} make run"
    )


def next_free(port: int) -> int:
    """Return the first free port after this one, or any free one near the end of the range."""
    return (
        next((number for number in range(port + 1, min(port + 100, 65535)) if is_free(number)), 0)
        or free_port()
    )


def holder(port: int) -> str:
    """Name the process listening on the port; other users' processes stay anonymous."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return "another program"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
            except psutil.Error:
                break
    return "another program"
