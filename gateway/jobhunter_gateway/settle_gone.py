"""A person's word on a submission whose task is gone: into its lease, which the operator writes, then into the store.

docs/adr/0014 says why the gateway does not write the lease itself.
"""

from __future__ import annotations

import nats.errors

from jobhunter_contracts.application_task import Settlement
from jobhunter_contracts.asks import Refusal, SettleRequest
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.subjects import HEADER_ERROR, SETTLE_SUBJECT
from jobhunter_gateway import applications_table, gone_task
from jobhunter_gateway.applications_table import UNCONFIRMED, StoredApplication
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.stored_views import last_resource, stored_view
from jobhunter_gateway.tasks_table import TaskRow

_SECONDS = 10.0


def nothing_to_settle() -> Problem:
    return Problem("not-unconfirmed", "the task does not wait to be settled", remedy="Look at how it ended")


def settle_first() -> Problem:
    return Problem(
        "unsettled",
        "nobody has recorded yet whether this application was sent, and its posting is kept until somebody does",
        remedy="Say first whether it was sent, then delete it",
    )


async def settle_gone(parts: Parts, user_id: str, row: TaskRow, said: Settlement) -> None:
    """Safe to repeat. Raises Problem not-unconfirmed, Unavailable."""
    application = await _application(parts, user_id, row)
    if application is None or application.outcome != UNCONFIRMED:
        if stored_view(row, application, gone=True).settled == said:
            return
        raise nothing_to_settle()
    sent = said is Settlement.SENT
    await _write_lease(parts, user_id, row, application, sent=sent)
    async with parts.store.user(user_id) as connection:
        await gone_task.settled(connection, row.id, sent=sent)


async def refuse_unsettled(parts: Parts, user_id: str, row: TaskRow) -> None:
    """Raises Problem unsettled where nobody has said whether it was sent."""
    application = await _application(parts, user_id, row)
    if application is not None and application.outcome == UNCONFIRMED:
        raise settle_first()


async def _application(parts: Parts, user_id: str, row: TaskRow) -> StoredApplication | None:
    async with parts.store.user(user_id) as connection:
        return (await applications_table.get(connection, [row.id])).get(row.id)


async def _write_lease(parts: Parts, user_id: str, row: TaskRow, application: StoredApplication, *, sent: bool) -> None:
    task = last_resource(row)
    request = SettleRequest(
        task_uid=row.id,
        task_name=task.name if task else row.id,
        user_id=user_id,
        url=row.url or application.canonical_url or "",
        allow_duplicate=task is not None and task.spec.allow_duplicate,
        pod_uid=task.status.pod_uid if task else None,
        sent=sent,
    )
    try:
        reply = await parts.link.client.request(SETTLE_SUBJECT, request.to_json(), timeout=_SECONDS)
    except (nats.errors.Error, TimeoutError, OSError) as error:
        words = f"the operator does not answer ({type(error).__name__}): your word is not recorded"
        raise Unavailable(words, remedy="Try again in a moment") from error
    if HEADER_ERROR in (reply.headers or {}):
        raise Unavailable(f"your word is not recorded: {Refusal.from_json(reply.data).message}")
