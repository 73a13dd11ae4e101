"""The submission lease: who may press, and the record of each press. See contracts.submission for keys and states.

The rules are here, once; where the records lie is a LeaseStore (the submission bucket, or a folder on a terminal).
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from jobhunter_contracts.errors import InvalidMessage, JobHunterError, LeaseHeld, LeaseUnavailable
from jobhunter_contracts.posting_url import normal_posting_url
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

RELEASING = frozenset({LeaseState.REFUSED, LeaseState.NOT_SENT, LeaseState.PRESS_AGAIN})
"""States of a last press after which the next may be made."""


PRESS_WITHIN_SECONDS = 30.0
"""After so long a lease presses nothing any more. A runner that stood still meanwhile may have been given up, and its press
settled as not sent by the person; nobody can be given up and settled sooner."""


class RevisionConflict(JobHunterError):
    """A record was not in the state that its writer had read."""

    code = "revision-conflict"


class OwnPress(LeaseHeld):
    """This very task pressed already, in an earlier attempt; `lease` is the record."""

    def __init__(self, lease: SubmissionLease) -> None:
        self.lease = lease
        super().__init__(f"this task pressed already, which is recorded {lease.state}", where=lease.url)


@dataclass(frozen=True)
class Entry:
    """A record: value None where it was deleted, which frees nothing."""

    value: bytes | None
    revision: int


class LeaseStore(Protocol):
    """Records by key, each write on disk before it is acknowledged.

    All raise LeaseUnavailable where nothing can be said; after a `write` that did so the record may be there or not.
    """

    async def identity(self) -> str:
        """Identity of the store itself: another one, made anew, has another."""
        ...

    async def read(self, key: str) -> Entry | None:
        """The record, a deleted one as such, None where there never was one."""
        ...

    async def write(self, key: str, value: bytes, *, last: int) -> int:
        """Writes where the last revision is `last` (0: there never was a record) and returns the new revision.

        Raises RevisionConflict where it is another.
        """
        ...


@dataclass(frozen=True)
class Press:
    """A press that was taken: its key, and the record as written.

    press_by: by `seconds_here`, after which it is too late. also: the same press under the address that the task was given.
    """

    key: str
    lease: SubmissionLease
    revision: int
    press_by: float
    also: Press | None = None


def seconds_here() -> float:
    """Seconds of this machine's clock that nobody sets and that goes on while process or machine stand still."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Presser:
    """On whose behalf and for which task is pressed, and by which pod."""

    user_id: str
    task_uid: str
    task_name: str
    pod_uid: str
    allow_duplicate: bool = False

    def posting(self, url: str) -> str:
        """Hash of user and posting; under allowDuplicate also of the task, so that only itself is in its way."""
        return posting_hash(
            self.user_id, normal_posting_url(url), task_uid=self.task_uid if self.allow_duplicate else None
        )


def next_press(records: Sequence[SubmissionLease], task_uid: str = "") -> int:
    """Number of the next press after these, in order from press 1, for the task `task_uid`.

    Raises LeaseHeld where nobody may press, OwnPress where the task itself is in its way.
    """
    if not records:
        return 1
    last = records[-1]
    if any(record.state in BLOCKING for record in records) or last.state not in RELEASING:
        holder = next((record for record in records if record.state in BLOCKING), last)
        if holder.task_uid == task_uid:
            raise OwnPress(holder)
        raise LeaseHeld(
            f"press {holder.press} of task {holder.task_name!r} at {holder.at:%Y-%m-%d %H:%M} UTC is recorded"
            f" {holder.state}",
            where=holder.url,
            remedy="Settle that task as notSent if it was not sent, or set allowDuplicate on a new task",
        )
    if other := next((r for r in records if r.state is LeaseState.PRESS_AGAIN and r.task_uid != task_uid), None):
        raise LeaseHeld(
            f"press {other.press} of task {other.task_name!r} at {other.at:%Y-%m-%d %H:%M} UTC may have been sent, and only"
            " that task was told to press again",
            where=other.url,
            remedy="Look whether it arrived; to apply again, set allowDuplicate on a new task",
        )
    if len(records) >= MAX_PRESSES:
        raise LeaseHeld(
            f"there were {MAX_PRESSES} presses already", where=last.url, remedy="Look at the site and apply by hand"
        )
    return len(records) + 1


class SubmissionLeases:
    """Checks, takes and settles presses of one presser. `expected_identity`: the store's, as the assignment has it."""

    def __init__(self, store: LeaseStore, presser: Presser, expected_identity: str) -> None:
        self._store = store
        self._presser = presser
        self._expected = expected_identity

    async def check(self, url: str) -> int:
        """Number that the next press for the posting at `url` would have.

        Raises LeaseHeld (a duplicate) and LeaseUnavailable.
        """
        await self._check_identity()
        return next_press(await self._presses(self._presser.posting(url)), self._presser.task_uid)

    async def take(self, url: str, asked: str = "") -> Press:
        """Takes the next press for the posting at `url`. Whoever returns from here presses, once, and at once.

        asked: the address that the task was given. Where it is another it is taken too: a site that leads every visitor to
        an address of their own shows no other task, and no other attempt, that the posting is the same.

        Raises LeaseHeld where another was faster or pressed before, LeaseUnavailable where nothing is certain: then
        nobody may press.
        """
        press = await self._take(url)
        if not asked or self._presser.posting(asked) == self._presser.posting(url):
            return press
        try:
            return replace(press, also=await self._take(asked))
        except (LeaseHeld, LeaseUnavailable):
            with contextlib.suppress(LeaseUnavailable, RevisionConflict):
                await self.settle(
                    press, LeaseState.REFUSED, note="not pressed: the task's own address was not to be had"
                )
            raise

    async def _take(self, url: str) -> Press:
        posting = self._presser.posting(url)
        await self._check_identity()
        number = next_press(await self._presses(posting), self._presser.task_uid)
        await self._write_index(posting)
        lease = SubmissionLease(
            task_uid=self._presser.task_uid,
            task_name=self._presser.task_name,
            pod_uid=self._presser.pod_uid,
            nonce=secrets.token_hex(16),
            press=number,
            url=normal_posting_url(url),
            at=datetime.now(UTC),
        )
        key = lease_key(posting, number)
        press_by = seconds_here() + PRESS_WITHIN_SECONDS
        try:
            revision = await self._store.write(key, lease.to_json(), last=0)
        except (LeaseUnavailable, RevisionConflict) as error:
            # The acknowledgement may have been lost, or a client's retry met its own record: only the nonce tells.
            own = await self._own(key, lease)
            if own is None:
                if isinstance(error, LeaseUnavailable):
                    raise
                raise LeaseHeld(
                    f"press {number} was taken by another", where=lease.url, remedy="Look at the user's other tasks"
                ) from error
            revision = own
        # A store lost and made anew between check and write would hold this record alone.
        await self._check_identity()
        return Press(key, lease, revision, press_by)

    async def settle(self, press: Press, state: LeaseState, *, confirmation: str | None = None, note: str = "") -> None:
        """Records what became of a press.

        Raises LeaseUnavailable, or RevisionConflict where somebody else settled it meanwhile.
        """
        if press.also is not None:
            await self.settle(press.also, state, confirmation=confirmation, note=note)
        lease = press.lease.model_copy(update={"state": state, "confirmation": confirmation, "note": note})
        try:
            await self._store.write(press.key, lease.to_json(), last=press.revision)
        except RevisionConflict:
            entry = await self._store.read(press.key)
            if entry is None or entry.value is None or SubmissionLease.from_json(entry.value) != lease:
                raise

    async def _check_identity(self) -> None:
        found = await self._store.identity()
        if found != self._expected:
            raise LeaseUnavailable(
                f"the records of submissions are not the assignment's (created {found}, expected {self._expected})",
                where="submission bucket",
                remedy="An administrator has to acknowledge the loss",
            )

    async def _presses(self, posting: str) -> list[SubmissionLease]:
        records: list[SubmissionLease] = []
        for number in range(1, MAX_PRESSES + 2):
            entry = await self._store.read(lease_key(posting, number))
            if entry is None:
                break
            if entry.value is None:
                raise LeaseHeld(
                    f"the record of press {number} was deleted, so nobody knows whether it was sent",
                    where=lease_key(posting, number),
                    remedy="Apply by hand, or set allowDuplicate on a new task",
                )
            try:
                records.append(SubmissionLease.from_json(entry.value))
            except InvalidMessage as error:
                raise LeaseUnavailable(
                    f"the record of press {number} cannot be read: {error.what}",
                    where=lease_key(posting, number),
                    remedy="Look at the record",
                ) from error
        return records

    async def _write_index(self, posting: str) -> None:
        """Names the posting in the task's index before its first lease: so the operator finds a lost pod's leases."""
        key = task_postings_key(self._presser.task_uid)
        for _ in range(5):
            entry = await self._store.read(key)
            known = TaskPostings.from_json(entry.value).postings if entry and entry.value else []
            if posting in known:
                return
            try:
                written = TaskPostings(postings=[*known, posting])
                await self._store.write(key, written.to_json(), last=entry.revision if entry else 0)
            except RevisionConflict:  # another attempt of this task, or our own write whose acknowledgement was lost
                continue
            return
        raise LeaseUnavailable("the task's index of postings cannot be written", where=key, remedy="Try again")

    async def _own(self, key: str, lease: SubmissionLease) -> int | None:
        entry = await self._store.read(key)
        if entry is None or entry.value is None:
            return None
        try:
            found = SubmissionLease.from_json(entry.value)
        except InvalidMessage:
            return None
        return entry.revision if found.nonce == lease.nonce else None
