"""The one link between the host and the cluster's network namespace.

The namespace has no other: its default route is a blackhole, so nothing in the cluster reaches beyond this machine,
whatever the host forwards.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
from dataclasses import dataclass

from .command import output_of
from .errors import ClusterUnwell, MachineLacksSomething, StepFailed
from .home import Home, write_whole

CANDIDATES = ipaddress.IPv4Network("10.89.0.0/16")
"""Where a link's /24 is taken from."""


@dataclass(frozen=True)
class Link:
    """A veth pair and its /24: the host has the first address, the node the second."""

    name: str
    subnet: ipaddress.IPv4Network

    @property
    def host(self) -> str:
        """The host's address."""
        return str(self.subnet[1])

    @property
    def node(self) -> str:
        """The node's address."""
        return str(self.subnet[2])

    @property
    def api_server(self) -> str:
        """The API server's URL."""
        return f"https://{self.node}:6443"


def link_of(home: Home) -> Link:
    """This cluster's link: the subnet that it had before if that is still free, else the first free one."""
    name = f"jh{home.ident}"
    record = home.path / "subnet"
    taken = _networks_in_use(name)
    if record.exists():
        before = ipaddress.IPv4Network(record.read_text())
        if not any(before.overlaps(other) for other in taken):
            return Link(name, before)
    subnet = free_subnet(taken, start=int(home.ident, 16))
    write_whole(record, str(subnet))
    return Link(name, subnet)


def free_subnet(taken: list[ipaddress.IPv4Network], start: int) -> ipaddress.IPv4Network:
    """The first /24 of CANDIDATES, counted from ``start``, that overlaps nothing taken."""
    subnets = list(CANDIDATES.subnets(new_prefix=24))
    for offset in range(len(subnets)):
        subnet = subnets[(start + offset) % len(subnets)]
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise MachineLacksSomething(
        f"Every /24 of {CANDIDATES} is in use on this machine.", "Free one: `ip route` shows who has it."
    )


def connect(link: Link, pid: int) -> None:
    """Makes the pair, its far end (eth0) in the network namespace of process ``pid``."""
    output_of(["ip", "link", "add", link.name, "type", "veth", "peer", "name", "eth0", "netns", str(pid)])
    output_of(["ip", "addr", "add", f"{link.host}/{link.subnet.prefixlen}", "dev", link.name])
    output_of(["ip", "link", "set", link.name, "up"])


def exists(link_name: str) -> bool:
    """Whether the host's end is there."""
    return any(entry.get("ifname") == link_name for entry in json.loads(output_of(["ip", "-json", "link"])))


def remove(link_name: str) -> None:
    """Deletes the pair if it is there. The kernel may be doing so at the same time, its namespace being gone."""
    for _ in range(50):
        if not exists(link_name):
            return
        with contextlib.suppress(StepFailed):
            output_of(["ip", "link", "delete", link_name])
    raise ClusterUnwell(f"The link {link_name} cannot be deleted.", "Try `ip link delete` by hand.")


def configure_node_side(link: Link) -> None:
    """Run inside the namespace, once eth0 is there."""
    output_of(["ip", "link", "set", "lo", "up"])
    output_of(["ip", "addr", "add", f"{link.node}/{link.subnet.prefixlen}", "dev", "eth0"])
    output_of(["ip", "link", "set", "eth0", "up"])
    output_of(["ip", "route", "add", "blackhole", "default"])


def _networks_in_use(own_link: str) -> list[ipaddress.IPv4Network]:
    """What the host routes or owns, apart from this cluster's own link and the default route."""
    taken = list[ipaddress.IPv4Network]()
    for route in json.loads(output_of(["ip", "-json", "-4", "route"])):
        if route["dst"] != "default" and route.get("dev") != own_link:
            taken.append(ipaddress.IPv4Network(route["dst"], strict=False))
    return taken
