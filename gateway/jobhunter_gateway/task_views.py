"""A task as the API shows it, from the API server's object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer

from jobhunter_contracts import names
from jobhunter_contracts.application_task import ApplicationTask, Result
from jobhunter_contracts.conditions import ConditionType, Phase, Reason, WaitReason
from jobhunter_contracts.hitl import HitlRecord, Suggestion
from jobhunter_contracts.wire import rfc3339
from jobhunter_gateway.applications_table import NOT_SENT, StoredApplication
from jobhunter_gateway.cluster_tasks import MANAGED_BY_GATEWAY
from jobhunter_gateway.task_steps import JobName

Moment = Annotated[
    datetime, PlainSerializer(lambda moment: rfc3339(moment), return_type=str, when_used="json-unless-none")
]
"""A time, written as RFC 3339 in UTC."""
Status = Literal["queued", "running", "completed", "failed"]


class PendingInputView(BaseModel):
    """A question that waits. reason: Question, DraftReview, Captcha, Login or TwoFactor."""

    id: str
    kind: str
    reason: str
    question: str
    context: str = ""
    options: list[str] | None = None
    suggestions: list[Suggestion] = Field(default_factory=list)
    required: bool = True
    deadline: Moment | None = None


class ConditionView(BaseModel):
    type: str
    status: str
    reason: str
    message: str
    at: Moment


class ResultView(BaseModel):
    """What was done. seconds: all stages together."""

    outcome: str | None = None
    ats: str | None = None
    confirmation: str | None = None
    canonical_url: str | None = None
    fields_filled: int | None = None
    llm_calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    seconds_by_stage: dict[str, float] = Field(default_factory=dict)
    evidence: list[str] = Field(default_factory=list)


class TaskView(BaseModel):
    """One application. session_id is task_id. source: api, or kubectl for a task applied as a manifest. profile_secret: the
    Secret that its profile is in; null where it is the user's in the store.

    deleted: the API server has it no more, and what is shown is what the store kept. title, company: of the posting, as its
    page stated them; title known once there was a draft, both once it ended.
    """

    task_id: str
    session_id: str
    name: str | None = None
    url: str | None = None
    prompt: str | None = None
    title: str | None = None
    company: str | None = None
    created_at: Moment
    completed_at: Moment | None = None
    phase: str
    reason: str | None = None
    message: str = ""
    site: str | None = None
    attempts: int = 0
    status: Status
    review: Literal["Required", "Skip"] | None = None
    profile_secret: str | None = None
    source: Literal["api", "kubectl"] | None = None
    pending_inputs: list[PendingInputView] = Field(default_factory=list)
    result: ResultView | None = None
    conditions: list[ConditionView] = Field(default_factory=list)
    waited_seconds: int = 0
    cancelled: bool = False
    settled: Literal["sent", "notSent"] | None = None
    deleted: bool = False


def ended(task: ApplicationTask) -> bool:
    """Whether Succeeded is True or False."""
    done = task.condition(ConditionType.SUCCEEDED)
    return done is not None and done.status != "Unknown"


def ended_as(task: ApplicationTask) -> str | None:
    """The reason of Succeeded, None while the task runs."""
    done = task.condition(ConditionType.SUCCEEDED)
    return done.reason if done is not None and done.status != "Unknown" else None


def unsettled(task: ApplicationTask) -> bool:
    """Whether its record says still that it may have been sent: a person's word, if there is one, is not carried out yet."""
    return ended_as(task) == Reason.SUBMISSION_UNCONFIRMED and not _not_sent(task)


def unconfirmed(task: ApplicationTask) -> bool:
    """Whether a person may settle it: it ended SubmissionUnconfirmed and nobody has said yet."""
    return unsettled(task) and task.spec.settle is None


def calls_for_person(view: TaskView) -> bool:
    """Whether it waits for its person: for an answer, a profile, or a word on a submission that was not seen to arrive."""
    if view.status in ("completed", "failed"):
        return view.reason == Reason.SUBMISSION_UNCONFIRMED and view.settled is None
    return bool(view.pending_inputs) or view.reason == WaitReason.PROFILE_MISSING


def stands_in_the_way(task: ApplicationTask) -> bool:
    """Whether its user may not apply for the same posting again: it goes on, or it was sent, or may have been."""
    reason = ended_as(task)
    if reason is None:
        return True
    if reason == Reason.SUBMITTED:
        return True
    if reason != Reason.SUBMISSION_UNCONFIRMED:
        return False
    return task.spec.settle != "notSent" and not _not_sent(task)


def _not_sent(task: ApplicationTask) -> bool:
    return task.status.result is not None and task.status.result.outcome == NOT_SENT


def status_word(task: ApplicationTask) -> Status:
    """The word of the table tasks: queued, running, completed or failed."""
    reason = ended_as(task)
    if reason is not None:
        return "completed" if reason == Reason.SUBMITTED else "failed"
    return "running" if task.status.phase in (Phase.STARTING, Phase.RUNNING, Phase.WAITING_FOR_INPUT) else "queued"


def created_at(task: ApplicationTask) -> datetime:
    return datetime.fromisoformat(str(task.metadata["creationTimestamp"]))


def task_view(task: ApplicationTask, open_questions: list[HitlRecord] | None = None) -> TaskView:
    """The task as the API server has it. open_questions: as the hitl bucket has them; None where they were not read."""
    status = task.status
    labels = task.metadata.get("labels") or {}
    conditions = [
        ConditionView(type=c.type, status=c.status, reason=c.reason, message=c.message, at=c.last_transition_time)
        for c in status.conditions or ()
    ]
    return TaskView(
        task_id=task.uid,
        session_id=task.uid,
        name=task.name,
        url=task.spec.url,
        prompt=task.spec.prompt,
        created_at=created_at(task),
        completed_at=status.completion_time,
        phase=str(status.phase or Phase.PENDING),
        reason=status.reason or ended_as(task),
        message=_message(task),
        site=status.site,
        attempts=status.attempts or 0,
        status=status_word(task),
        review=task.spec.review.value,
        profile_secret=task.spec.profile_ref.name if task.spec.profile_ref else None,
        source="api" if labels.get(names.LABEL_MANAGED_BY) == MANAGED_BY_GATEWAY else "kubectl",
        pending_inputs=[] if ended(task) else _pending(task, open_questions),
        result=_result(status.result) if status.result else None,
        conditions=conditions,
        waited_seconds=status.waited_seconds or 0,
        cancelled=task.spec.cancel,
        settled=_settled(task),
    )


def _settled(task: ApplicationTask) -> Literal["sent", "notSent"] | None:
    if task.spec.settle is not None:
        return task.spec.settle.value
    return "notSent" if _not_sent(task) else None


def _message(task: ApplicationTask) -> str:
    """The sentence that matters most now: of the end, of a wait for admission, of a wait for a person."""
    done = task.condition(ConditionType.SUCCEEDED)
    if done is not None and done.status != "Unknown":
        return done.message
    admitted = task.condition(ConditionType.ADMITTED)
    if admitted is not None and admitted.status == "False":
        return admitted.message
    waiting = task.condition(ConditionType.WAITING_FOR_INPUT)
    if waiting is not None and waiting.status == "True":
        return waiting.message
    return done.message if done is not None else ""


def _pending(task: ApplicationTask, open_questions: list[HitlRecord] | None) -> list[PendingInputView]:
    if open_questions is not None:
        now = datetime.now(UTC)
        return [
            PendingInputView(
                id=record.id,
                kind=record.kind,
                reason=record.reason,
                question=record.question,
                context=record.context,
                options=record.options,
                suggestions=record.suggestions,
                required=record.required,
                deadline=record.deadline,
            )
            for record in open_questions
            if record.deadline > now
        ]
    return [
        PendingInputView(
            id=pending.id,
            kind=pending.kind,
            reason=pending.reason,
            question=pending.question,
            options=pending.options,
            required=pending.required,
            deadline=pending.deadline,
        )
        for pending in task.status.pending_inputs or ()
    ]


def _result(result: Result) -> ResultView:
    stages = result.seconds_by_stage or {}
    return ResultView(
        outcome=result.outcome,
        ats=result.ats,
        confirmation=result.confirmation,
        canonical_url=result.canonical_url,
        fields_filled=result.fields_filled,
        llm_calls=result.llm_calls,
        tokens=result.tokens,
        seconds=round(sum(stages.values()), 3) if stages else None,
        seconds_by_stage=stages,
        evidence=[evidence.name for evidence in result.evidence or ()],
    )


def named_view(view: TaskView, known: StoredApplication | JobName | None) -> TaskView:
    """The view with the posting's name, where the store knows it."""
    if known is None:
        return view
    return view.model_copy(update={"title": known.title, "company": known.company})
