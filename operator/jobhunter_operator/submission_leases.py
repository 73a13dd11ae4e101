"""The submission leases, as the operator reads them, and writes them where a person settles a task."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import nats.errors
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError
from nats.js.kv import KV_MARKER_REASON, KV_OP

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import InvalidMessage, InvalidUrl, JobHunterError, LeaseUnavailable
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_contracts.subjects import SUBMISSION_BUCKET
from jobhunter_contracts.submission import (
    BLOCKING,
    MAX_PRESSES,
    LeaseState,
    SubmissionLease,
    TaskPostings,
    lease_key,
    posting_hash,
    task_postings_key,
)
from jobhunter_operator.nats_layout import SUBMISSION_STREAM, Gate
from jobhunter_operator.observed import LeaseView

_NO_MESSAGE = 10037  # JetStream error code: there is no message on the subject


class SubmissionLeases:
    """Readable only while the gate is open: a bucket that lost its records says nothing."""

    def __init__(self, js: Callable[[], JetStreamContext], gate: Callable[[], Gate]) -> None:
        self._js = js
        self._gate = gate

    async def view(self, task: ApplicationTask) -> LeaseView:
        """What the leases say of the task; `why` is set where they cannot be read."""
        gate = self._gate()
        if gate.why:
            return LeaseView(why=gate.why)
        try:
            postings, own = await asyncio.gather(self._postings(task.uid), self._presses(_own_posting(task)))
            presses = {own_key: lease for own_key, (_, lease) in own.items()}
            for posting in postings:
                presses |= {key: lease for key, (_, lease) in (await self._presses(posting)).items()}
        except (JobHunterError, nats.errors.Error, TimeoutError, OSError) as error:
            return LeaseView(why=f"The submission records cannot be read: {error or type(error).__name__}")
        if self._gate() != gate:
            return LeaseView(why="The submission records changed while they were read.")
        mine = sorted((lease for lease in presses.values() if lease.task_uid == task.uid), key=lambda lease: lease.at)
        blocking = BLOCKING | {LeaseState.PRESS_AGAIN}  # which only its own task was told to do
        others = [lease for _, lease in own.values() if lease.task_uid != task.uid and lease.state in blocking]
        return LeaseView(since=gate.created, mine=tuple(mine), others=tuple(others))

    async def settle(self, task: ApplicationTask, *, sent: bool) -> None:
        """The person's word on the task's unconfirmed presses. Raises LeaseUnavailable or nats.errors.Error."""
        if self._gate().why:
            raise LeaseUnavailable(self._gate().why)
        state = LeaseState.SENT if sent else LeaseState.NOT_SENT
        settled = 0
        own = _own_posting(task)
        for posting in dict.fromkeys([*await self._postings(task.uid), own]):
            for key, (revision, lease) in (await self._presses(posting)).items():
                if lease.task_uid == task.uid and lease.state is LeaseState.TAKEN:
                    changed = lease.model_copy(update={"state": state, "note": "settled by the person"})
                    await self._write(key, changed.to_json(), revision)
                    settled += 1
        if sent and not settled:
            await self._record_sent(task, own)

    async def _record_sent(self, task: ApplicationTask, posting: str) -> None:
        """A record for an application that the person says was sent and of which none is left."""
        presses = await self._presses(posting)
        if any(lease.task_uid == task.uid and lease.state is LeaseState.SENT for _, lease in presses.values()):
            return
        press = len(presses) + 1
        lease = SubmissionLease(
            task_uid=task.uid,
            task_name=task.name,
            pod_uid=task.status.pod_uid or "",
            nonce=secrets.token_hex(16),
            press=press,
            url=normal_posting_url(task.spec.url or ""),
            at=datetime.now(UTC),
            state=LeaseState.SENT,
            note="settled by the person; no record was there",
        )
        await self._write(lease_key(posting, press), lease.to_json(), 0)

    async def _postings(self, task_uid: str) -> list[str]:
        found = await self._get(task_postings_key(task_uid))
        return TaskPostings.from_json(found[1]).postings if found else []

    async def _presses(self, posting: str) -> dict[str, tuple[int, SubmissionLease]]:
        """Key to (revision, record) of each press for the posting, in order."""
        presses: dict[str, tuple[int, SubmissionLease]] = {}
        for press in range(1, MAX_PRESSES + 1):
            key = lease_key(posting, press)
            found = await self._get(key)
            if found is None:
                break
            presses[key] = found[0], SubmissionLease.from_json(found[1])
        return presses

    async def _get(self, key: str) -> tuple[int, bytes] | None:
        try:
            message = await self._js().get_msg(
                SUBMISSION_STREAM, subject=f"$KV.{SUBMISSION_BUCKET}.{key}", direct=False
            )
        except NotFoundError as error:
            if error.err_code == _NO_MESSAGE:
                return None
            raise LeaseUnavailable("there is no such bucket", where=SUBMISSION_BUCKET) from error
        headers = message.headers or {}
        if KV_OP in headers or KV_MARKER_REASON in headers:
            raise InvalidMessage("the record was deleted by somebody", where=key)
        return int(message.seq or 0), message.data or b""

    async def _write(self, key: str, value: bytes, last: int) -> None:
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(last)}
        try:
            await self._js().publish(f"$KV.{SUBMISSION_BUCKET}.{key}", value, headers=headers)
        except APIError as error:
            raise LeaseUnavailable(
                f"not written: {error.description}", where=key, remedy="It is tried again"
            ) from error


def _own_posting(task: ApplicationTask) -> str:
    """The posting that spec.url names. A URL that is none is InvalidSpec long before; its text stands for it here."""
    try:
        url = normal_posting_url(task.spec.url or "")
    except InvalidUrl:
        url = task.spec.url or ""
    return posting_hash(task.spec.user_id, url, task_uid=task.uid if task.spec.allow_duplicate else None)
