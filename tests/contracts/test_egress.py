"""Where a browser may go: public addresses, what one list allows besides, and never to the machine itself."""

from __future__ import annotations

import ipaddress
import json

import pytest

from jobhunter_contracts.egress import EgressRule, may_connect, parse_egress, plain_address
from jobhunter_contracts.errors import InvalidMessage

EVERYTHING = [
    EgressRule(cidr="0.0.0.0/0"),
    EgressRule(cidr="::/0"),
    EgressRule(host="*.example"),
    EgressRule(host="localhost"),
]


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_reached_without_a_rule(address: str) -> None:
    assert may_connect("careers.example", ipaddress.ip_address(address), 443, [])


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.1.2.3",
        "fd00::1",
        "fec0::1",
        "2001:db8::1",
        "64:ff9b:1::1",
        "::7f00:1",
        "::10.0.0.1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::a00:1",
        "2001::1",
        "4000::1",
    ],
)
def test_other_addresses_are_not_reached_without_a_rule(address: str) -> None:
    assert not may_connect("careers.example", ipaddress.ip_address(address), 443, [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "::",
        "0.0.0.0",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:0001::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_loopback_and_the_link_are_never_reached_whatever_the_rules_say(address: str) -> None:
    assert not may_connect("x.example", ipaddress.ip_address(address), 80, EVERYTHING)
    assert not may_connect("localhost", ipaddress.ip_address(address), 80, EVERYTHING)


def test_a_rule_holds_for_its_host_and_its_ports_alone() -> None:
    private = ipaddress.ip_address("10.96.0.7")
    rules = [EgressRule(host="careers-site.careers.svc", ports=[8080])]
    assert may_connect("Careers-Site.careers.svc.", private, 8080, rules)
    assert not may_connect("careers-site.careers.svc", private, 6443, rules)
    assert not may_connect("other.careers.svc", private, 8080, rules)
    assert not may_connect("careers-site.careers.svc.evil.example", private, 8080, rules)


def test_a_star_stands_for_at_least_one_label() -> None:
    rule = EgressRule(host="*.corp.example")
    private = ipaddress.ip_address("10.0.0.1")
    assert rule.allows("a.corp.example", private, 1)
    assert rule.allows("a.b.corp.example", private, 1)
    assert not rule.allows("corp.example", private, 1)
    assert not rule.allows("evilcorp.example", private, 1)


def test_a_cidr_holds_for_its_own_family() -> None:
    rule = EgressRule(cidr="10.1.2.3/16")
    assert rule.allows("x", ipaddress.ip_address("10.1.200.1"), 1)
    assert not rule.allows("x", ipaddress.ip_address("10.2.0.1"), 1)
    assert not rule.allows("x", ipaddress.ip_address("fd00::1"), 1)


def test_a_mapped_private_address_is_judged_as_what_it_is() -> None:
    rule = EgressRule(cidr="10.0.0.0/8")
    assert may_connect("x", ipaddress.ip_address("::ffff:10.0.0.1"), 1, [rule])
    assert str(plain_address(ipaddress.ip_address("64:ff9b::a00:1"))) == "10.0.0.1"


def test_the_list_reads_back() -> None:
    rules = parse_egress(json.dumps([{"host": "a.example", "ports": [443]}, {"cidr": "10.0.0.0/8"}]))
    assert [(rule.host, rule.cidr, rule.ports) for rule in rules] == [
        ("a.example", None, [443]),
        (None, "10.0.0.0/8", []),
    ]
    assert parse_egress("") == parse_egress(" \n") == parse_egress("[]") == []


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "5",
        "null",
        '"x"',
        "{}",
        "[1]",
        "[{}]",
        '[{"host": "a", "cidr": "10.0.0.0/8"}]',
        '[{"cidr": "10.0.0.0/99"}]',
        '[{"host": ""}]',
        '[{"host": "a", "ports": [0]}]',
        '[{"host": "a", "ports": [65536]}]',
        '[{"host": "a", "ports": "443"}]',
    ],
)
def test_a_list_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse_egress(text)
    assert caught.value.where == "JOBHUNTER_EGRESS_ALLOW"
    assert "egress" in caught.value.remedy
