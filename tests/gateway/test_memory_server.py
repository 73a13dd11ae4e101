"""The memory over a Qdrant server: shared by gateways, filtered by user, made again when it is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from qdrant_client import models as qdrant

from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway.memory_index import RESUME_FACTS, TASK_HISTORY, MemoryIndex
from jobhunter_gateway.passages import Piece
from qdrant_stand_in import QdrantStandIn

KEY = "a key of the tests alone"
QUESTION = "Experience with Python?"


@pytest.fixture
def server() -> Iterator[QdrantStandIn]:
    server = QdrantStandIn(KEY)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def index(server: QdrantStandIn) -> Iterator[MemoryIndex]:
    index = MemoryIndex(server.url, KEY)
    yield index
    index.close()


@pytest.fixture
def other(server: QdrantStandIn) -> Iterator[MemoryIndex]:
    """Another gateway's."""
    index = MemoryIndex(server.url, KEY)
    yield index
    index.close()


def pieces(who: str, number: int = 1) -> list[Piece]:
    return [Piece(f"{who} built payment APIs in Python, {n}", f"cv.pdf, page {n}") for n in range(1, number + 1)]


def found(index: MemoryIndex, user: str, revision: int) -> list[str] | None:
    passages = index.search(user, revision, QUESTION, 4, 0.2)
    return None if passages is None else [passage.text for passage in passages]


def test_another_gateway_takes_what_the_first_made(index: MemoryIndex, other: MemoryIndex) -> None:
    assert found(index, "asha", 1) is None
    index.rebuild("asha", 1, pieces("Asha", 3))
    assert len(found(other, "asha", 1) or []) == 3
    index.rebuild("asha", 2, pieces("Asha Rao"))
    assert found(other, "asha", 2) == ["Asha Rao built payment APIs in Python, 1"]


def test_nobody_gets_anothers_passages(index: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha"))
    index.rebuild("ben", 1, pieces("Ben"))
    assert found(index, "asha", 1) == ["Asha built payment APIs in Python, 1"]
    assert found(index, "ben", 1) == ["Ben built payment APIs in Python, 1"]
    assert {row["user_id"] for row in server.rows()} == {"asha", "ben"}


def test_every_request_for_points_names_one_user(index: MemoryIndex, other: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha", 2))
    found(index, "asha", 1)
    found(other, "asha", 1)
    other.rebuild("asha", 2, [])
    assert {what for what, _ in server.asked} == {"upsert", "delete", "query", "scroll", "count"}
    for what, body in server.asked:
        if what == "upsert":
            assert all(point["payload"]["user_id"] == "asha" for point in body["points"])
        else:
            assert {"key": "user_id", "match": {"value": "asha"}} in body["filter"]["must"], what


def test_the_user_id_is_indexed_as_a_tenants(index: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, [])
    for collection in (RESUME_FACTS, TASK_HISTORY):
        assert server.indexes[f"{collection}.user_id"]["is_tenant"] is True


def test_what_was_deleted_is_gone_from_the_server(index: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha", 3))
    index.rebuild("asha", 2, [])
    assert server.rows() == []
    assert found(index, "asha", 2) == []


def test_what_a_user_no_longer_has_is_taken_from_the_server_at_once(
    index: MemoryIndex, other: MemoryIndex, server: QdrantStandIn
) -> None:
    index.rebuild("asha", 1, pieces("Asha", 3))
    index.rebuild("ben", 1, pieces("Ben"))
    assert len(found(other, "asha", 1) or []) == 3
    other.forget("asha")  # whichever gateway was told
    assert [row["user_id"] for row in server.rows()] == ["ben"]
    assert found(index, "asha", 1) is None
    assert found(other, "asha", 2) is None


def test_a_gateway_that_is_behind_takes_nothing_away(index: MemoryIndex, other: MemoryIndex) -> None:
    index.rebuild("asha", 2, pieces("Asha Rao"))
    other.rebuild("asha", 1, pieces("Asha"))
    assert found(index, "asha", 2) == ["Asha Rao built payment APIs in Python, 1"]


def test_half_an_index_is_none(index: MemoryIndex, other: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha", 3))
    one = qdrant.FieldCondition(key="source", match=qdrant.MatchValue(value="cv.pdf, page 2"))
    server.drop(RESUME_FACTS, qdrant.Filter(must=[one]))
    assert found(other, "asha", 1) is None  # whoever made it ended before it was done
    other.rebuild("asha", 1, pieces("Asha", 3))
    assert len(server.rows()) == 3


def test_a_server_that_lost_its_volume_is_filled_again(index: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha"))
    server.lose_volume()
    with pytest.raises(Unavailable):
        found(index, "asha", 1)
    assert found(index, "asha", 1) is None
    index.rebuild("asha", 1, pieces("Asha"))
    assert len(found(index, "asha", 1) or []) == 1


def test_a_server_that_is_away_is_said_to_be(index: MemoryIndex, server: QdrantStandIn) -> None:
    index.rebuild("asha", 1, pieces("Asha"))
    server.stop()
    with pytest.raises(Unavailable, match="Qdrant does not answer"):
        found(index, "asha", 1)
    server.start()
    assert len(found(index, "asha", 1) or []) == 1


def test_a_wrong_key_is_said(server: QdrantStandIn) -> None:
    index = MemoryIndex(server.url, "wrong")
    with pytest.raises(Unavailable, match="UnexpectedResponse"):
        found(index, "asha", 1)
    index.close()
