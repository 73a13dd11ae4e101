"""ask.context over 1,000 passages: a runner's request over a real NATS, answered out of Qdrant and Postgres."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from figure import Figure, spread

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.asks import ContextQuery, ContextReply
from jobhunter_contracts.subjects import HEADER_ERROR, HEADER_POD, Ask, Owner, ask_subject
from jobhunter_gateway import documents_table
from jobhunter_gateway.asks_service import AsksService
from jobhunter_gateway.documents_table import NewDocument
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.migrate import migrate
from jobhunter_gateway.passages import of_document
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from nats_server import NatsServer, nats_client

LIMIT_MS = 30.0
PASSAGES = 1_000
QUESTIONS = 300
TESTS = Path(__file__).resolve().parents[1]
USER, TASK, POD = "bench", "bench-task", "bench-pod"

WHAT = ["Built", "Led", "Designed", "Moved", "Measured", "Taught", "Wrote", "Repaired", "Sold", "Planned"]
THINGS = ["payment APIs", "a warehouse", "a team of nine", "the search index", "a hospital's rota", "the data lake",
          "bridge bearings", "a training course", "the billing system", "a fleet of vans"]  # fmt: skip
WITH = ["Python", "PostgreSQL", "Kubernetes", "SAP", "steel", "volunteers", "Terraform", "Excel", "Go", "customers"]
ASKED = ["How many years of experience with {} do you have?", "Describe your work on {}.", "Have you ever used {}?"]


class _Tasks:
    """What the service reads of the mirror."""

    def get(self, uid: str) -> ApplicationTask:
        metadata = {"name": uid, "namespace": "n", "uid": uid, "creationTimestamp": "2026-11-20T09:30:00Z"}
        spec = {"userId": USER, "url": "https://careers.example.com/jobs/1"}
        return ApplicationTask.model_validate({"metadata": metadata, "spec": spec, "status": {"podUid": POD}})


def _fixtures(path: Path) -> ModuleType:
    """The tests' own PostgreSQL."""
    spec = importlib.util.spec_from_file_location(f"fixtures_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _text(draw: random.Random) -> str:
    """Paragraphs that make PASSAGES passages."""
    paragraphs = []
    for number in range(PASSAGES):
        sentences = [
            f"{draw.choice(WHAT)} {draw.choice(THINGS)} with {draw.choice(WITH)} in {draw.randrange(1990, 2026)}."
            for _ in range(6)
        ]
        paragraphs.append(f"Item {number}. {' '.join(sentences)}")
    return "\n\n".join(paragraphs)


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="jobhunter-bench-") as folder:
        gateway = _fixtures(TESTS / "gateway" / "conftest.py")
        Path(folder).chmod(0o755)  # PostgreSQL runs as an account of its own
        for name in ("postgres", "nats"):
            (Path(folder) / name).mkdir()
        postgres = gateway.PostgresServer(Path(folder) / "postgres", gateway._binaries())
        server = NatsServer(Path(folder) / "nats")
        try:
            postgres.initialise()
            postgres.run(gateway.ROLES)
            postgres.run("CREATE DATABASE bench OWNER jobhunter_owner")
            asyncio.run(migrate(postgres.url("jobhunter_owner", "bench")))
            server.start()
            first, times = asyncio.run(_ask(server.url, postgres.url("jobhunter_app", "bench")))
        finally:
            server.stop()
            postgres.stop()
    p50 = statistics.median(times)
    return [
        Figure(
            f"ask.context over {PASSAGES:,} passages, p50",
            f"{p50:.1f} ms",
            f"{LIMIT_MS:.0f} ms",
            "none published",
            p50 <= LIMIT_MS,
            f"{spread(times, 'ms')}; NATS request to reply, Qdrant embedded, the revision read from Postgres each time;"
            f" the first, which makes the index: {first:.0f} ms",
        )
    ]


async def _ask(nats_url: str, database_url: str) -> tuple[float, list[float]]:
    """Milliseconds of the first question, and of the others."""
    draw = random.Random(4711)
    settings, metrics = Settings(nats_url=nats_url), Metrics()
    async with Store(database_url) as store:
        text = _text(draw)
        made = len(of_document("cv.txt", text, None))
        assert made == PASSAGES, f"{made} passages, not {PASSAGES}"
        async with store.user(USER) as connection:
            new = NewDocument("resume", "cv.txt", "text/plain", "0" * 64, text.encode(), text)
            await documents_table.add(connection, USER, new)
        link, memory = NatsLink("gateway", settings, metrics), Memory(settings, store)
        await memory.start()
        tasks: Any = _Tasks()
        service = AsksService(link, store, tasks, memory, metrics)
        link.on_connected(service.start)
        await link.connect()
        runner = await nats_client(nats_url, user="runner", password="runner")

        async def asked() -> float:
            question = draw.choice(ASKED).format(draw.choice([*WITH, *THINGS]))
            begun = time.perf_counter()
            reply = await runner.request(
                ask_subject(TASK, Owner.GATEWAY, Ask.CONTEXT),
                ContextQuery(query=question).to_json(),
                timeout=30,
                headers={HEADER_POD: POD},
            )
            took = (time.perf_counter() - begun) * 1000
            assert HEADER_ERROR not in (reply.headers or {}), reply.data
            assert len(ContextReply.from_json(reply.data).passages) == 4, question
            return took

        first = await asked()
        times = [await asked() for _ in range(QUESTIONS)]
        await runner.close()
        await service.stop()
        await link.close()
        await memory.close()
    return first, times


if __name__ == "__main__":
    for figure in measure():
        print(figure.row())
