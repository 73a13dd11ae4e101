"""What a person says of a submission whose task is gone, over a real NATS: into the lease, by the operator alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from lab import refusal
from nats.aio.client import Client

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.asks import SettleRequest
from jobhunter_contracts.subjects import SETTLE_SUBJECT, SUBMISSION_BUCKET
from jobhunter_contracts.submission import LeaseState, SubmissionLease, lease_key, posting_hash
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.nats_layout import Gate
from jobhunter_operator.replies import Replies
from jobhunter_operator.settings import Settings
from jobhunter_operator.settle_service import SettleService
from jobhunter_operator.submission_leases import SubmissionLeases
from nats_server import nats_client

URL = "https://careers.example.com/jobs/1"
KEY = lease_key(posting_hash("asha", URL), 1)
TAKEN = SubmissionLease(
    task_uid="u-1", task_name="t", pod_uid="p", nonce="0", press=1, url=URL, at=datetime(2026, 1, 2, tzinfo=UTC)
)


class Settling:
    """The service at work. gate: what the operator thinks of the bucket."""

    def __init__(self, url: str) -> None:
        settings = Settings(runner_image="r", browser_image="b", session_namespaces=["jobs"], nats_url=url)
        metrics = Metrics()
        self.link, self.mirror = NatsLink("operator", settings, metrics), Mirror()
        self.gate = Gate("", "the-bucket", datetime(2026, 1, 1, tzinfo=UTC))
        leases = SubmissionLeases(lambda: self.link.js, lambda: self.gate)
        self.service = SettleService(Replies(self.link, metrics), self.mirror, leases)


@pytest.fixture
async def settling(nats_streams: Any) -> AsyncIterator[Settling]:
    settling = Settling(nats_streams.url)
    settling.link.on_connected(settling.service.start)
    await settling.link.connect()
    await settling.link.client.flush()
    yield settling
    await settling.link.close()


@pytest.fixture
async def nc(nats_streams: Any) -> AsyncIterator[Client]:
    client = await nats_client(nats_streams.url)
    bucket = await client.jetstream().key_value(SUBMISSION_BUCKET)
    await bucket.update(KEY, TAKEN.to_json(), last=0)
    yield client
    await client.close()


async def asked(nc: Client, *, sent: bool) -> Any:
    request = SettleRequest(task_uid="u-1", task_name="t", user_id="asha", url=f"{URL}/?utm_source=mail", sent=sent)
    return await nc.request(SETTLE_SUBJECT, request.to_json(), timeout=5)


async def state(nc: Client) -> LeaseState:
    bucket = await nc.jetstream().key_value(SUBMISSION_BUCKET)
    return SubmissionLease.from_json((await bucket.get(KEY)).value or b"").state


@pytest.mark.parametrize(("sent", "wanted"), [(True, LeaseState.SENT), (False, LeaseState.NOT_SENT)])
async def test_a_gone_tasks_press_is_settled_as_its_person_says(
    settling: Settling, nc: Client, sent: bool, wanted: LeaseState
) -> None:
    for _ in range(2):
        assert (await asked(nc, sent=sent)).headers is None
    assert await state(nc) is wanted


async def test_while_the_task_is_there_its_spec_says_it(settling: Settling, nc: Client) -> None:
    settling.mirror.put_task(
        {"metadata": {"name": "t", "namespace": "jobs", "uid": "u-1"}, "spec": {"userId": "asha", "url": URL}}
    )
    assert refusal(await asked(nc, sent=True)) == "unavailable"
    assert await state(nc) is LeaseState.TAKEN


async def test_records_that_were_lost_are_not_settled(settling: Settling, nc: Client) -> None:
    settling.gate = Gate("the records were lost")
    assert refusal(await asked(nc, sent=False)) == "lease-unavailable"
    assert await state(nc) is LeaseState.TAKEN
