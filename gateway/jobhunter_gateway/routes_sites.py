"""The sites that a person applied at, and who a token says they are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from jobhunter_gateway import sites_table
from jobhunter_gateway.signed_in import PartsOf, SignedInUser, User
from jobhunter_gateway.task_views import Moment

router = APIRouter(prefix="/api", tags=["sites"])


class SiteView(BaseModel):
    """tasks, last_at: of your own tasks there."""

    domain: str
    login_config: dict[str, Any]
    selectors: dict[str, Any]
    tasks: int
    last_at: Moment


class Sites(BaseModel):
    sites: list[SiteView]


class Me(BaseModel):
    """expires_at: when the token is good no longer."""

    user_id: str
    expires_at: Moment


@router.get("/sites")
async def sites(user: User, parts: PartsOf) -> Sites:
    """Sites of your tasks, by name, with what is known of them."""
    async with parts.store.user(user) as connection:
        found = await sites_table.of_user(connection)
    return Sites(sites=[SiteView(**{name: getattr(site, name) for name in SiteView.model_fields}) for site in found])


@router.get("/me", tags=["sign-in"])
async def me(who: SignedInUser) -> Me:
    """Who you are, by your token."""
    return Me(user_id=who.user_id, expires_at=who.expires_at)
