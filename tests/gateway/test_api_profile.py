"""The profile by API: JSON and YAML, guarded by its revision, refused by name, and the operator hears of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import yaml

from jobhunter_contracts.asks import ProfileChanged
from jobhunter_contracts.subjects import PROFILE_CHANGED_SUBJECT
from nats_server import nats_client
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_settings, problem

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
YAML = {"Content-Type": "application/yaml"}


async def test_a_profile_is_put_and_read(gateway: Gateway, profile_data: dict[str, Any]) -> None:
    asha, ben = gateway.person("asha"), gateway.person("ben")
    problem(await asha.get("/api/profile"), 404, "profile-missing")
    profile_data["hobbies"] = [{"name": "chess", "years": 3}]
    put = await asha.call("PUT", "/api/profile", json={"profile": profile_data})
    assert put.status_code == 200, put.text
    got = await asha.get("/api/profile")
    assert got.json()["profile"] == profile_data
    assert (got.json()["revision"], got.headers["etag"]) == (1, '"1"')
    assert got.headers["cache-control"] == "no-store"
    problem(await ben.get("/api/profile"), 404, "profile-missing")


async def test_a_profile_goes_in_and_out_as_yaml(gateway: Gateway, profile_data: dict[str, Any]) -> None:
    asha = gateway.person("asha")
    text = "# a comment\n" + yaml.safe_dump(profile_data) + "birthday: 1990-05-01\n"
    put = await asha.call("PUT", "/api/profile", content=text, headers=YAML | {"Accept": "application/yaml"})
    assert put.status_code == 200, put.text
    got = await asha.get("/api/profile", headers={"Accept": "application/yaml"})
    assert got.headers["content-type"] == "application/yaml; charset=utf-8"
    assert yaml.safe_load(got.text) == profile_data | {"birthday": "1990-05-01"}


async def test_of_two_who_change_it_the_second_is_told(gateway: Gateway, profile_data: dict[str, Any]) -> None:
    asha = gateway.person("asha")

    async def put(if_match: str) -> int:
        answer = await asha.call("PUT", "/api/profile", json={"profile": profile_data}, headers={"If-Match": if_match})
        return answer.status_code

    assert await put("*") == 412
    assert (await asha.call("PUT", "/api/profile", json={"profile": profile_data})).status_code == 200
    assert await put('"1"') == 200
    assert await put('"1"') == 412
    assert await put('W/"2"') == 412
    assert await put("nonsense") == 412
    assert await put('"7", "2"') == 200
    assert await put("*") == 200
    assert sorted(await asyncio.gather(put('"4"'), put('"4"'))) == [200, 412]


@pytest.mark.parametrize(
    ("profile", "path", "words"),
    [
        ({"application": {"salary": 5}}, "application.salary", "unknown key"),
        ({"application": {"consents": {"spam": True}}}, "application.consents.spam", "unknown key"),
        ({"application": {"work_authorization": {"usa": "citizen"}}}, "application.work_authorization", "ISO country"),
        ({"basics": {"email": "nobody"}}, "basics.email", "not an e-mail address"),
        ({"basics": {"name": 5}}, "basics.name", "not a text"),
        ({}, "", "empty"),
        ([], "", "empty"),
        (None, "", "empty"),
        ("text", "", "empty"),
    ],
)
async def test_a_bad_profile_is_refused_by_name(gateway: Gateway, profile: Any, path: str, words: str) -> None:
    asha = gateway.person("asha")
    said = problem(await asha.call("PUT", "/api/profile", json={"profile": profile}), 422, "invalid-profile")
    assert [(fault["path"], words in fault["message"]) for fault in said["errors"]] == [(path, True)]
    problem(await asha.get("/api/profile"), 404, "profile-missing")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"a: &a [x, x]\nb: *a\n", YAML, 422, "invalid-profile"),
        (b"a: &a {b: [*a]}", YAML, 422, "invalid-profile"),
        (b"[" * 20_000, YAML, 422, "invalid-profile"),
        (b"basics: !!python/object/apply:os.system [ls]", YAML, 422, "invalid-profile"),
        (b"photo: !!binary gIGC\n", YAML, 422, "invalid-profile"),
        (b"born: 2026-13-45\n", YAML, 422, "invalid-profile"),
        (b"x: .inf\n", YAML, 422, "invalid-profile"),
        (b"\xff\xfe\x00", YAML, 422, "invalid-profile"),
        (b"x: " + b"y" * 300_000, YAML, 413, "too-large"),
        (b'{"profile": {"x": NaN}}', {"Content-Type": "application/json"}, 422, "invalid-profile"),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 422, "invalid-profile"),
        (b'{"basics": {}}', {"Content-Type": "application/json"}, 422, "invalid-profile"),
        (b"{", {"Content-Type": "application/json"}, 422, "invalid-profile"),
        (b"<x/>", {"Content-Type": "text/xml"}, 415, "unsupported-media-type"),
        (b"x", {}, 415, "unsupported-media-type"),
    ],
)
async def test_what_is_no_profile_is_refused(
    gateway: Gateway, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    asha = gateway.person("asha")
    problem(await asha.call("PUT", "/api/profile", content=body, headers=headers), status, code)


async def test_text_that_the_store_cannot_hold_is_mended(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    body = json.dumps({"profile": {"basics": {"summary": "a\u0000b"}, "note": "half \ud83d of a pair"}})
    put = await asha.call("PUT", "/api/profile", content=body, headers={"Content-Type": "application/json"})
    assert put.status_code in (200, 422), put.text
    if put.status_code == 200:
        assert "\u0000" not in (await asha.get("/api/profile")).json()["profile"]["basics"]["summary"]


async def test_the_operator_hears_of_a_new_profile(gateway: Gateway, profile_data: dict[str, Any]) -> None:
    asha = gateway.person("asha")
    nc = await nats_client(gateway.nats_url)
    heard = await nc.subscribe(PROFILE_CHANGED_SUBJECT)
    await nc.flush()
    await asha.call("PUT", "/api/profile", json={"profile": profile_data})
    message = await heard.next_msg(5)
    assert ProfileChanged.from_json(message.data).user_id == asha.user_id
    await nc.close()
