"""tasks: every ApplicationTask ever seen, as it was last; it stays when the resource is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.conditions import Phase
from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import site_of
from jobhunter_gateway.connection import Connection

ENDED = ("completed", "failed")
State = Literal["active", "ended", "waiting"]
"""waiting: for the person, be it for an answer, a profile, or a word on what was not seen to arrive."""

_STATUS = {
    Phase.STARTING: "running",
    Phase.RUNNING: "running",
    Phase.WAITING_FOR_INPUT: "running",
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
}
_COLUMNS = (
    "id, user_id, url, raw_prompt, status, created_at, site, completed_at, resource_version, manifest, deleted_at"
)


@dataclass(frozen=True)
class TaskRow:
    """id: the task's uid. status: queued, running, completed or failed.

    resource_version: of the resource that says so, 0 where none does. manifest: that resource as it came from the API
    server, without managedFields and spec.responses: ApplicationTask.model_validate takes it.
    """

    id: str
    user_id: str
    url: str | None
    raw_prompt: str | None
    status: str
    created_at: datetime
    site: str | None = None
    completed_at: datetime | None = None
    resource_version: int = 0
    manifest: dict[str, Any] | None = field(default=None, repr=False)
    deleted_at: datetime | None = None


def row_of(task: ApplicationTask) -> TaskRow:
    """The row that a resource makes."""
    created = task.metadata.get("creationTimestamp")
    version = task.resource_version
    return TaskRow(
        id=task.uid,
        user_id=task.spec.user_id,
        url=task.spec.url,
        raw_prompt=task.spec.prompt,
        status=_STATUS.get(task.status.phase, "queued") if task.status.phase else "queued",
        created_at=datetime.fromisoformat(str(created)) if created else datetime.now(UTC),
        site=task.status.site or site_of_url(task.spec.url),
        completed_at=task.status.completion_time,
        resource_version=int(version) if version.isdecimal() else 0,
        manifest=_manifest(task),
    )


def site_of_url(url: str | None) -> str | None:
    """The URL's host as sites.domain has it, None where it has none."""
    try:
        return site_of(url)[:255] if url else None
    except InvalidUrl:
        return None


async def record(connection: Connection, row: TaskRow) -> bool:
    """Writes what is the case with a task; False where the row was as new already.

    An end stays an end: of the resource's own words only those of an end replace it. A row without manifest only adds.
    """
    written = await connection.fetchval(
        """WITH known AS (INSERT INTO users (id) VALUES ($2) ON CONFLICT DO NOTHING)
           INSERT INTO tasks AS t
             (id, user_id, url, raw_prompt, status, created_at, site, completed_at, resource_version, manifest)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (id) DO UPDATE SET
             url = coalesce(excluded.url, t.url), raw_prompt = coalesce(excluded.raw_prompt, t.raw_prompt),
             created_at = excluded.created_at,
             status = CASE WHEN excluded.manifest IS NULL THEN t.status
                           WHEN t.status = ANY ($11) AND excluded.status <> ALL ($11) THEN t.status
                           ELSE excluded.status END,
             site = coalesce(excluded.site, t.site), completed_at = coalesce(excluded.completed_at, t.completed_at),
             resource_version = greatest(excluded.resource_version, t.resource_version),
             manifest = coalesce(excluded.manifest, t.manifest),
             updated_at = clock_timestamp()
           WHERE excluded.resource_version > t.resource_version OR t.manifest IS NULL
           RETURNING true""",
        row.id,
        row.user_id,
        row.url,
        row.raw_prompt,
        row.status,
        row.created_at,
        row.site,
        row.completed_at,
        row.resource_version,
        row.manifest,
        list(ENDED),
    )
    return bool(written)


async def ensure(connection: Connection, user_id: str, task_id: str, created_at: datetime | None = None) -> None:
    """Makes user and task known before anybody saw the resource: an event or a blob may be faster."""
    await connection.execute(
        """WITH known AS (INSERT INTO users (id) VALUES ($2) ON CONFLICT DO NOTHING)
           INSERT INTO tasks (id, user_id, status, created_at) VALUES ($1, $2, 'queued', coalesce($3, now()))
           ON CONFLICT DO NOTHING""",
        task_id,
        user_id,
        created_at,
    )


async def started(connection: Connection, task_id: str, url: str | None) -> None:
    """An attempt began: what was queued runs."""
    await connection.execute(
        """UPDATE tasks SET status = CASE status WHEN 'queued' THEN 'running' ELSE status END,
           url = coalesce(url, $2), site = coalesce(site, $3), updated_at = clock_timestamp() WHERE id = $1""",
        task_id,
        url,
        site_of_url(url),
    )


async def ended(connection: Connection, task_id: str, *, completed: bool, at: datetime) -> None:
    """An outcome was told; the resource's own end, where it was seen, stands."""
    await connection.execute(
        """UPDATE tasks SET status = $2, completed_at = coalesce(completed_at, $3), updated_at = clock_timestamp()
           WHERE id = $1 AND coalesce(manifest -> 'status' ->> 'phase', '') NOT IN ('Succeeded', 'Failed')""",
        task_id,
        "completed" if completed else "failed",
        at,
    )


async def removed(connection: Connection, task_id: str, at: datetime) -> None:
    """The resource is gone from the cluster: what ran ended with it."""
    await connection.execute(
        """UPDATE tasks SET deleted_at = coalesce(deleted_at, $2), updated_at = clock_timestamp(),
           completed_at = coalesce(completed_at, $2),
           status = CASE WHEN status IN ('queued', 'running') THEN 'failed' ELSE status END WHERE id = $1""",
        task_id,
        at,
    )


async def settled_as_sent(connection: Connection, task_id: str) -> None:
    """A person said so, of a task that is gone: no resource will."""
    await connection.execute(
        "UPDATE tasks SET status = 'completed', updated_at = clock_timestamp() WHERE id = $1", task_id
    )


async def get(connection: Connection, task_id: str) -> TaskRow | None:
    """The task, if it is the transaction's user's."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM tasks WHERE id = $1", task_id)  # noqa: S608 - a constant
    return None if row is None else _task(row)


async def page(
    connection: Connection, limit: int, before: str | None = None, state: State | None = None
) -> list[TaskRow]:
    """Up to `limit` of the user's tasks, newest first. before: id of the last one had; an unknown one ends the list.

    state: active or ended ones alone; waiting: those that may wait for their person, which their resource says.
    """
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM tasks t
            WHERE ($2::text IS NULL OR (created_at, id) < (SELECT b.created_at, b.id FROM tasks b WHERE b.id = $2))
              AND CASE $3::text
                    WHEN 'ended' THEN status = ANY ($4)
                    WHEN 'active' THEN status <> ALL ($4)
                    WHEN 'waiting' THEN status <> ALL ($4) OR EXISTS (
                      SELECT FROM applications a WHERE a.task_id = t.id AND a.outcome = 'unconfirmed')
                    ELSE true END
            ORDER BY created_at DESC, id DESC LIMIT $1""",  # noqa: S608 - a constant
        limit,
        before,
        state,
        list(ENDED),
    )
    return [_task(row) for row in rows]


async def going_on(connection: Connection, created_before: datetime) -> list[str]:
    """Ids of the user's tasks that the store takes for queued or running, and that were made before then."""
    rows = await connection.fetch(
        "SELECT id FROM tasks WHERE status IN ('queued', 'running') AND deleted_at IS NULL AND created_at < $1",
        created_before,
    )
    return [row["id"] for row in rows]


def _task(row: Any) -> TaskRow:
    return TaskRow(**{**dict(row), "resource_version": int(row["resource_version"])})


def _manifest(task: ApplicationTask) -> dict[str, Any]:
    """The resource as JSON without what is nobody's business: answers given in spec, and who wrote which field."""
    document = task.model_dump(mode="json", by_alias=True, exclude_none=True)
    document["metadata"].pop("managedFields", None)
    document["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
    document["spec"].pop("responses", None)
    return document
