"""The egress guard: the browser's only way out, a proxy that resolves names itself and decides before it connects.

Each connection of the browser is judged by contracts' `may_connect` on the very address that is then connected to, so that a
name which changes its mind between two look-ups gains nothing. It runs on threads of the runner's process (a child process
costs 30 MB more); the proxy itself is proxy.py, see egress_proxy.py.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from jobhunter_contracts.egress import Address, EgressRule, may_connect, plain_address
from jobhunter_contracts.errors import InvalidMessage, Unavailable
from jobhunter_contracts.runner_env import CDP_PORT

Resolver = Callable[[str, int], list[Address]]
KEPT_REFUSALS = 200


class RefusalKind(StrEnum):
    NOT_ALLOWED = "not-allowed"
    NAME_UNKNOWN = "name-unknown"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Refusal:
    """A connection that was not made. number: 1, 2 … in order. words: a sentence or two for a person, no query strings."""

    number: int
    kind: RefusalKind
    host: str
    port: int
    words: str


class ConnectionRefused(Exception):
    """Carries a refusal from the decision to the proxy's answer."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.words)


def resolve_by_system(host: str, port: int) -> list[Address]:
    """The addresses of `host`, in the system's order of preference. Raises OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(info[4][0])) for info in found]


def by_hand_option(parser: argparse.ArgumentParser) -> None:
    """--egress-allow, of each command that opens pages."""
    parser.add_argument(
        "--egress-allow",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="an address that is not public and may be reached; can be given several times",
    )


def parse_by_hand(text: str) -> tuple[str, int]:
    """HOST:PORT as --egress-allow takes it, [::1]:8000 for IPv6. Raises InvalidMessage with words."""
    host, colon, port = text.strip().rpartition(":")
    host = host.strip("[]").lower().rstrip(".")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InvalidMessage(
            f"{text!r} is not HOST:PORT", where="--egress-allow", remedy="Write it like 127.0.0.1:8080"
        )
    if int(port) == CDP_PORT:
        raise InvalidMessage(
            f"port {CDP_PORT} is the browser's own DevTools port and is never allowed",
            where="--egress-allow",
            remedy="Serve the page on another port",
        )
    return host, int(port)


def is_own_address(address: Address) -> bool:
    """Whether `address` belongs to this machine (in the cluster: to this pod); only such an address can be bound."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


class EgressGuard:
    """Decides over connections and keeps what it refused. `port` is where the browser finds it, on 127.0.0.1."""

    def __init__(
        self,
        rules: Sequence[EgressRule],
        by_hand: Sequence[tuple[str, int]] = (),
        resolve: Resolver = resolve_by_system,
    ) -> None:
        self.port = 0
        self.close_idle: Callable[[float], int] = lambda idle_seconds: (
            0
        )  # the listener's; how many connections are left
        self._rules = tuple(rules)
        self._by_hand = frozenset(by_hand)
        self._resolve = resolve
        self._refusals: deque[Refusal] = deque(maxlen=KEPT_REFUSALS)
        self._count = 0
        self._lock = threading.Lock()

    @property
    def refusals(self) -> list[Refusal]:
        """The latest refusals, oldest first."""
        with self._lock:
            return list(self._refusals)

    def refusal_of(self, host: str, port: int, after: int = 0) -> Refusal | None:
        """The latest refusal of a connection to host:port with a number above `after`."""
        host = host.strip("[]").lower().rstrip(".")
        for refusal in reversed(self.refusals):
            if refusal.number > after and (refusal.host, refusal.port) == (host, port):
                return refusal
        return None

    async def rest_connections(self, idle_seconds: float = 1.0, most_seconds: float = 2.0) -> None:
        """Close the browser's connections that carried nothing for `idle_seconds`, waiting up to `most_seconds` for the others.

        To be awaited before the press that sends an application: Chromium sends a request again, a POST too, when the kept
        connection it used for it breaks before an answer (HttpNetworkTransaction::ShouldResendRequest). On a fresh one it does
        not, so that a site that takes the application and then breaks down gets it once.
        """
        until = time.monotonic() + most_seconds
        while self.close_idle(idle_seconds) and time.monotonic() < until:  # noqa: ASYNC110 - sockets of other threads
            await asyncio.sleep(0.1)

    def addresses(self, host: str, port: int) -> list[Address]:
        """The addresses that may be connected to for host:port, resolved this once. Raises ConnectionRefused."""
        host = host.strip("[]").lower().rstrip(".")
        try:
            resolved = self._resolve(host, port)
        except (OSError, ValueError) as error:
            resolved, why = [], getattr(error, "strerror", None) or str(error)
        else:
            why = "it has no address"
        if not resolved:
            raise self._refused(
                RefusalKind.NAME_UNKNOWN,
                host,
                port,
                f"The name {host} does not resolve ({why}). Check the address for a typing error.",
            )
        allowed = [address for address in dict.fromkeys(resolved) if self._allows(host, address, port)]
        if not allowed:
            raise self._refused(RefusalKind.NOT_ALLOWED, host, port, _not_allowed_words(host, port, resolved[0]))
        return allowed

    def unreachable(self, host: str, port: int, why: str) -> ConnectionRefused:
        """What to raise where an allowed address does not answer."""
        host = host.strip("[]").lower().rstrip(".")
        return self._refused(RefusalKind.UNREACHABLE, host, port, f"{host}:{port} cannot be reached ({why}).")

    def _allows(self, host: str, address: Address, port: int) -> bool:
        own = plain_address(address).is_loopback or address.is_unspecified or is_own_address(address)
        if own and port in (CDP_PORT, self.port):
            return False
        if (host, port) in self._by_hand:
            return True
        return not own and may_connect(host, address, port, self._rules)

    def _refused(self, kind: RefusalKind, host: str, port: int, words: str) -> ConnectionRefused:
        with self._lock:
            self._count += 1
            refusal = Refusal(self._count, kind, host, port, words)
            self._refusals.append(refusal)
        return ConnectionRefused(refusal)


def _not_allowed_words(host: str, port: int, address: Address) -> str:
    shown = host if host == str(address) else f"{host} ({address})"
    plain = plain_address(address)
    by_hand = f"in a terminal run, give --egress-allow {f'[{host}]' if ':' in host else host}:{port}"
    if port == CDP_PORT and plain.is_loopback:
        return f"{shown} port {port} is the browser's own DevTools port and is never allowed."
    if (
        plain.is_loopback
        or plain.is_unspecified
        or plain.is_link_local
        or plain.is_multicast
        or is_own_address(address)
    ):
        return (
            f"{shown} port {port} is an address of the browser's own machine or network link and is not allowed. "
            f"No setting of the cluster allows it; {by_hand}."
        )
    return (
        f"{shown} port {port} is a private address and is not allowed. "
        f"To allow it, add the host or its CIDR to egress.allow in the chart; {by_hand}."
    )


@asynccontextmanager
async def egress_guard(
    rules: Sequence[EgressRule],
    *,
    port: int = 0,
    by_hand: Sequence[str] = (),
    resolve: Resolver = resolve_by_system,
) -> AsyncIterator[EgressGuard]:
    """A guard that listens on 127.0.0.1:`port` (0: any free one) for as long as the block lasts.

    by_hand: HOST:PORT strings that a person allows for this run. Raises InvalidMessage for a bad one, Unavailable where the
    port is taken.
    """
    from jobhunter_runner.egress_proxy import (
        ProxyListener,  # proxy.py is costly to import, and only who guards needs it
    )

    guard = EgressGuard(rules, [parse_by_hand(text) for text in by_hand], resolve)
    try:
        listener = ProxyListener(guard, port)
    except OSError as error:
        raise Unavailable(
            f"the egress guard cannot listen on 127.0.0.1:{port}: {error.strerror or error}",
            where="egress guard",
            remedy="End what holds the port",
        ) from error
    guard.port = listener.port
    guard.close_idle = listener.close_idle
    listener.start()
    with contextlib.closing(listener):
        yield guard
