"""What the memory answers, from whose texts, and that it needs no network for it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from jobhunter_gateway import documents_table, profiles
from jobhunter_gateway.documents_table import NewDocument
from jobhunter_gateway.embedding import DIMENSIONS, Embedding
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.memory_index import TASK_HISTORY, MemoryIndex
from jobhunter_gateway.passages import Piece
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store

ASHA = [
    "Senior Software Engineer at Acme Corp, 2018-02 to 2023-05. Built payment APIs in Python and PostgreSQL.",
    "Education: Master of Science in Computer Science, TU Munich, 2014 to 2016",
    "Led a team of five engineers migrating services to Kubernetes. Hired three of them and mentored two juniors.",
    "Languages: English (fluent), German (native)",
    "Certificate: Certified Kubernetes Administrator, Linux Foundation, 2021",
    "Reduced the monthly cloud bill by 35 % by moving batch work to spot instances.",
    "Project: openledger, an open source double entry accounting library with 2,000 users.",
]
ANSWERED = {
    "How many years of experience with Python do you have?": 0,
    "Which university did you attend?": 1,
    "What is your highest degree?": 1,
    "Which languages do you speak?": 3,
    "Do you hold any certification?": 4,
    "Tell us about a time you saved costs": 5,
    "Have you contributed to open source projects?": 6,
}
UNANSWERED = ["What is your shirt size?", "Are you allergic to penicillin?", "Can you lift 50 pounds?", "zebra"]


async def upload(store: Store, user: str, text: str, filename: str = "cv.txt") -> str:
    data = text.encode()
    new = NewDocument(
        kind="resume",
        filename=filename,
        media_type="text/plain",
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        text=text,
    )
    async with store.user(user) as connection:
        return (await documents_table.add(connection, user, new)).id


@pytest.fixture
async def memory(store: Store) -> AsyncIterator[Memory]:
    memory = Memory(Settings(), store)
    await memory.start()
    yield memory
    await memory.close()


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    return Embedding()


async def texts(memory: Memory, user: str, query: str, k: int = 4) -> list[str]:
    return [passage.text for passage in await memory.retrieve_user_context(user, query, k)]


# the embedding


def test_vectors_are_of_length_one(embedding: Embedding) -> None:
    vectors = embedding.of(["Python and PostgreSQL", "what is it", "  ", "", "😀", "\u0915"])
    assert vectors.shape == (6, DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors[:2], axis=1), 1, atol=1e-5)
    assert not np.isnan(vectors).any()


def test_the_embedding_and_qdrant_touch_no_network() -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('the network was touched')\n"
        "sys.addaudithook(lambda event, args: refuse() if event in"
        " ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname', 'socket.sendto') else None)\n"
        "from jobhunter_gateway.memory_index import MemoryIndex\n"
        "from jobhunter_gateway.passages import Piece\n"
        "index = MemoryIndex()\n"
        "index.rebuild('asha', 1, [Piece('Engineer at Acme', 'cv.pdf, page 1')])\n"
        "print(index.search('asha', 1, 'engineer', 4, 0.2)[0].source)\n"
    )
    environment = {**os.environ, "HOME": "/nonexistent", "HF_HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.stdout.strip() == "cv.pdf, page 1", done.stderr
    with pytest.raises(subprocess.CalledProcessError):  # the guard would have seen it
        subprocess.run(
            [sys.executable, "-c", program.split("from jobhunter")[0] + "socket.create_connection(('127.0.0.1', 9))"],
            check=True,
            capture_output=True,
        )


# what is answered


async def test_questions_that_a_resume_answers_get_their_passage(memory: Memory, store: Store) -> None:
    await upload(store, "asha", "\n\n".join(line.ljust(300, ".") for line in ASHA))
    right = [(await texts(memory, "asha", question))[:1] for question in ANSWERED]
    wanted = [ASHA[number] for number in ANSWERED.values()]
    hits = sum(bool(found) and found[0].startswith(expected) for found, expected in zip(right, wanted, strict=True))
    assert hits >= len(ANSWERED) - 1, right


async def test_questions_that_nothing_is_near_get_nothing(memory: Memory, store: Store) -> None:
    await upload(store, "asha", "\n\n".join(line.ljust(300, ".") for line in ASHA))
    assert [await texts(memory, "asha", question) for question in UNANSWERED] == [[], [], [], []]


async def test_a_passage_says_where_it_stands_and_how_near_it_is(memory: Memory, store: Store) -> None:
    await upload(store, "asha", ASHA[3])
    (found,) = await memory.retrieve_user_context("asha", "Which languages do you speak?")
    assert (found.text, found.source) == (ASHA[3], "cv.txt, line 1")
    assert 0.2 <= found.score <= 1


async def test_the_profile_answers_too(memory: Memory, store: Store) -> None:
    profile = {"work": [{"name": "Acme", "position": "Senior Engineer", "summary": "Payment APIs in Python"}]}
    async with store.user("asha") as connection:
        await profiles.put(connection, "asha", profile, None)
    (found,) = await memory.retrieve_user_context("asha", "Experience with Python?")
    assert found.source == "profile: work[0]"


async def test_no_more_than_k_come_and_the_best_comes_first(memory: Memory, store: Store) -> None:
    for number in range(6):
        await upload(store, "asha", f"Python engineer, {'and other things ' * number}", f"{number}.txt")
    found = await memory.retrieve_user_context("asha", "Python engineer", 3)
    assert len(found) == 3
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert found[0].source.startswith("0.txt")


@pytest.mark.parametrize("query", ["", "   ", "\n"])
async def test_an_empty_question_gets_nothing(memory: Memory, query: str) -> None:
    assert await memory.retrieve_user_context("asha", query) == []


async def test_a_user_without_anything_gets_nothing(memory: Memory) -> None:
    assert await memory.retrieve_user_context("nobody", "Python") == []


# whose


async def test_nobody_gets_anothers_passages(memory: Memory, store: Store) -> None:
    await upload(store, "asha", "Asha built payment APIs in Python at Acme.")
    await upload(store, "ben", "Ben built payment APIs in Python at Globex.")
    for _ in range(2):
        assert await texts(memory, "asha", "payment APIs in Python") == ["Asha built payment APIs in Python at Acme."]
        assert await texts(memory, "ben", "payment APIs in Python") == ["Ben built payment APIs in Python at Globex."]
        assert await texts(memory, "eve", "payment APIs in Python") == []


async def test_what_is_deleted_is_not_found_again(memory: Memory, store: Store) -> None:
    document = await upload(store, "asha", "Asha built payment APIs in Python at Acme.")
    assert await texts(memory, "asha", "Python APIs")
    async with store.user("asha") as connection:
        assert await documents_table.delete(connection, document)
    assert await texts(memory, "asha", "Python APIs") == []


async def test_a_second_gateway_answers_from_what_the_first_was_told(memory: Memory, store: Store) -> None:
    other = Memory(Settings(), store)
    await upload(store, "asha", "Asha built payment APIs in Python.")
    assert await texts(memory, "asha", "Python") == await texts(other, "asha", "Python") != []
    await upload(store, "asha", "Asha speaks German and English.", "languages.txt")
    for gateway in (memory, other):
        assert await texts(gateway, "asha", "Which languages does she speak?") == ["Asha speaks German and English."]
    await other.close()


async def test_many_may_ask_at_once(memory: Memory, store: Store) -> None:
    for user in ("asha", "ben", "cleo"):
        await upload(store, user, f"{user} built payment APIs in Python.")
    users = ["asha", "ben", "cleo"] * 10
    found = await asyncio.gather(*(texts(memory, user, "Python APIs") for user in users))
    assert found == [[f"{user} built payment APIs in Python."] for user in users]


# the index


@pytest.fixture
def index() -> Any:
    index = MemoryIndex(embedded_points=10)
    yield index
    index.close()


def pieces(number: int, words: str) -> list[Piece]:
    return [Piece(f"{words} {n}", f"{n}") for n in range(number)]


def test_who_was_not_asked_about_for_longest_makes_room(index: MemoryIndex) -> None:
    for user in ("asha", "ben"):
        index.rebuild(user, 1, pieces(4, "Python engineer"))
    assert index.search("asha", 1, "Python engineer", 4, 0.2)
    index.rebuild("cleo", 1, pieces(4, "Python engineer"))
    assert index.search("ben", 1, "Python engineer", 4, 0.2) is None  # to be rebuilt, which is not "nothing is near"
    assert len(index.search("asha", 1, "Python engineer", 20, 0.2) or []) == 4
    index.rebuild("dora", 1, pieces(30, "Python engineer"))
    assert len(index.search("dora", 1, "Python engineer", 40, 0.2) or []) == 30


def test_an_index_that_is_behind_does_not_answer(index: MemoryIndex) -> None:
    index.rebuild("asha", 1, pieces(2, "Python engineer"))
    assert index.search("asha", 2, "Python engineer", 4, 0.2) is None
    index.rebuild("asha", 2, pieces(1, "Go engineer"))
    assert [p.text for p in index.search("asha", 2, "engineer", 4, 0.2) or []] == ["Go engineer 0"]


def test_both_collections_are_there(index: MemoryIndex) -> None:
    index.rebuild("asha", 1, [])
    assert index._client.count(TASK_HISTORY).count == 0
