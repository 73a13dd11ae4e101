"""The draft of a task: the table of all that will be sent, and the picture of the filled page."""

from __future__ import annotations

from pathlib import Path

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.names import DRAFT_PICTURE_KEY, DRAFT_TABLE_KEY, draft_secret_name
from jobhunter_kubectl.connection import Tasks
from jobhunter_kubectl.faults import BadUsage, NothingToDo, NotThere, PluginError
from jobhunter_kubectl.story import Hints, draft_on_dashboard, ended_with, kept_by_gateway, outcome
from jobhunter_kubectl.terminal_text import columns, plain

_LIMITS = (40, 60, 40, 6, 14)


def draft_table(draft: Draft) -> list[str]:
    """Every field with value, source and confidence; an asterisk marks required fields. No value is shortened."""
    rows: list[tuple[str, ...]] = [("FIELD", "VALUE", "SOURCE", "SURE", "")]
    rows += [
        (
            plain(field.label) + (" *" if field.required else ""),
            plain(field.value) or "(empty)",
            plain(field.source),
            f"{field.confidence:.0%}",
            "site's default" if field.default else "",
        )
        for field in draft.fields
    ]
    title = f"{plain(draft.title)}, {plain(draft.url)}" if draft.title else plain(draft.url)
    return [title, *columns(rows, _LIMITS)]


def read_draft(tasks: Tasks, task: ApplicationTask, hints: Hints) -> tuple[Draft, bytes | None]:
    """The latest draft and its picture (JPEG). NothingToDo where there is none (yet), or the gateway keeps it."""
    if kept_by_gateway(task):
        raise NothingToDo(
            draft_on_dashboard(task),
            where=task.name,
            remedy=f"While it waits it can be answered here too: {hints.command('answer', 'confirm')}",
        )
    secret = draft_secret_name(task.name)
    try:
        kept = tasks.secret(secret)
    except NotThere as error:
        if outcome(task):
            raise NothingToDo(
                f"no draft was kept before it ended ({ended_with(task)})",
                where=task.name,
                remedy="There is nothing to see",
            ) from error
        raise NothingToDo(
            f"no draft yet, the task is {task.status.phase or 'Pending'}",
            where=task.name,
            remedy=f"Wait for it with {hints.command('watch')}",
        ) from error
    if DRAFT_TABLE_KEY not in kept:
        raise PluginError(f"no key {DRAFT_TABLE_KEY}", where=f"Secret {secret}", remedy="Look at the operator's log")
    try:
        draft = Draft.from_json(kept[DRAFT_TABLE_KEY])
    except InvalidMessage as error:
        raise PluginError(
            str(error), where=f"Secret {secret}", remedy="Install a plugin of the operator's version"
        ) from error
    return draft, kept.get(DRAFT_PICTURE_KEY)


def show_draft(tasks: Tasks, name: str, hints: Hints, file: str | None) -> int:
    """Prints the table; saves the picture to `file`, if one is named."""
    draft, picture = read_draft(tasks, tasks.read(name), hints)
    print("\n".join(draft_table(draft)))
    if file is None:
        print(f"\nThe picture: {hints.command('draft', '-o draft.jpg')}" if picture else "\nNo picture was kept.")
        return 0
    if picture is None:
        raise NothingToDo("the draft has no picture", where=name, remedy="Leave -o out; the table is above")
    try:
        Path(file).write_bytes(picture)
    except OSError as error:
        raise BadUsage(
            f"the picture cannot be written: {error.strerror}", where=file, remedy="Name another file"
        ) from error
    print(f"\nThe picture is in {file} ({len(picture)} bytes).")
    return 0
