"""Answers in spec.responses: which are forwarded to the runner, and what status.responses says of the others.

What became of an answer is read off the question's record, so that nothing has to be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from jobhunter_contracts.application_task import ApplicationTask, Response, ResponseState, ResponseStatus
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState, answer_fault
from jobhunter_operator.actions import Action, ForwardResponse
from jobhunter_operator.observed import Observed
from jobhunter_operator.status_draft import StatusDraft

KUBECTL = "kubectl"
"""Who answered, in the record of a question answered by spec.responses."""
_LONGEST = 4096  # characters, as the CRD takes into a response's value


@dataclass
class Weighed:
    """states: for status.responses, in the order of spec. forwards: to be sent on. secrets: to be looked at first.

    left: whether an answer could not be weighed, for its question's record cannot be read.
    """

    left: bool = False
    states: list[ResponseStatus] = field(default_factory=list)
    forwards: list[ForwardResponse] = field(default_factory=list)
    secrets: set[tuple[str, str]] = field(default_factory=set)


def unresolved(task: ApplicationTask) -> list[Response]:
    """Answers to be weighed: new ones; those not taken, where the spec changed since or their Secret may have come."""
    known = {entry.id: entry for entry in task.status.responses or []}
    changed = task.generation > (task.status.observed_generation or 0)
    found = []
    for response in task.spec.responses or []:
        entry = known.get(response.id)
        again = entry is not None and entry.state in (ResponseState.REFUSED, ResponseState.UNKNOWN) and changed
        waits = entry is not None and entry.state is ResponseState.REFUSED and response.secret_key_ref is not None
        if entry is None or again or waits:
            found.append(response)
    return found


def weigh(observed: Observed) -> Weighed:
    """Weighs every answer of the spec. Needs `observed.questions` where any is unresolved."""
    weighed = Weighed()
    task = observed.task
    known = {entry.id: entry for entry in task.status.responses or []}
    fresh = {response.id for response in unresolved(task)}
    for response in task.spec.responses or []:
        state = known.get(response.id)
        if response.id in fresh:
            if observed.questions is None or not observed.questions.readable:
                weighed.left = True
            else:
                state = _weigh_one(observed, response, observed.questions.records.get(response.id), weighed) or state
        if state is not None:
            weighed.states.append(state)
    return weighed


def _weigh_one(
    observed: Observed, response: Response, record: HitlRecord | None, weighed: Weighed
) -> ResponseStatus | None:
    """What became of the answer; None where it is to be forwarded, or its Secret looked at, first."""
    if record is None and any(question.id == response.id for question in observed.task.status.pending_inputs or []):
        weighed.left = True  # NATS lost its volume: the runner puts the record back
        return None
    if record is None:
        return _said(response, ResponseState.UNKNOWN, "There is no question of this id; see status.pendingInputs.")
    if record.state in (HitlState.ANSWERED, HitlState.READ):
        if record.answered_by == KUBECTL:
            return _said(response, ResponseState.ACCEPTED, "")
        return _said(response, ResponseState.LATE, f"The question was answered before, by {record.answered_by}.")
    if record.state is HitlState.EXPIRED:
        return _said(response, ResponseState.LATE, "The question had expired.")
    if record.pod_uid != observed.task.status.pod_uid:
        return _said(response, ResponseState.LATE, "The question was an earlier attempt's; see status.pendingInputs.")
    if record.kind is HitlKind.SECRET and response.secret_key_ref is None:
        words = "A secret is not written into a task: put it into a Secret and give secretKeyRef."
        return _said(response, ResponseState.REFUSED, words)
    value = response.value or ""
    if response.secret_key_ref is not None:
        place = (response.secret_key_ref.name, response.secret_key_ref.key)
        answer = (observed.secrets or {}).get(place)
        if answer is None:
            weighed.secrets.add(place)
            return None
        if answer.value is None:
            return _said(response, ResponseState.REFUSED, answer.fault)
        value = answer.value
    if len(value) > _LONGEST:
        words = f"The answer has {len(value):,} characters; {_LONGEST:,} are taken."
        return _said(response, ResponseState.REFUSED, words)
    if fault := answer_fault(record, value):
        return _said(response, ResponseState.REFUSED, f"{fault[0].upper()}{fault[1:]}.")
    weighed.forwards.append(ForwardResponse(response.id, value))
    return None


def record_states(draft: StatusDraft, states: list[ResponseStatus]) -> None:
    """Puts the answers' states into status, with a Kubernetes Event for each that is new."""
    before = {entry.id: entry for entry in draft.status.responses or []}
    draft.status.responses = states or None
    for state in states:
        if before.get(state.id) == state:
            continue
        if state.state is ResponseState.ACCEPTED:
            draft.note("AnswerAccepted", f"The answer to {state.id} was taken.")
        else:
            words = f"The answer to {state.id} was not taken ({state.state}): {state.message}"
            draft.note("AnswerRefused", words, warning=True)


def answer_the_ended(observed: Observed, now: datetime) -> list[Action]:
    """Answers that came after the task's end."""
    task = observed.task
    known = {entry.id: entry for entry in task.status.responses or []}
    if all(response.id in known for response in task.spec.responses or []):
        return []
    states = [
        known.get(response.id) or _said(response, ResponseState.LATE, "The task has ended.")
        for response in task.spec.responses or []
    ]
    draft = StatusDraft(task, now)
    record_states(draft, states)
    return list(draft.write())


def _said(response: Response, state: ResponseState, message: str) -> ResponseStatus:
    return ResponseStatus(id=response.id, state=state, message=message[:1000])
