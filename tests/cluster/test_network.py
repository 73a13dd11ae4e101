"""A cluster's link takes a subnet that nobody on the machine has."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from jobhunter_dev.errors import MachineLacksSomething
from jobhunter_dev.network import CANDIDATES, Link, free_subnet


def test_a_taken_subnet_is_passed_over() -> None:
    taken = [IPv4Network("10.89.7.0/24"), IPv4Network("10.89.8.128/25"), IPv4Network("192.168.0.0/16")]
    assert free_subnet(taken, start=7) == IPv4Network("10.89.9.0/24")


def test_the_search_goes_round() -> None:
    assert free_subnet([IPv4Network("10.89.255.0/24")], start=255) == IPv4Network("10.89.0.0/24")


def test_a_machine_without_room_is_told_so() -> None:
    with pytest.raises(MachineLacksSomething, match="ip route"):
        free_subnet([CANDIDATES], start=0)


def test_host_and_node_have_the_first_two_addresses() -> None:
    link = Link("jh0", IPv4Network("10.89.7.0/24"))
    assert (link.host, link.node, link.api_server) == ("10.89.7.1", "10.89.7.2", "https://10.89.7.2:6443")
