"""Time: what stands still while a person is waited for, what ends a task, and what a lost browser may cost."""

from __future__ import annotations

import time

from jobhunter_dev.applied_task import Field

ACTIVE = 30


def test_deadlines_end_a_task_and_stand_still_while_a_person_is_waited_for(field: Field) -> None:
    started = time.monotonic()
    waits = field.apply(activeDeadlineSeconds=ACTIVE, softDeadlineSeconds=ACTIVE)
    draft = waits.wait_draft(ACTIVE)
    hurried = field.apply("slow", softDeadlineSeconds=5)
    hurried.wait_condition("BrowserReady")
    nodes = [node["metadata"]["name"] for node in field.kubectl.list("nodes")]
    field.kubectl.run("cordon", *nodes)
    try:
        homeless = field.apply(activeDeadlineSeconds=10, softDeadlineSeconds=10)
        homeless.wait_condition("PodScheduled", "False")
        assert homeless.end()["reason"] == "DeadlineExceeded"
    finally:
        field.kubectl.run("uncordon", *nodes)
    assert "activeDeadlineSeconds (10)" in homeless.condition("Succeeded")["message"]
    assert any(event["reason"] == "Unschedulable" for event in homeless.events()), "a person reads why it stood"
    assert hurried.end()["reason"] == "ManualApplicationRequired"
    assert f"/slow/jobs/{hurried.job}" in hurried.condition("Succeeded")["message"], "it hands over with the address"
    time.sleep(max(0.0, ACTIVE + 2 - (time.monotonic() - started)))
    waits.answer(draft, "confirm")
    status = waits.end()
    assert status["reason"] == "Submitted", status
    assert status["waitedSeconds"] >= 5
    assert len(waits.posts()) == 1


def test_a_lost_browser_is_not_replaced_where_backoff_limit_is_zero(field: Field) -> None:
    task = field.apply(backoffLimit=0)
    draft = task.wait_draft()
    task.kill_runner()
    status = task.end()
    assert status["reason"] == "BackoffLimitExceeded"
    assert status["attempts"] == 1
    assert "backoffLimit (0)" in task.condition("Succeeded")["message"]
    assert task.posts() == []
    task.answer(draft, "confirm")
    status = task.wait("the word on the late answer", lambda seen: bool(seen.get("responses")))
    assert [(entry["id"], entry["state"]) for entry in status["responses"]] == [(draft, "late")]
    assert task.posts() == []
