"""Where a browser may go: public addresses, and what one list of the chart allows besides.

The same list renders the NetworkPolicy and, as JSON in the runner's environment, its egress guard.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.wire import Message

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class EgressRule(Message):
    """Allows a host name (exact, or *.suffix) or a CIDR, on the ports named (all, if none are)."""

    host: str | None = Field(default=None, min_length=1, max_length=253)
    cidr: str | None = None
    ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one(self) -> EgressRule:
        if (self.host is None) == (self.cidr is None):
            raise ValueError("give exactly one of host and cidr")
        if self.cidr is not None:
            ipaddress.ip_network(self.cidr, strict=False)
        return self

    def allows(self, host: str, address: Address, port: int) -> bool:
        """Whether this rule lets a connection to `host`, which resolved to `address`, through."""
        if self.ports and port not in self.ports:
            return False
        if self.cidr is not None:
            network = ipaddress.ip_network(self.cidr, strict=False)
            return address.version == network.version and address in network
        name, rule = host.lower().rstrip("."), str(self.host).lower().rstrip(".")
        return name == rule or (rule.startswith("*.") and name.endswith(rule[1:]))


def parse_egress(text: str) -> list[EgressRule]:
    """Rules from the JSON list in JOBHUNTER_EGRESS_ALLOW. Raises InvalidMessage with words."""
    try:
        items = json.loads(text.strip() or "[]")
        if not isinstance(items, list):
            raise ValueError("it is not a list")
        return [EgressRule.model_validate(item) for item in items]
    except (ValueError, ValidationError) as error:
        raise InvalidMessage(
            f"not a list of egress rules: {error}",
            where="JOBHUNTER_EGRESS_ALLOW",
            remedy="See egress.allow in the chart",
        ) from error


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


def plain_address(address: Address) -> Address:
    """The IPv4 address inside a mapped, 6to4 or NAT64 IPv6 address, so that no notation hides a private one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    """Whether it is one of the Internet's. IPv6 outside 2000::/3 is not, though Python calls some of that global."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global


def may_connect(host: str, address: Address, port: int, rules: Iterable[EgressRule]) -> bool:
    """Whether a browser may connect to `address` (which `host` resolved to) on `port`.

    Loopback, link-local, multicast and unspecified addresses never, whatever the rules say.
    """
    address = plain_address(address)
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if _is_public(address):
        return True
    return any(rule.allows(host, address, port) for rule in rules)
