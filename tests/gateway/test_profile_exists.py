"""Whether the store can serve a task: what the operator is told, and what the person."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts import asks
from jobhunter_contracts.subjects import (
    EVENT_STREAM,
    HEADER_ERROR,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
)
from jobhunter_gateway import tasks_table
from jobhunter_gateway.store import Store
from serving_gateway import PDF, TASK, USER, Gateway, gateway, put_profile, second, tasks

__all__ = ["gateway", "second", "tasks"]


async def state_of(link: NatsLink, user: str = USER, task: str = TASK) -> asks.ProfileState:
    query = asks.ProfileQuery(user_id=user, task_uid=task).to_json()
    reply = await link.client.request(PROFILE_EXISTS_SUBJECT, query, timeout=5)
    assert HEADER_ERROR not in (reply.headers or {}), reply.data
    return asks.ProfileState.from_json(reply.data)


async def chats(link: NatsLink) -> list[str]:
    info = await link.js.stream_info(EVENT_STREAM)
    found = []
    for number in range(1, info.state.messages + 1):
        message = await link.js.get_msg(EVENT_STREAM, number)
        assert message.subject == f"jobhunter.task.{TASK}.event.chat:message"
        found.append(str(json.loads(message.data or b"")["message"]))
    return found


async def test_the_operator_is_told_whether_a_task_can_be_served(gateway: Gateway, store: Store) -> None:
    missing = await state_of(gateway.link)
    assert missing == asks.ProfileState(exists=False, why="Profile not found. Please complete onboarding.")
    await put_profile(store, {"basics": {"name": "Asha"}})
    assert await state_of(gateway.link) == asks.ProfileState(exists=True)
    assert not (await state_of(gateway.link, "ben")).exists


async def test_a_task_whose_document_is_not_uploaded_waits_with_words(gateway: Gateway, store: Store) -> None:
    await put_profile(store, {"basics": {"name": "Asha"}, "application": {"documents": {"resume": "cv.pdf"}}})
    state = await state_of(gateway.link)
    assert not state.exists
    assert "'cv.pdf', which is not uploaded" in state.why
    told = asyncio.Event()

    async def heard(message: Any) -> None:
        assert asks.ProfileChanged.from_json(message.data).user_id == USER
        told.set()

    await gateway.link.client.subscribe(PROFILE_CHANGED_SUBJECT, cb=heard)
    await gateway.documents.add(USER, "resume", "cv.pdf", PDF)
    await asyncio.wait_for(told.wait(), 5)
    assert (await state_of(gateway.link)).exists


async def test_a_person_is_told_once_that_the_profile_is_missing(gateway: Gateway, second: Gateway) -> None:
    for _ in range(5):
        await state_of(gateway.link)
    assert await chats(gateway.link) == ["Profile not found. Please complete onboarding."]


async def test_who_asks_without_a_shape_is_refused(gateway: Gateway) -> None:
    reply = await gateway.link.client.request(PROFILE_EXISTS_SUBJECT, b"{}", timeout=5)
    assert reply.headers[HEADER_ERROR] == "invalid-message"


async def test_who_was_told_long_ago_is_not_told_again(gateway: Gateway, store: Store) -> None:
    async with store.user(USER) as connection:  # as the projector wrote it, before NATS forgot the message's id
        await tasks_table.ensure(connection, USER, TASK)
        await connection.execute(
            "INSERT INTO events (event_id, task_id, user_id, type, agent, message, data, attempt, at, published_at)"
            " VALUES ($1, $2, $3, 'chat:message', 'system', '', '{}', 0, now(), now())",
            f"{TASK}.profile-missing",
            TASK,
            USER,
        )
    assert not (await state_of(gateway.link)).exists
    assert await chats(gateway.link) == []
