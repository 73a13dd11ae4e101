"""Applications made: as pages, and all of them as CSV."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from jobhunter_contracts.wire import rfc3339
from jobhunter_gateway import applications_table
from jobhunter_gateway.applications_table import StoredApplication
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.task_views import Moment

router = APIRouter(prefix="/api/applications", tags=["applications"])
COLUMNS = (
    "task_id",
    "canonical_url",
    "ats",
    "company",
    "title",
    "outcome",
    "reason",
    "submitted_at",
    "ended_at",
    "seconds",
    "confirmation",
)
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that a spreadsheet takes for a formula, the wide ones of East Asia too (OWASP, CSV injection)."""
_BLANKS = ("\t", "\r", "\n")
"""Beginnings that a spreadsheet may take for the next cell's or row's."""


class ApplicationView(BaseModel):
    """outcome: submitted, not-submitted, unconfirmed, not-sent or error. seconds: of the work, people's time apart."""

    task_id: str
    canonical_url: str | None
    ats: str | None
    company: str | None
    title: str | None
    outcome: str
    reason: str | None
    submitted_at: Moment | None
    ended_at: Moment
    seconds: float | None
    evidence: dict[str, Any]


class ApplicationPage(BaseModel):
    """next: give it as `before` for the page after this one; null at the end."""

    applications: list[ApplicationView]
    next: str | None = None


@router.get(
    "",
    response_model=ApplicationPage,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def applications(
    user: User,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(max_length=100)] = None,
    format: Annotated[Literal["json", "csv"], Query()] = "json",  # noqa: A002 - the parameter's name in the API
) -> ApplicationPage | Response:
    """Your applications, the last ended first. format=csv: all of them, as a file."""
    async with parts.store.user(user) as connection:
        if format == "csv":
            found = await applications_table.all_of_user(connection)
            headers = {"Content-Disposition": 'attachment; filename="applications.csv"'}
            return Response(csv_of(found), media_type="text/csv; charset=utf-8", headers=headers)
        found = await applications_table.page(connection, limit, before)
    views = [_view(application) for application in found]
    return ApplicationPage(applications=views, next=found[-1].task_id if len(found) == limit else None)


def csv_of(applications: list[StoredApplication]) -> str:
    """The table as CSV (RFC 4180). What a site wrote cannot become a formula: such a cell begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for application in applications:
        view = _view(application)
        cells = [
            view.evidence.get("confirmation") if name == "confirmation" else getattr(view, name) for name in COLUMNS
        ]
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _view(application: StoredApplication) -> ApplicationView:
    return ApplicationView(**{name: getattr(application, name) for name in ApplicationView.model_fields})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "astimezone"):
        return rfc3339(value)
    text = str(value)
    if isinstance(value, str) and (text.startswith(_BLANKS) or text.lstrip().startswith(_FORMULA)):
        return f"'{text}"
    return text
