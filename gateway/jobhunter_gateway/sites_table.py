"""sites: what is known of each site that was applied at. It belongs to nobody; a user is shown those of their own tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_gateway.connection import Connection


@dataclass(frozen=True)
class StoredSite:
    """domain: host, with its port where that is not the scheme's own. tasks, last_at: the user's own there."""

    domain: str
    login_config: dict[str, Any]
    selectors: dict[str, Any]
    tasks: int
    last_at: datetime


async def seen(connection: Connection, domain: str) -> None:
    """Makes the site known."""
    await connection.execute("INSERT INTO sites (domain) VALUES ($1) ON CONFLICT DO NOTHING", domain)


async def of_user(connection: Connection) -> list[StoredSite]:
    """Sites of the transaction's user's tasks, by name."""
    rows = await connection.fetch(
        """SELECT s.domain, s.login_config, s.selectors, count(*)::int AS tasks, max(t.created_at) AS last_at
           FROM sites s JOIN tasks t ON t.site = s.domain GROUP BY s.domain ORDER BY s.domain"""
    )
    return [StoredSite(**row) for row in rows]
