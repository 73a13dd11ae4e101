"""A task deleted in the middle: its lease tells whether it was, or may have been, sent, in whatever order that is heard."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from jobhunter_contracts.submission import LeaseState, SubmissionLease
from jobhunter_gateway import applications_table, gone_task, tasks_table
from jobhunter_gateway.incoming_event import read_event
from jobhunter_gateway.projection import project
from jobhunter_gateway.store import Store
from jobhunter_gateway.stored_views import stored_view
from jobhunter_gateway.submission_projector import SubmissionProjector
from jobhunter_gateway.submissions_table import SubmissionRow
from jobhunter_gateway.task_views import TaskView, calls_for_person

URL = "https://careers.example.com/jobs/1"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Heard:
    """What the store hears of a task that ran."""

    def __init__(self, store: Store, task_resource: Callable[..., Any], example_events: Any) -> None:
        self.store = store
        self._resource = task_resource("t1", "asha", status={"phase": "Running"})
        self._events = example_events
        self._revision = 0

        async def owner_of(task_uid: str) -> str | None:
            return "asha"

        link: Any = None  # no message comes over it
        self._leases = SubmissionProjector(link, store, owner_of)

    async def seen(self) -> None:
        await self.store.projected(self._resource)

    async def deleted(self) -> None:
        await self.store.removed("asha", "t1")

    async def lease(self, state: LeaseState = LeaseState.TAKEN) -> None:
        self._revision += 1
        record = SubmissionLease(
            task_uid="t1", task_name="t", pod_uid="p", nonce="0", press=1, url=URL, at=NOW, state=state
        )
        row = SubmissionRow("k.1", "t1", record.model_dump(mode="json"), self._revision, NOW)
        await self._leases._write(row)

    async def stopped(self) -> None:
        """The runner's last word as it is told to end."""
        subject, payload = self._events.complete("t1", outcome="not-submitted", reason="Cancelled", confirmation=None)
        async with self.store.user("asha") as connection:
            await project(connection, "asha", read_event(subject, payload, NOW))

    async def view(self) -> TaskView:
        async with self.store.user("asha") as connection:
            row = await tasks_table.get(connection, "t1")
            endings = await applications_table.get(connection, ["t1"])
        assert row is not None
        return stored_view(row, endings.get("t1"), gone=True)


@pytest.fixture
async def heard(store: Store, task_resource: Any, example_events: Any) -> Heard:
    heard = Heard(store, task_resource, example_events)
    await heard.seen()
    return heard


@pytest.mark.parametrize("order", list(itertools.permutations(["deleted", "lease", "stopped"])))
async def test_a_press_whose_outcome_nobody_saw_waits_for_its_persons_word(
    heard: Heard, order: tuple[str, ...]
) -> None:
    steps: dict[str, Callable[[], Awaitable[None]]] = {
        "deleted": heard.deleted,
        "lease": heard.lease,
        "stopped": heard.stopped,
    }
    for step in order:
        await steps[step]()
    view = await heard.view()
    assert (view.reason, view.phase, view.settled) == ("SubmissionUnconfirmed", "Failed", None)
    assert calls_for_person(view)
    assert "say whether it was" in view.message


async def test_what_the_lease_says_was_sent_is_submitted(heard: Heard) -> None:
    await heard.lease()
    await heard.deleted()
    await heard.lease(LeaseState.SENT)
    view = await heard.view()
    assert (view.reason, view.phase, view.message) == ("Submitted", "Succeeded", "The application was sent.")
    assert not calls_for_person(view)


@pytest.mark.parametrize("state", [None, LeaseState.REFUSED, LeaseState.NOT_SENT])
async def test_what_was_not_sent_ended_with_its_deletion(heard: Heard, state: LeaseState | None) -> None:
    if state is not None:
        await heard.lease(state)
    await heard.deleted()
    assert (await heard.view()).reason == "Deleted"


@pytest.mark.parametrize("sent", [True, False])
async def test_a_persons_word_stands_whatever_is_heard_after_it(heard: Heard, sent: bool) -> None:
    await heard.lease()
    await heard.deleted()
    async with heard.store.user("asha") as connection:
        await gone_task.settled(connection, "t1", sent=sent)
    await heard.lease(LeaseState.SENT if sent else LeaseState.NOT_SENT)
    await heard.stopped()
    view = await heard.view()
    assert (view.settled, view.status) == (("sent", "completed") if sent else ("notSent", "failed"))
    assert not calls_for_person(view)


async def test_a_lease_changes_nothing_while_its_task_is_there(heard: Heard) -> None:
    await heard.lease()
    async with heard.store.user("asha") as connection:
        assert await applications_table.get(connection, ["t1"]) == {}
