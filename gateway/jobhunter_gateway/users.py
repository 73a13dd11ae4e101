"""users: a row for each person who was ever heard of; whoever signs in is one."""

from __future__ import annotations

from jobhunter_gateway.connection import Connection


async def ensure_user(connection: Connection, user_id: str) -> None:
    """Makes the transaction's user known."""
    await connection.execute("INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING", user_id)
