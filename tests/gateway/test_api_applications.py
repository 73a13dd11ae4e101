"""Applications made, their export, the sites, and what happened in a task."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import event_subject
from nats_server import nats_client
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, Person, gateway, gateway_settings, problem
from waiting import until

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
FORMULA = '=HYPERLINK("https://evil.example","Click")'


async def publish(gateway: Gateway, task_id: str, *events: Any) -> None:
    nc = await nats_client(gateway.nats_url)
    for event in events:
        await nc.jetstream().publish(event_subject(task_id, event.type), event.to_json())
    await nc.close()


async def events_of(person: Person, task_id: str, **query: Any) -> Any:
    answer = await person.get(f"/api/tasks/{task_id}/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_happened_comes_in_order_and_goes_on_where_it_was_left(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    told = [
        make_event(EventType.SYSTEM_BROWSER_READY, "ready", {}, event_id=event_id(task_id, 1, 1), agent="system"),
        make_event(EventType.CHAT_MESSAGE, "<script>alert(1)</script>", {}, event_id=event_id(task_id, 1, 2)),
        make_event(
            EventType.HITL_RESPONSE, "", {"hitl_id": "h", "response_length": 7}, event_id=event_id(task_id, 1, 3)
        ),
        make_event(
            EventType.DRAFT_REVIEW, "", {"hitl_id": "d", "digest": "x", "fields": []}, event_id=event_id(task_id, 1, 4)
        ),
    ]
    await publish(gateway, task_id, *told)

    async def stored() -> bool:
        return len((await events_of(asha, task_id))["events"]) == 3

    await until(stored)
    page = await events_of(asha, task_id)
    assert [event["type"] for event in page["events"]] == ["chat:message", "hitl:response", "draft:review"]
    assert page["next"] is None
    assert page["events"][0]["message"] == "<script>alert(1)</script>"
    assert not [event for event in page["events"] if {"response_length", "digest"} & set(event["data"])]
    first = await events_of(asha, task_id, limit=2)
    assert first["next"] == event_id(task_id, 1, 2)
    rest = await events_of(asha, task_id, after=first["next"])
    assert [event["type"] for event in rest["events"]] == ["hitl:response", "draft:review"]
    for query in ({"limit": 0}, {"limit": 501}, {"limit": "x"}, {"after": "x" * 201}):
        problem(await asha.get(f"/api/tasks/{task_id}/events", params=query), 422, "invalid-request")


async def test_applications_are_listed_and_exported_and_nothing_becomes_a_formula(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply("https://careers.example.com/jobs/7")
    outcome = Outcome(
        task_uid=task_id,
        attempt=1,
        outcome="submitted",
        reason=Reason.SUBMITTED,
        confirmation="+1 for you,\nthank you",
        canonical_url="https://careers.example.com/jobs/7",
        title=FORMULA,
        company="  @evil",
        seconds_by_stage={"fill": 2.5, "submit": 1.0},
    )
    data = outcome.model_dump(mode="json")
    await publish(
        gateway, task_id, make_event(EventType.APPLIER_COMPLETE, "done", data, event_id=complete_event_id(task_id))
    )

    async def stored() -> bool:
        return len((await asha.get("/api/applications")).json()["applications"]) == 1

    await until(stored)
    (made,) = (await asha.get("/api/applications")).json()["applications"]
    assert (made["task_id"], made["outcome"], made["title"], made["seconds"]) == (task_id, "submitted", FORMULA, 3.5)
    assert made["submitted_at"].endswith("Z")
    export = await asha.get("/api/applications", params={"format": "csv"})
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in export.headers["content-disposition"]
    (row,) = list(csv.DictReader(io.StringIO(export.text)))
    assert row["title"] == f"'{FORMULA}"
    assert row["company"] == "'  @evil"
    assert row["confirmation"] == "'+1 for you,\nthank you"
    assert row["canonical_url"] == "https://careers.example.com/jobs/7"
    problem(await asha.get("/api/applications", params={"format": "xlsx"}), 422, "invalid-request")
    (site,) = (await asha.get("/api/sites")).json()["sites"]
    assert (site["domain"], site["tasks"]) == ("careers.example.com", 1)


async def test_applications_come_in_pages(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    made = [await asha.apply() for _ in range(3)]
    for task_id in made:
        await gateway.end(task_id, "Rejected")

    async def stored() -> bool:
        return len((await asha.get("/api/applications")).json()["applications"]) == 3

    await until(stored)
    first = (await asha.get("/api/applications", params={"limit": 2})).json()
    rest = (await asha.get("/api/applications", params={"limit": 2, "before": first["next"]})).json()
    assert len(first["applications"]) == 2
    assert rest["next"] is None
    found = {application["task_id"] for page in (first, rest) for application in page["applications"]}
    assert found == set(made)
