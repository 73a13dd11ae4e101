"""One task's operator and runner, played by the contract: its status, its events, frames, questions and drafts."""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from dashboard_server import Gateway
from jobhunter_contracts.application_task import Review
from jobhunter_contracts.asks import CONFIRMATION_BLOB, DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.events import Event, EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState, review_decision
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_AT,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_HEIGHT,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_PAGE_TITLE,
    HEADER_PAGE_URL,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    HEADER_WIDTH,
    HITL_BUCKET,
    Ask,
    Owner,
    ask_subject,
    event_subject,
    frame_subject,
    hitl_key,
)
from jobhunter_contracts.wire import rfc3339
from waiting import until

FIELDS = [
    DraftField(
        label="First name", token="given-name", value="Asha", source="profile: application.given_name", required=True
    ),
    DraftField(
        label="Email", token="email", value="asha.rao@example.org", source="profile: basics.email", required=True
    ),
    DraftField(label="Phone", token="tel", value="+1 415 555 0134", source="profile: basics.phone", confidence=0.97),
    DraftField(
        label="Resume", token="resume", value="cv.pdf", source="profile: application.documents.resume", required=True
    ),
    DraftField(label="Why us?", value="I build parcel tracking.", source="cv.pdf, page 1", confidence=0.75),
    DraftField(label="How did you hear of us?", value="LinkedIn", source="site default", confidence=0.4, default=True),
    DraftField(label="Website", token="url", value="", source=""),
]


def picture(words: str, width: int = 1280, height: int = 800) -> bytes:
    """A JPEG with words on it."""
    image = Image.new("RGB", (width, height), "#eef1f4")
    draw = ImageDraw.Draw(image)
    draw.rectangle((160, 60, width - 160, height - 40), fill="white", outline="#c8ced6")
    draw.text((200, 100), words, fill="black")
    data = io.BytesIO()
    image.save(data, "JPEG", quality=60)
    return data.getvalue()


class PlayedTask:
    """What operator and runner do for the task `uid`, which the person made in the dashboard."""

    def __init__(self, gateway: Gateway, uid: str) -> None:
        self.uid = uid
        self.pod = str(uuid.uuid4())
        self._gateway = gateway
        self._number = 0
        self._frames = 0
        self._hitl = 0

    @property
    def path(self) -> str:
        return f"/tasks/{self.uid}"

    @property
    def name(self) -> str:
        task = self._gateway.parts.tasks.get(self.uid)
        assert task is not None
        return task.name

    async def status(self, phase: str, reason: str | None = None, **more: Any) -> None:
        """As the operator writes it; returns once the gateway has seen it."""
        status = {"phase": phase, "reason": reason, "attempts": 1, "podName": "pod-1", "podUid": self.pod, **more}
        await asyncio.to_thread(self._gateway.kubectl.status, self.name, status)
        await until(lambda: (t := self._gateway.parts.tasks.get(self.uid)) is not None and t.status.phase == phase)

    async def waits(
        self, hitl_id: str, question: str, *, kind: str = "text", reason: str = "Question", deadline: str | None = None
    ) -> None:
        """The status of a task whose person is waited for."""
        pending = {"id": hitl_id, "kind": kind, "reason": reason, "question": question, "required": True}
        pending |= {"deadline": deadline} if deadline else {}
        await self.status("WaitingForInput", reason, pendingInputs=[pending])

    async def end(
        self,
        reason: str,
        message: str = "",
        confirmation: str | None = None,
        *,
        title: str = "Backend engineer",
        company: str = "Northlight Parcels",
    ) -> None:
        """applier:complete, and the terminal condition."""
        good = reason == "Submitted"
        outcome = "submitted" if good else "unconfirmed" if reason == "SubmissionUnconfirmed" else "not-submitted"
        data = {"task_uid": self.uid, "attempt": 1, "outcome": outcome, "reason": reason, "confirmation": confirmation}
        data |= {"title": title, "company": company, "seconds_by_stage": {"fill": 8.3}}
        data |= {"message": message, "ats": "greenhouse", "canonical_url": "https://jobs.example.org/1"}
        await self._publish(
            make_event(EventType.APPLIER_COMPLETE, message or reason, data, event_id=complete_event_id(self.uid))
        )
        condition = {"type": "Succeeded", "status": str(good), "reason": reason, "message": message}
        result = {"outcome": outcome, "confirmation": confirmation, "fieldsFilled": 7, "secondsByStage": {"fill": 8.3}}
        await self.status(
            "Succeeded" if good else "Failed",
            reason,
            conditions=[condition | {"lastTransitionTime": rfc3339(datetime.now(UTC))}],
            completionTime=rfc3339(datetime.now(UTC)),
            result=result | {"ats": "greenhouse"},
        )

    async def tell(self, kind: EventType, message: str = "", /, **data: Any) -> None:
        """An event of the runner's."""
        self._number += 1
        await self._publish(make_event(kind, message, data, event_id=event_id(self.uid, 1, self._number)))

    async def _publish(self, event: Event) -> None:
        subject = event_subject(self.uid, event.type)
        await self._gateway.nc.jetstream().publish(subject, event.to_json(), headers={"Nats-Msg-Id": event.event_id})

    async def frame(
        self, jpeg: bytes | None = None, title: str = "Apply", url: str = "https://jobs.example.org/1"
    ) -> None:
        self._frames += 1
        headers = {
            HEADER_AT: rfc3339(datetime.now(UTC), milliseconds=True),
            HEADER_WIDTH: "1280",
            HEADER_HEIGHT: "800",
            HEADER_PAGE_URL: url,
            HEADER_PAGE_TITLE: title,
        }
        data = jpeg or picture(f"frame {self._frames}")
        await self._gateway.nc.publish(frame_subject(self.uid), data, headers=headers)

    async def ask(
        self,
        question: str,
        kind: HitlKind = HitlKind.TEXT,
        *,
        reason: InputReason = InputReason.QUESTION,
        seconds: float = 120,
        deadline: datetime | None = None,
        **more: Any,
    ) -> str:
        """A question in the bucket, and its event; its id."""
        self._hitl += 1
        now = datetime.now(UTC)
        prefix = "draft" if kind is HitlKind.REVIEW else "hitl"
        record = HitlRecord(
            id=f"{prefix}_{int(now.timestamp() * 1000)}{self._hitl}",
            task_uid=self.uid,
            pod_uid=self.pod,
            kind=kind,
            reason=reason,
            question=question,
            asked_at=now,
            deadline=deadline or now + timedelta(seconds=seconds),
            **more,
        )
        bucket = await self._gateway.nc.jetstream().key_value(HITL_BUCKET)
        await bucket.update(hitl_key(self.uid, record.id), record.to_json(), last=0)
        if kind is not HitlKind.REVIEW:
            said = record.model_dump(mode="json", include={"context", "options", "suggestions", "required", "deadline"})
            await self.tell(EventType.HITL_REQUEST, question, hitl_id=record.id, kind=kind, reason=reason, **said)
        return record.id

    async def review(
        self,
        fields: list[DraftField] | None = None,
        jpeg: bytes | None = None,
        seconds: float = 300,
        title: str = "Backend engineer at Northlight",
    ) -> str:
        """A draft: its picture and table kept, its question asked, its event told; its id."""
        table = Draft(
            url="https://jobs.example.org/1",
            title=title,
            digest="d",
            fields=fields or FIELDS,
        )
        await self.keep(DRAFT_PICTURE_BLOB, jpeg or picture("the draft", height=1600))
        await self.keep(DRAFT_TABLE_BLOB, table.to_json())
        question = "Please look over the draft"
        deadline = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        hitl_id = await self.ask(question, HitlKind.REVIEW, reason=InputReason.DRAFT_REVIEW, deadline=deadline)
        rows = [row.model_dump(mode="json") for row in table.fields]
        data = {
            "hitl_id": hitl_id,
            "context": "",
            "fields": rows,
            "deadline": rfc3339(deadline),
            "title": table.title,
            "digest": "d",
        }
        await self.tell(EventType.DRAFT_REVIEW, question, **data, picture=DRAFT_PICTURE_BLOB)
        return hitl_id

    async def keep(self, name: str, data: bytes) -> None:
        """A blob given to the gateway in chunks."""
        for offset in range(0, len(data), BLOB_CHUNK):
            headers = {
                HEADER_POD: self.pod,
                HEADER_OPERATION: "put",
                HEADER_BLOB: name,
                HEADER_OFFSET: str(offset),
                HEADER_SIZE: str(len(data)),
                HEADER_SHA256: hashlib.sha256(data).hexdigest(),
            }
            subject = ask_subject(self.uid, Owner.GATEWAY, Ask.BLOB)
            said = await self._gateway.nc.request(subject, data[offset : offset + BLOB_CHUNK], 5, headers=headers)
            assert HEADER_ERROR not in (said.headers or {}), said.data

    async def confirmation(self, jpeg: bytes) -> None:
        await self.keep(CONFIRMATION_BLOB, jpeg)

    async def answer(self, hitl_id: str, seconds: float = 10) -> str:
        """The answer, once it is there; it is marked read and told of, as a runner does."""
        bucket = await self._gateway.nc.jetstream().key_value(HITL_BUCKET)
        key = hitl_key(self.uid, hitl_id)
        async with asyncio.timeout(seconds):
            while True:
                entry = await bucket.get(key)
                record = HitlRecord.from_json(entry.value or b"")
                if record.response is not None:
                    break
                await asyncio.sleep(0.03)
        response = record.response
        read = record.model_copy(update={"state": HitlState.READ, "response": None, "response_length": len(response)})
        await bucket.update(key, read.to_json(), last=entry.revision)
        if record.kind is HitlKind.REVIEW:
            edit = review_decision(response) == "edit"
            kind = EventType.DRAFT_EDIT if edit else EventType.DRAFT_CONFIRM
            await self.tell(kind, "", hitl_id=hitl_id, **({"message": response} if edit else {}))
        else:
            await self.tell(
                EventType.HITL_RESPONSE, "", hitl_id=hitl_id, state="answered", response_length=len(response)
            )
        return response


async def applied(gateway: Gateway, user: str, url: str, **status: Any) -> PlayedTask:
    """A task of the user's as the API makes it, with a browser at work on it."""
    raw = await gateway.parts.cluster.create(user, url, Review.REQUIRED)
    gateway.parts.tasks.put(raw)
    task = PlayedTask(gateway, raw["metadata"]["uid"])
    await task.status("Running", **status)
    return task
