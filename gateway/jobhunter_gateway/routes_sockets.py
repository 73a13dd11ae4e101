"""The sockets: who may look at which task. What then goes over them is the hub's.

A session that is somebody else's and one that never was are answered alike, and after the same time: docs/adr/0007.
"""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket

from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway.hub import refuse
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.rates import Rate
from jobhunter_gateway.socket_messages import CLOSE_NO_SESSION, CLOSE_NOT_YOURS, CLOSE_TRY_AGAIN
from jobhunter_gateway.tokens import BadToken, SignedIn, signed_in

logger = logging.getLogger(__name__)
router = APIRouter()
LOOK_AGAIN_SECONDS = 0.5
"""After which a session that seems not to be the user's is looked for once more: another gateway may have just made it."""

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIRROR_SECONDS = 5.0
_EVENT_ID_LIMIT = 200


@router.websocket("/ws/{session_id}")
@router.websocket("/agent/tasks/{session_id}/stream")
async def watch(socket: WebSocket, session_id: str) -> None:
    """The session's events and frames. ?token= says who it is, ?after=<event_id> where it goes on."""
    token, after = socket.query_params.get("token", ""), socket.query_params.get("after", "")
    if not _same_origin(socket):
        await socket.close()  # before it is accepted: 403, and no page of another site gets to talk here
        return
    parts: Parts = socket.app.state.parts
    await socket.accept()
    refusal = await _refusal(socket, parts, session_id, token)
    if isinstance(refusal, SignedIn):
        await parts.hub.serve(socket, refusal, session_id, after[:_EVENT_ID_LIMIT])
        return
    code, reason = refusal
    parts.metrics.socket_closes.labels(code=code).inc()
    await refuse(socket, code, reason)


async def _refusal(socket: WebSocket, parts: Parts, session_id: str, token: str) -> tuple[int, str] | SignedIn:
    """Who it is, if the session is theirs; else the close code and why."""
    try:
        who = signed_in(token, parts.settings)
    except BadToken as error:
        if parts.rates.hit(Rate.BEFORE_SIGN_IN, socket.client.host if socket.client else "unknown") is not None:
            return CLOSE_TRY_AGAIN, "too many tries"
        return CLOSE_NOT_YOURS, error.what
    if parts.rates.hit(Rate.SOCKET_OPENS, who.user_id) is not None:
        return CLOSE_TRY_AGAIN, "too many sockets were opened"
    if not _UID.fullmatch(session_id):
        return CLOSE_NO_SESSION, "no session has such an id"
    try:
        if await _is_theirs(parts, session_id, who.user_id):
            return who
    except Unavailable as error:
        logger.info("whose session it is cannot be said: %s", error)
        return CLOSE_TRY_AGAIN, "try again"
    return CLOSE_NOT_YOURS, "you have no such session"


async def _is_theirs(parts: Parts, task_uid: str, user_id: str) -> bool:
    """Raises Unavailable where it cannot be said. The store is asked before anything is denied, whatever the mirror has."""
    for _ in range(2):
        if parts.tasks.owner(task_uid) == user_id:
            return True
        stored = await parts.store.owner_of(task_uid)
        if stored == user_id:
            return True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    if not await parts.tasks.wait_ready(_MIRROR_SECONDS):
        raise Unavailable("the tasks are not listed yet", where="API server")
    return parts.tasks.owner(task_uid) == user_id


def _same_origin(socket: WebSocket) -> bool:
    """Programs send no Origin; a browser's must be the gateway's own."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == socket.headers.get("host", "").lower() != ""
    except ValueError:
        return False
