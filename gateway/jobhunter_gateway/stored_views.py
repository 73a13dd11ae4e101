"""A task that the mirror does not have, as the API shows it: its resource as last seen, and its end, as the store has them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.conditions import Phase
from jobhunter_gateway.applications_table import NOT_SENT, SUBMITTED, UNCONFIRMED, StoredApplication
from jobhunter_gateway.task_views import ResultView, Status, TaskView, named_view, task_view
from jobhunter_gateway.tasks_table import ENDED, TaskRow

_ENDED_UNSEEN = {
    UNCONFIRMED: "The task was deleted before anybody saw whether its application was sent. Look at the site or your mail, then"
    " say whether it was.",
    SUBMITTED: "The application was sent.",
    NOT_SENT: "The application was not sent, as you said; you may apply for this posting again.",
}
"""What is said of an end that the resource does not tell of, by outcome."""
_PHASES: dict[Status, Phase] = {
    "queued": Phase.PENDING,
    "running": Phase.RUNNING,
    "completed": Phase.SUCCEEDED,
    "failed": Phase.FAILED,
}


def stored_view(row: TaskRow, application: StoredApplication | None, *, gone: bool) -> TaskView:
    """gone: the cluster has it no more. A task that is not gone was not seen by this gateway yet, and is shown as last seen."""
    status = _status(row, gone=gone)
    seen = last_seen(row)
    view = seen or TaskView(
        task_id=row.id,
        session_id=row.id,
        url=row.url,
        prompt=row.raw_prompt,
        created_at=row.created_at,
        phase=str(_PHASES[status]),
        status=status,
        site=row.site,
    )
    changes: dict[str, Any] = {"deleted": gone, "status": status}
    if status in ENDED:
        changes["phase"] = str(_PHASES[status])
        changes["pending_inputs"] = []
        changes["completed_at"] = view.completed_at or row.completed_at
        if application is not None:
            changes |= _end(view, application, gone=gone)
        elif gone and (seen is None or seen.status not in ENDED):
            changes |= {"reason": "Deleted", "message": "The task was deleted before it ended."}
    return named_view(view.model_copy(update=changes), application)


def _status(row: TaskRow, *, gone: bool) -> Status:
    for known in _PHASES:
        if known == row.status and (not gone or known in ENDED):
            return known
    return "failed"


def _end(view: TaskView, application: StoredApplication, *, gone: bool) -> dict[str, Any]:
    """How it ended; the store may know more than the resource said."""
    result = view.result or ResultView()
    changes: dict[str, Any] = {
        "reason": application.reason or view.reason,
        "result": result.model_copy(
            update={"outcome": application.outcome, "ats": application.ats, "seconds": application.seconds}
        ),
        "settled": _settled(view, application),
    }
    told = result.outcome == application.outcome and not (gone and application.outcome == UNCONFIRMED)
    if not told and application.outcome in _ENDED_UNSEEN:
        changes["message"] = _ENDED_UNSEEN[application.outcome]
    return changes


def _settled(view: TaskView, application: StoredApplication) -> str | None:
    """The person's word, as far as it was carried out: what spec.settle asks for counts once the record says so."""
    if application.outcome == UNCONFIRMED:
        return None
    word: str | None = application.evidence.get("settled")
    return word or view.settled


def last_seen(row: TaskRow) -> TaskView | None:
    """The resource as last seen; None where nobody saw it, or it was of another version: the row's columns say enough."""
    task = last_resource(row)
    return None if task is None else task_view(task)


def last_resource(row: TaskRow) -> ApplicationTask | None:
    if row.manifest is None:
        return None
    try:
        task = ApplicationTask.model_validate(row.manifest)
        task_view(task)
    except (ValidationError, KeyError, ValueError):
        return None
    return task
