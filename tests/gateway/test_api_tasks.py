"""Applying, looking, cancelling, settling, deleting: against the real API server, NATS and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nats.aio.msg import Msg

from jobhunter_contracts.asks import Refusal, SettleRequest
from jobhunter_contracts.subjects import HEADER_ERROR, SETTLE_SUBJECT
from jobhunter_gateway import task_blobs, task_mirror
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import make_token
from nats_server import nats_client
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, Person, gateway, gateway_of, gateway_settings, problem
from waiting import until

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
URL = "https://careers.example.com/jobs/12345"


async def test_a_job_is_applied_for(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    answer = await asha.post("/api/jobs/apply", {"url": URL})
    assert answer.status_code == 202
    body = answer.json()
    assert body == {"task_id": body["task_id"], "session_id": body["task_id"], "message": "Application queued"}
    made = await asyncio.to_thread(gateway.kubectl.get, gateway.name_of(body["task_id"]))
    assert made["metadata"]["uid"] == body["task_id"]
    assert made["metadata"]["generateName"] == "task-"
    assert made["spec"]["userId"] == asha.user_id
    assert made["spec"]["url"] == URL
    assert made["spec"]["review"] == "Required"
    assert "profileRef" not in made["spec"]


async def test_without_draft_mode_the_review_is_skipped(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply(URL, draft_mode=False, user_id=asha.user_id)
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["review"], view["source"], view["status"], view["phase"]) == ("Skip", "api", "queued", "Pending")
    assert view["session_id"] == view["task_id"] == task_id


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": URL, "user_id": "ben"}, 403, "forbidden"),
        ({}, 422, "invalid-request"),
        ({"url": ""}, 422, "invalid-request"),
        ({"url": 5}, 422, "invalid-request"),
        ({"url": "careers.example.com/jobs/1"}, 422, "invalid-url"),
        ({"url": "javascript:alert(1)"}, 422, "invalid-url"),
        ({"url": "https://asha:secret@example.com/1"}, 422, "invalid-url"),
        ({"url": "https://example.com/\u0000"}, 422, "invalid-url"),
        ({"url": "https://example.com/" + "x" * 3000}, 422, "invalid-request"),
        ({"url": URL, "draft_mode": "no"}, 422, "invalid-request"),
        ({"url": URL, "salary": 5}, 422, "invalid-request"),
        ([URL], 422, "invalid-request"),
    ],
)
async def test_a_bad_application_is_refused_in_words(gateway: Gateway, body: Any, status: int, code: str) -> None:
    asha = gateway.person("asha")
    problem(await asha.post("/api/jobs/apply", body), status, code)
    assert gateway.parts.tasks.of_user(asha.user_id) == []


async def test_what_the_api_server_refuses_is_said_with_its_words(gateway: Gateway) -> None:
    # An escape that is none: a browser would take the address, the rule in the CRD does not.
    body = {"url": "https://example.com/%zz"}
    said = problem(await gateway.person("asha").post("/api/jobs/apply", body), 422, "invalid-request")
    assert said["errors"][0]["path"] == "spec.url"
    assert "url must be an http or https address with a host" in said["detail"]


async def test_the_same_posting_is_not_applied_for_twice(gateway: Gateway) -> None:
    asha, ben = gateway.person("asha"), gateway.person("ben")
    first = await asha.apply(URL + "?b=1&a=2")
    said = problem(
        await asha.post("/api/jobs/apply", {"url": URL + "?utm_source=x&a=2&b=1"}), 409, "duplicate-application"
    )
    assert said["task_id"] == said["session_id"] == first
    await ben.apply(URL + "?a=2&b=1")


async def test_of_two_requests_at_once_one_makes_a_task(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    answers = await asyncio.gather(*(asha.post("/api/jobs/apply", {"url": URL}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    assert len(gateway.parts.tasks.of_user(asha.user_id)) == 1


@pytest.mark.parametrize(
    ("reason", "again"),
    [("Submitted", 409), ("SubmissionUnconfirmed", 409), ("Rejected", 202), ("Cancelled", 202), ("PostingClosed", 202)],
)
async def test_an_ended_task_stands_in_the_way_only_where_it_may_have_been_sent(
    gateway: Gateway, reason: str, again: int
) -> None:
    asha = gateway.person("asha")
    await gateway.end(await asha.apply(URL), reason)
    assert (await asha.post("/api/jobs/apply", {"url": URL})).status_code == again


async def test_what_was_sent_stands_in_the_way_after_its_task_is_deleted(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply(URL)
    await gateway.end(task_id, "Submitted", phase="Succeeded", canonicalUrl=URL + "?canonical=1")

    async def stored() -> bool:
        return bool((await asha.get("/api/applications")).json()["applications"])

    await until(stored)
    assert (await asha.call("DELETE", f"/api/tasks/{task_id}")).status_code == 204
    for url in (URL, URL + "?canonical=1"):
        assert (
            problem(await asha.post("/api/jobs/apply", {"url": url}), 409, "duplicate-application")["task_id"]
            == task_id
        )


async def test_a_submission_settled_as_not_sent_makes_way(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply(URL)
    problem(await asha.post(f"/api/tasks/{task_id}/settle", {"sent": True}), 409, "not-unconfirmed")
    await gateway.end(task_id, "SubmissionUnconfirmed")
    for _ in range(2):  # a repeated word is no other word
        answer = await asha.post(f"/api/tasks/{task_id}/settle", {"sent": False})
        assert (answer.status_code, answer.json()) == (200, {"status": "settled"})
    problem(await asha.post(f"/api/tasks/{task_id}/settle", {"sent": True}), 409, "not-unconfirmed")
    made = await asyncio.to_thread(gateway.kubectl.get, gateway.name_of(task_id))
    assert made["spec"]["settle"] == "notSent"
    await asha.apply(URL)


async def test_a_task_is_cancelled_and_keeps_its_record(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    answer = await asha.post(f"/api/tasks/{task_id}/cancel")
    assert (answer.status_code, answer.json()) == (200, {"status": "cancelling"})
    assert (await asha.get(f"/api/tasks/{task_id}")).json()["cancelled"] is True
    assert (await asyncio.to_thread(gateway.kubectl.get, gateway.name_of(task_id)))["spec"]["cancel"] is True
    await gateway.end(task_id, "Cancelled")
    problem(await asha.post(f"/api/tasks/{task_id}/cancel"), 409, "ended")


async def test_a_deleted_task_is_shown_from_the_store(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    kept, deleted = await asha.apply(), await asha.apply()
    await gateway.end(deleted, "Submitted", phase="Succeeded", confirmation="Thank you", ats="greenhouse")
    assert (await asha.call("DELETE", f"/api/tasks/{deleted}")).status_code == 204
    assert (await asyncio.to_thread(gateway.kubectl, "get", "apptask", "-o", "name")).stdout.count("task-")

    async def stored() -> bool:
        return (await asha.get(f"/api/tasks/{deleted}")).json().get("deleted") is True

    await until(stored)
    view = (await asha.get(f"/api/tasks/{deleted}")).json()
    assert (view["status"], view["reason"], view["result"]["outcome"]) == ("completed", "Submitted", "submitted")
    assert view["result"]["confirmation"] == "Thank you"
    assert {task["task_id"] for task in (await asha.get("/api/tasks")).json()["tasks"]} == {kept, deleted}
    problem(await asha.post(f"/api/tasks/{deleted}/cancel"), 409, "ended")
    assert (await asha.call("DELETE", f"/api/tasks/{deleted}")).status_code == 204


async def test_a_task_deleted_while_no_gateway_looked_does_not_run_for_ever(
    gateway_settings: Settings, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_mirror, "CLOCKS_DIFFER", timedelta(seconds=-5))  # the API server's times are whole seconds
    async with gateway_of(gateway_settings, kubectl) as gateway:
        asha = gateway.person("asha")
        task_id = await asha.apply()
        name = gateway.name_of(task_id)

        async def stored() -> bool:
            async with gateway.parts.store.user(asha.user_id) as connection:
                return bool(await connection.fetchval("SELECT true FROM tasks WHERE id = $1", task_id))

        await until(stored)
    await asyncio.to_thread(kubectl.do, "delete", "apptask", name, "--wait=false")
    async with gateway_of(gateway_settings, kubectl) as gateway:
        again = replace(asha, client=gateway.client)
        (task,) = (await again.get("/api/tasks", params={"state": "ended"})).json()["tasks"]
        assert (task["task_id"], task["status"], task["deleted"], task["reason"]) == (
            task_id,
            "failed",
            True,
            "Deleted",
        )


@asynccontextmanager
async def settling_operator(gateway: Gateway, *, refuses: bool = False) -> AsyncIterator[list[SettleRequest]]:
    """An operator that settles leases, or cannot; what it was asked."""
    asked: list[SettleRequest] = []
    nc = await nats_client(gateway.nats_url)

    async def answer(message: Msg) -> None:
        asked.append(SettleRequest.from_json(message.data))
        refusal = Refusal(code="lease-unavailable", message="the records were lost").to_json()
        headers = {HEADER_ERROR: "lease-unavailable"} if refuses else None
        await nc.publish(message.reply, refusal if refuses else b"", headers=headers)

    await nc.subscribe(SETTLE_SUBJECT, cb=answer)
    await nc.flush()
    yield asked
    await nc.close()


async def unconfirmed_and_gone(gateway: Gateway) -> tuple[Person, str]:
    """A task that ended unconfirmed, and went by its ttlSecondsAfterFinished, or by kubectl."""
    asha = gateway.person("asha")
    task_id = await asha.apply(URL)
    await gateway.end(task_id, "SubmissionUnconfirmed", outcome="unconfirmed")
    name = gateway.name_of(task_id)
    await asyncio.to_thread(gateway.kubectl.do, "delete", "apptask", name, "--wait=false")

    async def gone() -> bool:
        view = (await asha.get(f"/api/tasks/{task_id}")).json()
        return bool(view["deleted"] and view["result"])

    await until(gone)
    return asha, task_id


@pytest.mark.parametrize(("sent", "again"), [(True, 409), (False, 202)])
async def test_an_unconfirmed_submission_is_settled_though_its_task_is_gone(
    gateway: Gateway, sent: bool, again: int
) -> None:
    asha, task_id = await unconfirmed_and_gone(gateway)
    (waiting,) = (await asha.get("/api/tasks", params={"state": "waiting"})).json()["tasks"]
    assert (waiting["task_id"], waiting["settled"], waiting["deleted"]) == (task_id, None, True)
    assert "kubectl" not in waiting["message"]
    problem(await asha.call("DELETE", f"/api/tasks/{task_id}"), 409, "unsettled")
    async with settling_operator(gateway) as asked:
        for _ in range(2):  # a repeated word is no other word
            answer = await asha.post(f"/api/tasks/{task_id}/settle", {"sent": sent})
            assert (answer.status_code, answer.json()) == (200, {"status": "settled"})
    assert [(one.task_uid, one.user_id, one.url, one.sent) for one in asked] == [(task_id, asha.user_id, URL, sent)]
    problem(await asha.post(f"/api/tasks/{task_id}/settle", {"sent": not sent}), 409, "not-unconfirmed")
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["settled"], view["status"], view["result"]["outcome"]) == (
        ("sent", "completed", "submitted") if sent else ("notSent", "failed", "not-sent")
    )
    assert (await asha.get("/api/tasks", params={"state": "waiting"})).json()["tasks"] == []
    assert (await asha.call("DELETE", f"/api/tasks/{task_id}")).status_code == 204
    assert (await asha.post("/api/jobs/apply", {"url": URL})).status_code == again


async def test_a_word_that_the_operator_cannot_write_down_is_not_taken(gateway: Gateway) -> None:
    asha, task_id = await unconfirmed_and_gone(gateway)
    problem(await asha.post(f"/api/tasks/{task_id}/settle", {"sent": False}), 503, "unavailable")
    async with settling_operator(gateway, refuses=True):
        said = problem(await asha.post(f"/api/tasks/{task_id}/settle", {"sent": False}), 503, "unavailable")
    assert "the records were lost" in said["detail"]
    assert (await asha.get(f"/api/tasks/{task_id}")).json()["settled"] is None
    problem(await asha.post("/api/jobs/apply", {"url": URL}), 409, "duplicate-application")


async def test_who_deletes_a_task_deletes_its_pictures_with_it(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply(URL)
    async with gateway.parts.store.user(asha.user_id) as connection:
        await task_blobs.put(connection, asha.user_id, task_id, "draft.jpg", b"\xff\xd8\xff a picture")
    assert (await asha.get(f"/api/tasks/{task_id}/pictures/draft")).status_code == 200
    assert (await asha.call("DELETE", f"/api/tasks/{task_id}")).status_code == 204
    problem(await asha.get(f"/api/tasks/{task_id}/pictures/draft"), 404, "not-found")
    async with gateway.parts.store.user(asha.user_id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM task_blobs") == 0


async def test_a_user_whom_no_task_can_name_is_told_so(gateway: Gateway) -> None:
    token = make_token("asha rao", gateway.parts.settings)
    spaced = Person("asha rao", gateway.client, token)
    assert (
        "128 characters"
        in problem(await spaced.post("/api/jobs/apply", {"url": URL}), 422, "invalid-request")["detail"]
    )


async def test_tasks_come_in_pages_newest_first(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    made = [await asha.apply() for _ in range(5)]
    await gateway.end(made[1], "Rejected")
    await gateway.end(made[3], "Submitted", phase="Succeeded")
    await until(lambda: len(gateway.parts.tasks.of_user(asha.user_id)) == 5)
    found: list[str] = []
    before: str | None = None
    for _ in range(6):
        page = (await asha.get("/api/tasks", params={"limit": 2} | ({"before": before} if before else {}))).json()
        found += [task["task_id"] for task in page["tasks"]]
        before = page["next"]
        if before is None:
            break
    assert sorted(found) == sorted(made)
    assert len(found) == 5
    created = [gateway.parts.tasks.get(uid).metadata["creationTimestamp"] for uid in found]  # type: ignore[union-attr] # it is there
    assert created == sorted(created, reverse=True)
    ended = (await asha.get("/api/tasks", params={"state": "ended"})).json()["tasks"]
    assert {task["task_id"] for task in ended} == {made[1], made[3]}
    active = (await asha.get("/api/tasks", params={"state": "active"})).json()["tasks"]
    assert {task["task_id"] for task in active} == {made[0], made[2], made[4]}


async def test_a_task_shows_what_the_operator_wrote(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    waits = "Profile not found. Please complete onboarding."
    admitted = {
        "type": "Admitted",
        "status": "False",
        "reason": "ProfileMissing",
        "message": waits,
        "lastTransitionTime": "2026-11-21T10:00:00Z",
    }
    await gateway.status(
        task_id,
        {"conditions": [admitted], "phase": "Queued", "reason": "ProfileMissing", "site": "careers.example.com"},
    )
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["phase"], view["reason"], view["message"]) == ("Queued", "ProfileMissing", waits)
    assert view["conditions"] == [
        {k: v for k, v in admitted.items() if k != "lastTransitionTime"} | {"at": "2026-11-21T10:00:00Z"}
    ]
    assert view["site"] == "careers.example.com"


async def test_a_manifests_task_is_its_users_too(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    manifest = {
        "apiVersion": "jobhunter.dev/v1alpha1",
        "kind": "ApplicationTask",
        "metadata": {"name": f"by-hand-{asha.user_id}"},
        "spec": {"userId": asha.user_id, "url": URL, "profileRef": {"name": "asha"}},
    }
    said = await asyncio.to_thread(gateway.kubectl.apply, manifest)
    assert said.returncode == 0, said.stderr
    await until(lambda: len(gateway.parts.tasks.of_user(asha.user_id)) == 1)
    (task,) = (await asha.get("/api/tasks")).json()["tasks"]
    assert task["source"] == "kubectl"
