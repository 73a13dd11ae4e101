"""The ConfigMap that names the trusted bucket is not there: a first installation, but only where no task ever ran."""

from __future__ import annotations

import re
from typing import Any

import pytest
from memory_api import NAMESPACE, TASKS, MemoryKube
from nats.js import JetStreamContext
from test_nats_layout import CONFIG_MAPS, js, kube, layout, lose_bucket

from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.names import PLURAL
from jobhunter_operator.nats_layout import CONFIG_MAP
from jobhunter_operator.operator import SILENT

__all__ = ["js", "kube"]
SESSIONS = {"session_namespaces": [NAMESPACE]}


def config_map_identity(kube: MemoryKube) -> str:
    return str(kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]["data"]["identity"])


def forget_identity(kube: MemoryKube) -> None:
    del kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]


def add_task(kube: MemoryKube, name: str, **status: Any) -> None:
    kube.add(TASKS, {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": {}, "status": status})


async def lose_bucket_and_identity(js: JetStreamContext, kube: MemoryKube) -> None:
    await layout(kube, **SESSIONS).ensure(js)
    await lose_bucket(js)
    forget_identity(kube)


async def test_a_deleted_config_map_is_no_first_installation_where_a_task_ran(
    js: JetStreamContext, kube: MemoryKube
) -> None:
    await lose_bucket_and_identity(js, kube)
    add_task(kube, "waits")
    add_task(kube, "sent", attempts=1)
    restarted = layout(kube, reseed_cron_job="ours-reseed", **SESSIONS)
    await restarted.ensure(js)
    assert restarted.gate.identity == ""
    assert f"ConfigMap {CONFIG_MAP}" in restarted.gate.why
    assert "was gone although tasks have run" in restarted.gate.why
    assert "kubectl -n jobhunter create job reseed --from=cronjob/ours-reseed" in restarted.gate.why
    command = re.search(r"kubectl -n jobhunter patch configmap (\S+) .* -p '(.*)'", restarted.gate.why)
    assert command is not None
    assert command.group(1) == CONFIG_MAP

    for path in [path for path in kube.objects if path.startswith(TASKS)]:
        del kube.objects[path]
    later = layout(kube, **SESSIONS)
    for _ in range(2):
        await later.check(js)
        assert "was gone although tasks have run" in later.gate.why, "it stays shut when the tasks are gone, too"

    config_map = kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]
    acknowledged = command.group(2).split('"')[5]
    config_map["data"]["acknowledged"] = acknowledged
    await later.check(js)
    assert (later.gate.why, later.gate.identity) == ("", acknowledged)
    assert config_map_identity(kube) == acknowledged


async def test_a_config_map_put_back_opens_the_gate_for_the_bucket_it_names(
    js: JetStreamContext, kube: MemoryKube
) -> None:
    await layout(kube, **SESSIONS).ensure(js)
    backup = config_map_identity(kube)
    forget_identity(kube)
    add_task(kube, "sent", attempts=1)
    restarted = layout(kube, **SESSIONS)
    await restarted.ensure(js)
    assert restarted.gate.why
    kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]["data"]["identity"] = backup
    await restarted.check(js)
    assert (restarted.gate.why, restarted.gate.identity) == ("", backup)


async def test_tasks_that_never_ran_are_a_first_installation(js: JetStreamContext, kube: MemoryKube) -> None:
    add_task(kube, "waits")
    add_task(kube, "waits-too", attempts=0)
    made = layout(kube, **SESSIONS)
    await made.ensure(js)
    assert made.gate.why == ""
    assert config_map_identity(kube) == made.gate.identity


async def test_a_task_in_any_namespace_of_sessions_counts(js: JetStreamContext, kube: MemoryKube) -> None:
    add_task(kube, "sent", attempts=2)
    made = layout(kube, session_namespaces=["another", NAMESPACE])
    await made.ensure(js)
    assert made.gate.why


async def test_where_the_tasks_cannot_be_listed_the_gate_is_shut_and_nothing_is_written(
    js: JetStreamContext, kube: MemoryKube
) -> None:
    kube.fail["GET", PLURAL] = Unavailable("the API server does not answer")
    made = layout(kube, **SESSIONS)
    with pytest.raises(Unavailable):
        await made.ensure(js)
    assert made.gate.why
    assert kube.objects == {}
    await made.check(js)
    assert made.gate.why == ""


async def test_an_operator_that_knows_the_bucket_names_it_again(js: JetStreamContext, kube: MemoryKube) -> None:
    """Its ConfigMap is deleted while it runs, then the connection is lost: it is the very bucket it trusted."""
    made = layout(kube, **SESSIONS)
    await made.ensure(js)
    before = made.gate
    add_task(kube, "sent", attempts=1)
    forget_identity(kube)
    made.close_gate(SILENT)
    await made.ensure(js)
    assert made.gate == before
    assert config_map_identity(kube) == before.identity
    forget_identity(kube)
    await lose_bucket(js)
    await made.check(js)
    assert "was gone although tasks have run" in made.gate.why, "another bucket it does not know"
