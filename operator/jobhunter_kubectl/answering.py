"""Answers a task's open question through spec.responses, and says what became of the answer."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from jobhunter_contracts.application_task import ApplicationTask, PendingInput, ResponseState, ResponseStatus
from jobhunter_contracts.hitl import HitlKind, answer_fault
from jobhunter_kubectl.connection import Tasks
from jobhunter_kubectl.faults import BadUsage, Changed, Forbidden, NothingToDo, NotThere
from jobhunter_kubectl.story import Hints, ended_with, outcome, question_lines
from jobhunter_kubectl.terminal_text import plain

_LONGEST = 4096
"""Characters of spec.responses[].value, at most."""
_MOST = 64
"""Entries of spec.responses, at most."""
_TRIES = 5
_WAIT = 10.0
"""Seconds for the operator to say what became of an answer."""


def answer(tasks: Tasks, name: str, hints: Hints, *, id: str | None, value: str | None, secret: str | None) -> int:  # noqa: A002 - the API's word
    """Exit code 0 where the answer was accepted, 1 where it was not, or where the operator did not say in time."""
    if (value is None) == (secret is None):
        raise BadUsage("give either VALUE or --from-secret SECRET/KEY", remedy=hints.command("answer", "VALUE"))
    for attempt in range(_TRIES):
        task = tasks.read(name)
        question = open_question(task, id, hints)
        entry = {"id": question.id} | _content(tasks, question, hints, value=value, secret=secret)
        before = _said(task, question.id)
        try:
            task = tasks.patch_spec(task, {"responses": _with(task, entry)})
        except Changed:
            if attempt == _TRIES - 1:
                raise
            continue
        break
    return _report(tasks, task, question.id, before, hints)


def open_question(task: ApplicationTask, wanted: str | None, hints: Hints) -> PendingInput:
    """The question that is meant. Raises NothingToDo where none is open, BadUsage where it is not clear which."""
    if outcome(task):
        raise NothingToDo(
            f"the task has ended ({ended_with(task)})", where=task.name, remedy="There is nothing to answer"
        )
    questions = task.status.pending_inputs or []
    if not questions:
        raise NothingToDo(
            f"no question is open, the task is {task.status.phase or 'Pending'}",
            where=task.name,
            remedy=f"Wait for one with {hints.command('watch')}",
        )
    if wanted is None and len(questions) == 1:
        return questions[0]
    found = next((question for question in questions if question.id == wanted), None)
    if found is None:
        at = datetime.now(UTC)
        listed = [line for question in questions for line in question_lines(task, question, hints, at)]
        fault = f"{len(questions)} questions are open" if wanted is None else f"no open question has the id {wanted}"
        raise BadUsage(fault, where=task.name, remedy="Name one of these with --id", detail=listed)
    return found


def _content(
    tasks: Tasks, question: PendingInput, hints: Hints, *, value: str | None, secret: str | None
) -> dict[str, Any]:
    """value or secretKeyRef of the response, after a check that it can answer the question."""
    if secret is not None:
        name, _, key = secret.partition("/")
        if not name or not key or "/" in key:
            raise BadUsage(f"{secret!r} is not SECRET/KEY", where="--from-secret", remedy="Such as my-code/code")
        _check(question, _secret_value(tasks, name, key))
        return {"value": None, "secretKeyRef": {"name": name, "key": key}}
    if question.kind == HitlKind.SECRET:
        raise BadUsage(
            "this question asks for a secret, which must not stand in the task",
            where=question.id,
            remedy="Put it into a Secret, kubectl create secret generic my-answer --from-file=answer=/dev/stdin, then"
            f" {hints.command('answer', f'--id {question.id} --from-secret my-answer/answer')}",
        )
    text = str(value)
    if len(text) > _LONGEST:
        raise BadUsage(
            f"the answer has {len(text)} characters, more than {_LONGEST}", where=question.id, remedy="Shorten it"
        )
    _check(question, text)
    return {"value": text}


def _check(question: PendingInput, text: str | None) -> None:
    if text is not None and (fault := answer_fault(question, text)):
        raise BadUsage(plain(fault), where=question.id, remedy="Answer again")


def _secret_value(tasks: Tasks, name: str, key: str) -> str | None:
    """The Secret's text under that key, None where you may not read it (the operator may)."""
    try:
        kept = tasks.secret(name)
    except Forbidden:
        return None
    if key not in kept:
        known = ", ".join(sorted(kept)) or "none"
        raise NotThere(f"no key {key!r}", where=f"Secret {name}", remedy=f"Its keys are: {known}")
    try:
        return kept[key].decode()
    except UnicodeDecodeError as error:
        raise BadUsage("not text", where=f"Secret {name}, key {key}", remedy="An answer is UTF-8 text") from error


def _with(task: ApplicationTask, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """spec.responses with `entry`, which replaces an earlier one of its id; where it is full, closed questions' go."""
    kept = [r.model_dump(by_alias=True, exclude_none=True) for r in task.spec.responses or [] if r.id != entry["id"]]
    if len(kept) >= _MOST:
        open_ids = {question.id for question in task.status.pending_inputs or []}
        kept = [response for response in kept if response["id"] in open_ids][: _MOST - 1]
    return [*kept, {key: item for key, item in entry.items() if item is not None}]


def _said(task: ApplicationTask, question_id: str) -> ResponseStatus | None:
    return next((response for response in task.status.responses or [] if response.id == question_id), None)


def _report(tasks: Tasks, task: ApplicationTask, question_id: str, before: ResponseStatus | None, hints: Hints) -> int:
    written = task.generation
    until = time.monotonic() + _WAIT
    while time.monotonic() < until:
        said = _said(task, question_id)
        if said and (said != before or (task.status.observed_generation or 0) >= written):
            print(
                f"The answer to {question_id} was {_WORDS[said.state]}"
                + (f": {plain(said.message)}" if said.message else ".")
            )
            return 0 if said.state is ResponseState.ACCEPTED else 1
        time.sleep(0.25)
        try:
            task = tasks.read(task.name)
        except NotThere:
            print("The answer was written, but the task has been deleted since.")
            return 1
    print(
        f"The answer to {question_id} is written, but the operator has not said within {_WAIT:g} s what became of it."
        f" Look again with {hints.command('watch')}; if nothing changes, look at the operator's log."
    )
    return 1


_WORDS = {
    ResponseState.ACCEPTED: "accepted",
    ResponseState.LATE: "too late",
    ResponseState.UNKNOWN: "for no question that is open",
    ResponseState.REFUSED: "refused",
}
