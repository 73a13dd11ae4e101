"""user_profiles: one profile a user, guarded by its revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.users import ensure_user


class RevisionConflict(JobHunterError):
    """What was to be changed is not what its writer had read; `found` is its revision now, 0 where it is not there."""

    code = "revision-conflict"

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(
            f"it was changed meanwhile (revision {found} now)", where="profile", remedy="Load it anew and try again"
        )


@dataclass(frozen=True)
class StoredProfile:
    """A profile as it was put. revision: 1 at first, one more with each change."""

    profile: dict[str, Any]
    revision: int
    updated_at: datetime


async def get(connection: Connection) -> StoredProfile | None:
    """The profile of the transaction's user."""
    row = await connection.fetchrow("SELECT profile, revision, updated_at FROM user_profiles")
    return None if row is None else StoredProfile(**row)


async def exists(connection: Connection) -> bool:
    """Whether the transaction's user has a profile."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM user_profiles)"))


async def put(
    connection: Connection, user_id: str, profile: dict[str, Any], expected_revision: int | None = None
) -> StoredProfile:
    """Writes the profile. expected_revision: what was read (0: nothing was there), None for any.

    Raises RevisionConflict where it is another now.
    """
    await ensure_user(connection, user_id)
    # The user's row is locked first: of two who come at once the second sees what the first wrote.
    await connection.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", user_id)
    found = await connection.fetchval("SELECT revision FROM user_profiles WHERE user_id = $1", user_id) or 0
    if expected_revision is not None and expected_revision != found:
        raise RevisionConflict(found)
    row = await connection.fetchrow(
        """INSERT INTO user_profiles AS p (user_id, profile) VALUES ($1, $2)
           ON CONFLICT (user_id) DO UPDATE
           SET profile = excluded.profile, revision = p.revision + 1, updated_at = clock_timestamp()
           RETURNING profile, revision, updated_at""",
        user_id,
        profile,
    )
    assert row is not None  # noqa: S101 - INSERT … RETURNING returns the row
    return StoredProfile(**row)
