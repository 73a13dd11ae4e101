"""A task's status as lines for a person. Pure: what was told before and what is the case now, to what is to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jobhunter_contracts.application_task import ApplicationTask, ApplicationTaskStatus, Condition, PendingInput
from jobhunter_contracts.conditions import ConditionType, Reason
from jobhunter_contracts.hitl import HitlKind
from jobhunter_kubectl.terminal_text import plain

_QUIET = frozenset({ConditionType.SUCCEEDED, ConditionType.WAITING_FOR_INPUT})
"""Told as the outcome and as the questions themselves."""


@dataclass(frozen=True)
class Hints:
    """What a person can type next. flags: what their command line named the cluster by, such as "-n asha "."""

    name: str
    flags: str = ""

    def command(self, verb: str, rest: str = "") -> str:
        return f"kubectl jobhunter {self.flags}{verb} {self.name}{' ' if rest else ''}{rest}"


def kept_by_gateway(task: ApplicationTask) -> bool:
    """Whether the draft lies in the gateway's store: so it is for a task whose profile does."""
    return task.spec.profile_ref is None


def draft_on_dashboard(task: ApplicationTask) -> str:
    """Where a person finds the draft of such a task, in a sentence."""
    return (
        f"The gateway keeps this task's draft: see it on the dashboard, at /tasks/{task.uid} (with kubectl -n jobhunter"
        f" port-forward service/jobhunter-gateway 8080 it is http://127.0.0.1:8080/tasks/{task.uid})."
    )


def new_drafts(before: ApplicationTask | None, now: ApplicationTask) -> list[str]:
    """Ids of the drafts that wait now and were not told of before."""
    told = {question.id for question in (before.status.pending_inputs if before else None) or []}
    return [
        question.id
        for question in now.status.pending_inputs or []
        if question.kind == HitlKind.REVIEW and question.id not in told
    ]


def story(
    before: ApplicationTask | None,
    now: ApplicationTask,
    hints: Hints,
    at: datetime,
    tables: Mapping[str, list[str]] | None = None,
) -> list[str]:
    """Lines for what has changed from `before` (None: nothing told yet) to `now`, in the order in which it happens.

    tables: by id, the lines of the drafts that wait.
    """
    old = before.status if before else ApplicationTaskStatus()
    lines = []
    if before is None:
        lines.append(f"{now.name}: {plain(now.spec.url or now.spec.prompt or '')} for {plain(now.spec.user_id)}")
    lines += _phase(old, now.status)
    lines += _conditions(before, now)
    lines += _answers(old, now.status)
    lines += _questions(before, now, hints, at, tables or {})
    if before is None or outcome(before) is None:
        lines += _end(now, hints)
    return lines


def outcome(task: ApplicationTask) -> Condition | None:
    """The condition Succeeded, once it is True or False: the task has ended."""
    condition = task.condition(ConditionType.SUCCEEDED)
    return condition if condition and condition.status in {"True", "False"} else None


def ended_with(task: ApplicationTask) -> str:
    """How an ended task ended, in a sentence."""
    condition = outcome(task)
    if condition is None:
        return "it has not ended"
    return f"{plain(condition.reason)}: {plain(condition.message)}" if condition.message else plain(condition.reason)


def question_lines(
    task: ApplicationTask, question: PendingInput, hints: Hints, at: datetime, table: Sequence[str] = ()
) -> list[str]:
    """A question of the task with its options (a draft with its table), how long it waits and how to answer it."""
    traits = [question.kind, *([] if question.required else ["may stay unanswered"]), *_deadline(question, at)]
    lines = [f"Question {question.id} ({', '.join(traits)}): {plain(question.question)}"]
    if question.kind == HitlKind.REVIEW:
        return [
            f"Draft {question.id} ({', '.join(_deadline(question, at)) or 'no deadline'}): {plain(question.question)}",
            *(f"  {line}" for line in table),
            *([] if kept_by_gateway(task) else [f"  See it:     {hints.command('draft', '-o draft.jpg')}"]),
            f"  Send it:    {hints.command('answer', f'--id {question.id} confirm')}",
            f"  Change it:  {hints.command('answer', f'--id {question.id} change salary to 150k')}",
            f"  Refuse it:  {hints.command('answer', f'--id {question.id} reject')}",
        ]
    if question.options:
        lines.append(f"  Options:    {' | '.join(plain(option) for option in question.options)}")
    value = "--from-secret SECRET/KEY" if question.kind == HitlKind.SECRET else "VALUE"
    lines.append(f"  Answer it:  {hints.command('answer', f'--id {question.id} {value}')}")
    return lines


def _deadline(question: PendingInput, at: datetime) -> list[str]:
    if question.deadline is None:
        return []
    left = max(0, round((question.deadline - at).total_seconds()))
    return [f"waits until {question.deadline.astimezone(UTC):%H:%M:%S} UTC, {left} s from now"]


def _phase(old: ApplicationTaskStatus, new: ApplicationTaskStatus) -> list[str]:
    if new.phase is None or (new.phase, new.attempts) == (old.phase, old.attempts):
        return []
    details = [f"attempt {new.attempts}"] if new.attempts else []
    details += [f"pod {new.pod_name}"] if new.pod_name else []
    reason = f" {plain(new.reason)}" if new.reason else ""
    return [f"{new.phase}{reason}" + (f" ({', '.join(details)})" if details else "")]


def _conditions(before: ApplicationTask | None, now: ApplicationTask) -> list[str]:
    lines = []
    for condition in now.status.conditions or []:
        old = before.condition(condition.type) if before else None
        told = (old.status, old.reason, old.message) if old else None
        if condition.type in _QUIET or told == (condition.status, condition.reason, condition.message):
            continue
        verb = {"True": "", "False": "not ", "Unknown": "not known to be "}.get(condition.status, "")
        message = f": {plain(condition.message)}" if condition.message else ""
        lines.append(f"  {verb}{condition.type} ({plain(condition.reason)}){message}")
    return lines


def _answers(old: ApplicationTaskStatus, new: ApplicationTaskStatus) -> list[str]:
    told = {(answer.id, answer.state, answer.message) for answer in old.responses or []}
    return [
        f"  Answer to {plain(answer.id)} {answer.state}" + (f": {plain(answer.message)}" if answer.message else "")
        for answer in new.responses or []
        if (answer.id, answer.state, answer.message) not in told
    ]


def _questions(
    before: ApplicationTask | None,
    now: ApplicationTask,
    hints: Hints,
    at: datetime,
    tables: Mapping[str, list[str]],
) -> list[str]:
    told = {question.id for question in (before.status.pending_inputs if before else None) or []}
    still = {question.id for question in now.status.pending_inputs or []}
    lines = [f"  {plain(gone)} is no longer open" for gone in sorted(told - still)]
    for question in now.status.pending_inputs or []:
        if question.id not in told:
            lines += question_lines(now, question, hints, at, tables.get(question.id, ()))
    return lines


def _end(task: ApplicationTask, hints: Hints) -> list[str]:
    condition = outcome(task)
    if condition is None:
        return []
    lines = [ended_with(task)]
    result = task.status.result
    if result and result.confirmation:
        lines.append(f"  The site says: {plain(result.confirmation)}")
    if result and result.fields_filled:
        lines.append(f"  {result.fields_filled} fields filled")
    if condition.reason == Reason.SUBMISSION_UNCONFIRMED and task.spec.settle is None:
        lines.append(f"  Look whether it was sent, then: {hints.command('settle', 'sent')} (or not-sent)")
    return lines
