"""What the gateway can have of a task with a profileRef: draft and confirmation, from the Secrets the task owns."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lab import URL, Lab, Runner, refusal, with_profile
from memory_api import SECRETS
from nats.aio.client import Client
from nats.aio.msg import Msg

from jobhunter_contracts import asks
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_SHA256,
    HEADER_SIZE,
    kept_subject,
)
from nats_server import nats_client

TABLE = Draft.model_validate(
    {"url": URL, "digest": "d", "fields": [{"label": "x" * 100, "value": "y" * 100, "source": "profile"}] * 1000}
).to_json()


@pytest.fixture
def lab(nats_server: Any) -> Lab:
    return with_profile(nats_server.url)


@pytest.fixture
async def nc(nats_server: Any) -> AsyncIterator[Client]:
    client = await nats_client(nats_server.url)
    yield client
    await client.close()


async def got(nc: Client, uid: str, blob: str, offset: int = 0, operation: str = "get") -> Msg:
    headers = {HEADER_OPERATION: operation, HEADER_BLOB: blob, HEADER_OFFSET: str(offset)}
    return await nc.request(kept_subject(uid), b"", timeout=5, headers=headers)


async def test_the_draft_and_the_confirmation_are_given_in_chunks_after_the_end_too(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        assert refusal(await got(nc, uid, asks.DRAFT_TABLE_BLOB)) == "not-found", "nothing is kept yet"
        await runner.put(asks.DRAFT_TABLE_BLOB, TABLE)
        await runner.complete(Reason.REJECTED)
        await lab.ended()
        first = await got(nc, uid, asks.DRAFT_TABLE_BLOB)
        second = await got(nc, uid, asks.DRAFT_TABLE_BLOB, BLOB_CHUNK)
        assert first.data + second.data == TABLE
        headers = first.headers or {}
        assert headers[HEADER_SIZE] == str(len(TABLE))
        assert headers[HEADER_SHA256] == hashlib.sha256(TABLE).hexdigest()
        assert refusal(await got(nc, uid, asks.DRAFT_PICTURE_BLOB)) == "not-found"
        assert refusal(await got(nc, uid, asks.CONFIRMATION_BLOB)) == "not-found"


async def test_nothing_else_is_given_and_nothing_is_taken(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        await runner.put(asks.DRAFT_TABLE_BLOB, TABLE)
        for blob in ("", "profile.yaml", asks.document_blob("cv.pdf"), "../p", "draft"):
            assert refusal(await got(nc, uid, blob)) == "not-found"
        assert refusal(await got(nc, "nobody", asks.DRAFT_TABLE_BLOB)) == "not-found"
        assert refusal(await got(nc, uid, asks.DRAFT_TABLE_BLOB, operation="put")) == "invalid-message"
        assert refusal(await got(nc, uid, asks.DRAFT_TABLE_BLOB, offset=len(TABLE) + 1)) == "invalid-message"
        assert base64.b64decode(lab.kube.objects[f"{SECRETS}/t-draft"]["data"]["draft.json"]) == TABLE


async def test_a_secret_that_is_not_the_task_s_own_is_not_given(lab: Lab, nc: Client) -> None:
    """Of an earlier task of this name, or anybody's."""
    encoded = base64.b64encode(TABLE).decode()
    lab.kube.add(
        SECRETS, {"metadata": {"name": "t-draft", "ownerReferences": [{"uid": "x"}]}, "data": {"draft.json": encoded}}
    )
    async with lab.operator():
        uid = lab.apply()
        await lab.bound()
        assert refusal(await got(nc, uid, asks.DRAFT_TABLE_BLOB)) == "not-found"
        stored = lab.apply("stored", profileRef=None)
        assert refusal(await got(nc, stored, asks.DRAFT_TABLE_BLOB)) == "not-found"
