"""Profiles made to break whoever reads or writes them: each is refused in words, or kept, and never a 500."""

from __future__ import annotations

import time
from typing import Any

import pytest

from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_settings, problem

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
YAML = {"Content-Type": "application/yaml"}
UNFIT = ['!!int ""', "!!int _", "!!int +", '!!float ""', "!!bool maybe", "!!timestamp soon", '"\\UFFFFFFFF"']
LONG = [
    "0x" + "f" * 5000,
    "-0b" + "1" * 9000,
    "0" + "7" * 9000,
    "1" + ":59" * 3000,
    "9" * 4000,
    "{0x" + "f" * 5000 + ": 1}",
]
BOMBS = ["&a [*a]", "[" * 20_000, "{a: " * 10_000, "!!python/object/apply:os.system [id]", ".inf", "2026-13-45"]


@pytest.mark.parametrize("value", [*UNFIT, *LONG, *BOMBS], ids=lambda value: value[:24])
async def test_a_hostile_value_is_refused_in_words(gateway: Gateway, value: str) -> None:
    asha = gateway.person("asha")
    answer = await asha.call("PUT", "/api/profile", content=f"hobby: {value}\n", headers=YAML)
    said = problem(answer, 422, "invalid-profile")
    assert said["errors"]
    problem(await asha.get("/api/profile"), 404, "profile-missing")


@pytest.mark.parametrize("number", ["1" * 4000, "-" + "1" * 4000, "NaN", "Infinity", "1" * 5000, "1e999"])
async def test_a_number_without_end_is_refused_in_json(gateway: Gateway, number: str) -> None:
    asha = gateway.person("asha")
    body = f'{{"profile": {{"hobby": [{number}]}}}}'
    answer = await asha.call("PUT", "/api/profile", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "invalid-profile")


async def test_a_large_number_that_json_holds_is_kept(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    profile: dict[str, Any] = {"hobby": [2**63, -(10**300), 1.5, {"deep": [[[[0]]]]}]}
    assert (await asha.call("PUT", "/api/profile", json={"profile": profile})).status_code == 200
    assert (await asha.get("/api/profile")).json()["profile"] == profile


async def test_yaml_that_is_slow_to_read_is_refused_before_it_is_read(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    begun = time.monotonic()
    text = "x: [" + "a," * 60_000 + "]"
    problem(await asha.call("PUT", "/api/profile", content=text, headers=YAML), 413, "too-large")
    assert time.monotonic() - begun < 4
