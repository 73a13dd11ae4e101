"""The collections in Qdrant: embedded in this process, or a server. Synchronous: memory calls it in its threads."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qdrant_client import QdrantClient
from qdrant_client import models as qdrant
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from jobhunter_contracts.asks import Passage
from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway.embedding import DIMENSIONS, Embedding
from jobhunter_gateway.passages import Piece

logger = logging.getLogger(__name__)

RESUME_FACTS = "resume_facts"
TASK_HISTORY = "task_history"
"""Made, and empty until there are remembered answers (a later part): nothing stands in it that nobody said."""

EMBEDDED_POINTS = 2_400
"""Of all users together: embedded, a search looks at every point. Whoever was not asked about for longest goes first,
and is put back from Postgres when they are asked about again."""
KNOWN_USERS = 50_000
BATCH = 256
TIMEOUT_SECONDS = 5
_POINTS = uuid.UUID("6f1d2a52-5a3e-4c0e-9a57-0d7a5b1c7e11")
"""Namespace of the points' ids: the same passage of a revision has the same id, whoever writes it."""


@dataclass(frozen=True)
class _Known:
    revision: int
    points: int


class MemoryIndex:
    """Every point has its user_id and the revision that it belongs to, and every query is filtered by both."""

    def __init__(self, url: str = "", api_key: str = "", *, embedded_points: int = EMBEDDED_POINTS) -> None:
        self._url = url
        self._embedded_points = embedded_points
        self._embedding = Embedding()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._guard = threading.Lock()  # of _known: with a server, several threads
        self._ready = False
        self._client = (
            QdrantClient(url=url, api_key=api_key or None, timeout=TIMEOUT_SECONDS, check_compatibility=False)
            if url
            else QdrantClient(":memory:")
        )

    def close(self) -> None:
        self._client.close()

    def has(self, user_id: str, revision: int) -> bool:
        """Whether the user's passages are those of `revision`, or of a later one."""
        with self._guard:
            known = self._known.get(user_id)
        if known is not None and known.revision >= revision:
            return True
        with self._answering():
            return self._url != "" and self._found_on_server(user_id, revision)

    def search(self, user_id: str, revision: int, query: str, k: int, min_score: float) -> list[Passage] | None:
        """Best first; None where the index is not of that revision. Raises Unavailable."""
        if not self.has(user_id, revision):
            return None
        with self._guard:
            known = self._known.get(user_id)
            if known is None:
                return None
            self._known.move_to_end(user_id)
        if known.points == 0:
            return []
        vector = self._embedding.of([query])[0]
        with self._answering():
            found = self._client.query_points(
                RESUME_FACTS,
                query=vector.tolist(),
                query_filter=self._of(user_id, known.revision),
                limit=k,
                score_threshold=min_score,
                with_payload=["text", "source"],
            ).points
            if not found and self._url and self._count(user_id, known.revision) < known.points:
                with self._guard:
                    self._known.pop(user_id, None)  # the server lost its volume
                return None
        return [
            Passage(text=str(point.payload["text"]), source=str(point.payload["source"]), score=_score(point.score))
            for point in found
            if point.payload
        ]

    def rebuild(self, user_id: str, revision: int, pieces: list[Piece]) -> None:
        """Has the user's points be these; those of earlier revisions go. Raises Unavailable."""
        vectors = self._embedding.of([piece.text for piece in pieces])
        points = [
            qdrant.PointStruct(
                id=str(uuid.uuid5(_POINTS, f"{user_id}/{revision}/{number}")),
                vector=vector.tolist(),
                payload={
                    "user_id": user_id,
                    "revision": revision,
                    "of": len(pieces),
                    "text": piece.text,
                    "source": piece.source,
                },
            )
            for number, (piece, vector) in enumerate(zip(pieces, vectors, strict=True))
        ]
        with self._answering():
            if not self._url:
                self._make_room(user_id, len(points))
            for start in range(0, len(points), BATCH):
                self._client.upsert(RESUME_FACTS, points[start : start + BATCH], wait=True)
            # Not those of later ones: another gateway may have been ahead of this one.
            earlier = qdrant.FieldCondition(key="revision", range=qdrant.Range(lt=revision))
            self._delete(qdrant.Filter(must=[_whose(user_id), earlier]))
        self._remember(user_id, _Known(revision, len(points)))

    def forget(self, user_id: str) -> None:
        """Takes all points of the user out; they are made anew when one is asked about. Raises Unavailable."""
        with self._guard:
            known = self._known.pop(user_id, None)
        if self._url or known is not None:  # embedded, what is not known is not there
            with self._answering():
                self._delete(qdrant.Filter(must=[_whose(user_id)]))

    # what is there

    def _found_on_server(self, user_id: str, revision: int) -> bool:
        """Whether another gateway put all passages of the revision there."""
        first, _ = self._client.scroll(
            RESUME_FACTS, scroll_filter=self._of(user_id, revision), limit=1, with_payload=["of"]
        )
        if not first or not first[0].payload:
            return False
        points = int(first[0].payload["of"])
        if self._count(user_id, revision) < points:
            return False  # that gateway is at it, or died at it
        self._remember(user_id, _Known(revision, points))
        return True

    def _count(self, user_id: str, revision: int) -> int:
        return self._client.count(RESUME_FACTS, count_filter=self._of(user_id, revision), exact=True).count

    def _of(self, user_id: str, revision: int) -> qdrant.Filter:
        conditions: list[qdrant.Condition] = [_whose(user_id)]
        if (
            self._url
        ):  # embedded, one thread writes and reads: there are never two revisions, and a condition costs 5 ms
            conditions.append(qdrant.FieldCondition(key="revision", match=qdrant.MatchValue(value=revision)))
        return qdrant.Filter(must=conditions)

    def _remember(self, user_id: str, known: _Known) -> None:
        with self._guard:
            self._known[user_id] = known
            self._known.move_to_end(user_id)
            while len(self._known) > KNOWN_USERS:
                self._known.popitem(last=False)

    def _make_room(self, user_id: str, points: int) -> None:
        """Embedded: takes those out who were not asked about for longest."""
        others = [(user, known.points) for user, known in self._known.items() if user != user_id]
        there = sum(number for _, number in others)
        for user, number in others:
            if there + points <= self._embedded_points:
                break
            self.forget(user)
            there -= number

    def _delete(self, which: qdrant.Filter) -> None:
        self._client.delete(RESUME_FACTS, points_selector=qdrant.FilterSelector(filter=which), wait=True)

    # the collections

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Within it the collections are there, and Qdrant's errors are Unavailable."""
        try:
            if not self._ready:
                self._make_collections()
                self._ready = True
            yield
        except (ApiException, OSError) as error:
            if isinstance(error, UnexpectedResponse) and error.status_code == 404:
                self._ready = False  # they were deleted under us: the next call makes them again
                with self._guard:
                    self._known.clear()
            raise Unavailable(
                f"Qdrant does not answer ({type(error).__name__})", where=self._url, remedy="See whether it runs"
            ) from error

    def _make_collections(self) -> None:
        for name in (RESUME_FACTS, TASK_HISTORY):
            if self._client.collection_exists(name):
                continue
            try:
                self._client.create_collection(
                    name, vectors_config=qdrant.VectorParams(size=DIMENSIONS, distance=qdrant.Distance.COSINE)
                )
                if self._url:  # is_tenant: a user's points lie together, and each user is searched alone
                    self._client.create_payload_index(
                        name,
                        "user_id",
                        qdrant.KeywordIndexParams(type=qdrant.KeywordIndexType.KEYWORD, is_tenant=True),
                    )
                    self._client.create_payload_index(name, "revision", qdrant.PayloadSchemaType.INTEGER)
            except UnexpectedResponse as error:
                if error.status_code != 409:  # another gateway made it meanwhile
                    raise


def _whose(user_id: str) -> qdrant.FieldCondition:
    return qdrant.FieldCondition(key="user_id", match=qdrant.MatchValue(value=user_id))


def _score(score: float) -> float:
    return round(min(max(score, 0.0), 1.0), 4)
