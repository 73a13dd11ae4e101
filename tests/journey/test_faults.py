"""Kills at every stage: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time

import pytest

from jobhunter_dev.applied_task import SESSIONS, AppliedTask, Field
from jobhunter_dev.kubectl import wait_until

HOLD = 8
"""Seconds between lease and press where a test needs to act in between."""

BEFORE_LEASE = ("admitted", "pod created", "bound", "filling", "draft")
STAGES = (*BEFORE_LEASE, "lease taken", "pressed", "reported")


def start(field: Field, stage: str) -> AppliedTask:
    """A task that will stand still at `stage` long enough to be hit there."""
    if stage == "pressed":
        return field.apply("slow-submit", questionTimeoutSeconds=10)
    return field.apply(hold={"lease taken": HOLD, "reported": HOLD // 2}.get(stage, 0))


def reach(field: Field, task: AppliedTask, stage: str, leases) -> None:
    """Returns as soon as the task is at `stage`, its draft confirmed on the way where it must be."""
    if stage == "admitted":
        task.wait_condition("Admitted")
    elif stage == "pod created":
        wait_until("the pod", task.pod, seconds=60, pause=0.02)
    elif stage == "bound":
        task.wait("the binding", lambda seen: bool(seen.get("podUid")))
    elif stage == "filling":
        path = f"/{task.kind}/jobs/{task.job}"
        wait_until("the visit", lambda: path in str(field.visits()), seconds=60, pause=0.05)
    else:
        draft = task.wait_draft()
        if stage == "draft":
            return
        task.answer(draft, "confirm")
        if stage in ("lease taken", "reported"):
            wait_until("the lease", lambda: leases(task) == ["taken"], seconds=60, pause=0.05)
            assert task.posts() == []
        else:
            wait_until("the post", task.posts, seconds=60, pause=0.05)


def wait_reported(task: AppliedTask) -> None:
    """From the lease on: the runner presses, tells its end and ends. The operator, frozen, has not written it down."""
    wait_until(
        "the runner's end", lambda: (pod := task.pod()) and pod.status.phase == "Succeeded", seconds=60, pause=0.1
    )
    assert not task.status.get("completionTime")


def finish(task: AppliedTask) -> dict:
    """Confirms whatever draft comes until the task ends."""
    answered: set[str] = set()
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        status = task.status
        if status.get("completionTime"):
            return status
        for item in status.get("pendingInputs") or []:
            if item["kind"] == "review" and item["id"] not in answered:
                answered.add(item["id"])
                if not any(done["id"] == item["id"] for done in task.read()["spec"].get("responses") or []):
                    task.answer(item["id"], "confirm")
        time.sleep(0.1)
    raise AssertionError(f"no end: {task.status}")


@pytest.mark.parametrize("stage", STAGES)
def test_the_operator_killed_at_any_stage_submits_once(field: Field, leases, stage: str) -> None:
    task = start(field, stage)
    reach(field, task, stage, leases)
    if stage == "reported":
        with field.operator_frozen():
            wait_reported(task)
            field.kill_operator()
    else:
        field.kill_operator()
    assert finish(task)["reason"] == "Submitted"
    assert len(task.posts()) == 1
    assert task.status["attempts"] == 1


@pytest.mark.parametrize("stage", BEFORE_LEASE[1:])
def test_a_runner_killed_before_the_lease_is_replaced_and_submits_once(field: Field, leases, stage: str) -> None:
    task = start(field, stage)
    reach(field, task, stage, leases)
    task.kill_runner()
    status = finish(task)
    assert status["reason"] == "Submitted"
    assert len(task.posts()) == 1
    assert status["attempts"] == 2


def test_a_runner_killed_with_the_lease_but_before_the_press_never_posts(field: Field, leases) -> None:
    task = start(field, "lease taken")
    reach(field, task, "lease taken", leases)
    task.kill_runner()
    status = task.end()
    assert status["reason"] == "SubmissionUnconfirmed"
    time.sleep(HOLD)
    assert task.posts() == []
    assert status["attempts"] == 1


def test_a_runner_killed_after_the_press_is_unconfirmed_with_one_post(field: Field, leases) -> None:
    task = start(field, "pressed")
    reach(field, task, "pressed", leases)
    task.kill_runner()
    status = task.end()
    assert status["reason"] == "SubmissionUnconfirmed"
    assert status["attempts"] == 1
    assert len(task.posts()) == 1


def test_a_runner_killed_after_its_report_stays_submitted(field: Field, leases) -> None:
    task = start(field, "reported")
    reach(field, task, "reported", leases)
    with field.operator_frozen():
        wait_reported(task)
        ended = task.pod().metadata.name  # its termination message goes with it: what it told over NATS must do
        field.kubectl.run("delete", "pod", ended, "-n", SESSIONS, "--grace-period=0", "--force", "--wait=false")
        wait_until("the pod to be gone", lambda: task.pod() is None, seconds=60)
    status = finish(task)
    assert status["reason"] == "Submitted"
    assert len(task.posts()) == 1
    assert status["attempts"] == 1


def test_a_browser_killed_while_filling_is_replaced(field: Field, leases) -> None:
    task = start(field, "filling")
    reach(field, task, "filling", leases)
    field.kill_container(task.pod(), "browser")
    status = finish(task)
    assert status["reason"] == "Submitted"
    assert len(task.posts()) == 1
    assert status["attempts"] == 2


@pytest.mark.parametrize("stage", ["filling", "draft", "lease taken"])
def test_nats_deleted_mid_task_loses_and_doubles_nothing(field: Field, leases, stage: str) -> None:
    task = start(field, stage)
    reach(field, task, stage, leases)
    field.delete_pods("nats")
    assert finish(task)["reason"] == "Submitted"
    assert len(task.posts()) == 1
    assert task.status["attempts"] == 1
