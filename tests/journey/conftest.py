"""The journey's ground: the real cluster with the chart and the careers site, laid once for all its tests."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest

from jobhunter_dev import ground
from jobhunter_dev.applied_task import AppliedTask, Field
from jobhunter_dev.home import Home
from jobhunter_dev.installation import NAMESPACE
from jobhunter_dev.progress import Progress
from nats_server import nats_client

DEV = Path(__file__).resolve().parents[2] / "dev"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a journey."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def field() -> Iterator[Field]:
    """JobHunter installed with test holds on, its pauses at zero, and the careers site.

    JOBHUNTER_POSTINGS names a file: at the end, what the site accepted of each posting goes there, beside what was allowed.
    """
    home = Home.of_environment()
    said = subprocess.run(
        [sys.executable, "-m", "jobhunter_dev", "status", "--json"],
        env={**os.environ, "PYTHONPATH": str(DEV)},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0:
        pytest.fail("The local cluster is not running: make cluster-up (a journey that is skipped counts as failed).")
    place, _ = ground.lay(
        Progress(sys.stderr),
        home,
        overrides={"operator": {"testHolds": True}, "sessions": {"pauseScale": 0}},
    )
    made = Field(place, json.loads(said.stdout)["containerd"])
    made.profile_secret()
    yield made
    if file := os.environ.get("JOBHUNTER_POSTINGS"):
        counted = []
        for (kind, job), allowed in made.postings.items():
            outcomes = [post["outcome"] for post in place.site_record(kind, job)]
            counted.append({"kind": kind, "job": job, "allowed": allowed, "accepted": outcomes.count("accepted")})
        Path(file).write_text(json.dumps(counted))


@pytest.fixture
def leases(field: Field) -> Callable[[AppliedTask], list[str]]:
    """The states of a task's submission leases, read from the real bucket through a port-forward."""
    secret = field.kubectl.get("secret", "jobhunter-nats-operator", NAMESPACE)
    assert secret is not None
    user, password = (base64.b64decode(secret["data"][key]).decode() for key in ("user", "password"))

    async def read(port: int, uid: str) -> list[str]:
        connection = await nats_client(f"nats://127.0.0.1:{port}", user=user, password=password)
        try:
            bucket = await connection.jetstream().key_value("submission")
            keys = [key for key in await bucket.keys() if not key.startswith("task.")]
            records = [json.loads((await bucket.get(key)).value or b"{}") for key in keys]
            return [record["state"] for record in records if record.get("task_uid") == uid]
        except nats.js.errors.NoKeysError:
            return []
        finally:
            await connection.close()

    def states(task: AppliedTask) -> list[str]:
        with field.kubectl.forwarded(NAMESPACE, "svc/jobhunter-nats", 4222) as port:
            return asyncio.run(read(port, task.uid))

    return states
