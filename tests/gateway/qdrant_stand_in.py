"""A Qdrant server's REST interface, as far as the gateway uses it, over the client library's embedded engine."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import uvicorn
from qdrant_client import QdrantClient
from qdrant_client import models as qdrant
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class QdrantStandIn:
    """asked: what was sent to the points' endpoints, as (endpoint, body). key: the api-key that is wanted."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.indexes: dict[str, Any] = {}
        self._engine = QdrantClient(":memory:")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = int(listener.getsockname()[1])
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        collection = "/collections/{name}"
        app = Starlette(
            routes=[
                Route(f"{collection}/exists", self._exists),
                Route(collection, self._create, methods=["PUT"]),
                Route(f"{collection}/index", self._index, methods=["PUT"]),
                Route(f"{collection}/points", self._points, methods=["PUT"]),
                Route(f"{collection}/points/{{what}}", self._points, methods=["POST"]),
            ]
        )
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
            self._server = None

    def lose_volume(self) -> None:
        self._engine = QdrantClient(":memory:")

    def rows(self, collection: str = "resume_facts") -> list[dict[str, Any]]:
        """Payloads of all points."""
        return [dict(point.payload or {}) for point in self._engine.scroll(collection, limit=10_000)[0]]

    def drop(self, collection: str, which: qdrant.Filter) -> None:
        self._engine.delete(collection, qdrant.FilterSelector(filter=which))

    async def _exists(self, request: Request) -> JSONResponse:
        return self._answer(request, {"exists": self._engine.collection_exists(request.path_params["name"])})

    async def _create(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        if self._engine.collection_exists(name):
            return JSONResponse({"status": {"error": "already exists"}}, 409)
        body = qdrant.CreateCollection.model_validate(await request.json())
        self._engine.create_collection(name, vectors_config=body.vectors)
        return self._answer(request, True)

    async def _index(self, request: Request) -> JSONResponse:
        body = await request.json()
        self.indexes[f"{request.path_params['name']}.{body['field_name']}"] = body["field_schema"]
        return self._answer(request, _DONE)

    async def _points(self, request: Request) -> JSONResponse:
        name, what = request.path_params["name"], request.path_params.get("what", "upsert")
        body = await request.json()
        self.asked.append((what, body))
        if not self._engine.collection_exists(name):
            return JSONResponse({"status": {"error": "not found"}}, 404)
        if what == "upsert":
            self._engine.upsert(name, [qdrant.PointStruct.model_validate(point) for point in body["points"]])
            return self._answer(request, _DONE)
        which = qdrant.Filter.model_validate(body["filter"])
        if what == "delete":
            self._engine.delete(name, qdrant.FilterSelector(filter=which))
            return self._answer(request, _DONE)
        if what == "count":
            return self._answer(request, {"count": self._engine.count(name, which).count})
        if what == "scroll":
            points, _ = self._engine.scroll(name, which, limit=body["limit"])
            return self._answer(request, {"points": [_json(point) for point in points], "next_page_offset": None})
        assert what == "query", what
        found = self._engine.query_points(
            name,
            body["query"]["nearest"],
            query_filter=which,
            limit=body["limit"],
            score_threshold=body["score_threshold"],
        )
        return self._answer(request, {"points": [_json(point) for point in found.points]})

    def _answer(self, request: Request, result: Any) -> JSONResponse:
        if request.headers.get("api-key") != self.key:
            return JSONResponse({"status": {"error": "Must provide an API key"}}, 401)
        return JSONResponse({"result": result, "status": "ok", "time": 0.0})


_DONE = {"operation_id": 1, "status": "completed"}


def _json(point: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = point.model_dump(mode="json", exclude_none=True)
    return dumped
