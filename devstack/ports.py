"""Addresses of the embedded stack: default ports, how to change one, and who holds a taken one."""

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

LOOPBACK = "127.0.0.1"

DEFAULTS: dict[str, int] = {
    "portal": 8000,
    "gateway": 8001,
    "idp": 8002,
    "mail": 8003,
    "smtp": 8025,
    "nats": 8022,
    "postgres": 8032,
    "contacts": 8051,
    "campaigns": 8052,
    "tickets": 8053,
    "privacy": 8054,
}


class PortTaken(RuntimeError):
    """A port of the stack is in use; the text names it, its holder and the variable to change."""


@dataclass(frozen=True)
class Ports:
    """One port for every listener of the stack."""

    numbers: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]

    def address(self, name: str) -> str:
        return f"{LOOPBACK}:{self.numbers[name]}"


def variable(name: str) -> str:
    """The environment variable that moves a listener."""
    return f"KONTOR_PORT_{name.upper()}"


def from_environment(environment: Mapping[str, str] = os.environ) -> Ports:
    """The default ports with the overrides of `KONTOR_PORT_<NAME>`."""
    return Ports({name: _number(environment, name, default) for name, default in DEFAULTS.items()})


def free() -> Ports:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in DEFAULTS]
    numbers = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return Ports(dict(zip(DEFAULTS, numbers, strict=True)))


def free_port() -> int:
    """One port that was free a moment ago."""
    with socket.create_server((LOOPBACK, 0)) as opened:
        return int(opened.getsockname()[1])


def check(ports: Ports) -> None:
    """Raise `PortTaken` for the first port that somebody else holds."""
    for name, number in ports.numbers.items():
        if not _is_free(number):
            raise PortTaken(_explain(name, number))


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(variable(name), str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise PortTaken(f"{variable(name)} must be a port between 1 and 65535, not {text!r}.")
    return int(text)


def _is_free(number: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Our own listeners of a moment ago linger in TIME_WAIT; that is not "taken".
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def _explain(name: str, number: int) -> str:
    holder = _holder(number)
    by = f" by {holder}" if holder else ""
    return (
        f"Port {number} for {name} is taken{by}. "
        f"Stop that program, or choose another port: {variable(name)}=<port> make demo"
    )


def _holder(number: int) -> str | None:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or connection.pid is None:
            continue
        if connection.laddr and connection.laddr.port == number:
            return _describe(connection.pid)
    return None


def _describe(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return f"process {pid}"
