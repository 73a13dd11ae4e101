"""How large a request's body may be, whether its length is declared or it comes in chunks, and how long it may take."""

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobhunter_gateway.problems import ProblemResponse
from jobhunter_gateway.settings import Settings

MULTIPART_OVERHEAD = 64 * 1024
"""Bytes that an upload may have beside its document: boundaries, headers, the other fields."""
BODY_SECONDS = 60.0
"""From the first look for a body to its end: 5 MiB over a slow phone."""
_DIGITS = 15
DOCUMENTS_PATH = "/api/documents"


class RequestLimits:
    """413, before the body is read where its length is declared, else as soon as it has grown too large. 408 for a slow one."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._settings.request_limit_bytes
        if scope["path"].rstrip("/") == DOCUMENTS_PATH:
            limit = self._settings.document_limit_bytes + MULTIPART_OVERHEAD
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or len(declared) > _DIGITS or int(declared) > limit:
            words = f"The request's body may have {limit} bytes at most."
            await ProblemResponse(413, "too-large", words, headers={"Connection": "close"})(scope, receive, send)
            return
        seen, whole, until = 0, False, 0.0

        async def counted() -> Message:
            nonlocal seen, whole, until
            if whole:
                return await receive()  # waits for the client to go, however long the answer takes
            until = until or asyncio.get_running_loop().time() + BODY_SECONDS
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            whole = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)
