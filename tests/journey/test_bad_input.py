"""Bad input gets a clear error and loses nothing: each with its words, on the real cluster."""

from __future__ import annotations

import json

import pytest
import yaml

from jobhunter_dev.applied_task import AppliedTask, Field
from jobhunter_dev.demo import EXAMPLES
from jobhunter_dev.installation import SESSIONS
from jobhunter_dev.kubectl import wait_until

CV = (EXAMPLES / "cv.pdf").read_bytes()


def waits_for(status: dict, reason: str) -> bool:
    """Whether the task waits for admission for that reason."""
    return any(c["type"] == "Admitted" and c["reason"] == reason for c in status.get("conditions") or [])


def without_secret(field: Field, name: str) -> None:
    """No such Secret, whatever an earlier run left on this cluster."""
    field.kubectl.run("delete", "secret", name, "-n", SESSIONS, "--ignore-not-found")


def message_of(task: AppliedTask, reason: str) -> str:
    """The words that Succeeded carries once the task has ended with `reason`."""
    status = task.end(60)
    assert status["reason"] == reason, json.dumps(status, indent=1)
    return str(task.condition("Succeeded")["message"])


def test_a_private_address_that_is_not_allowed_is_refused_with_the_value_to_set(field: Field) -> None:
    task = field.apply(url="http://10.96.0.1/jobs/1")
    message = message_of(task, "InvalidSpec")
    assert "10.96.0.1" in message
    assert "egress.allow" in message


def test_a_name_that_resolves_to_a_private_address_is_refused_by_the_guard(field: Field) -> None:
    task = field.apply(url="http://kubernetes.default.svc.cluster.local/jobs/1", questionTimeoutSeconds=5)
    message = message_of(task, "InvalidSpec")
    assert "egress.allow" in message


def test_a_missing_profile_waits_and_goes_on_when_it_comes(field: Field) -> None:
    without_secret(field, "comes-later")
    task = field.apply(profile_ref="comes-later", review="Skip")
    task.wait(
        "the wait",
        lambda seen: any(
            c["type"] == "Admitted" and c["reason"] == "ProfileMissing" for c in seen.get("conditions") or []
        ),
    )
    assert "comes-later" in task.condition("Admitted")["message"]
    field.profile_secret("comes-later")
    assert task.end()["reason"] == "Submitted"


def test_a_missing_profile_that_comes_wrong_ends_invalid(field: Field) -> None:
    without_secret(field, "comes-wrong")
    task = field.apply(profile_ref="comes-wrong", review="Skip")
    task.wait_condition("Admitted", "False")
    field.secret("comes-wrong", {"profile.yaml": b"application: {favourite_colour: red}\n", "cv.pdf": CV})
    assert "favourite_colour" in message_of(task, "InvalidSpec")


def bad(profile: dict, files: dict[str, bytes]) -> dict[str, bytes]:
    return {"profile.yaml": yaml.safe_dump(profile).encode(), **files}


@pytest.mark.parametrize(
    ("name", "change", "files", "word"),
    [
        ("mail", {"basics": {"name": "A B", "email": "nobody-at-nowhere"}}, {"cv.pdf": CV}, "e-mail"),
        ("empty", {}, {"cv.pdf": b""}, "empty"),
        ("not-pdf", {}, {"cv.pdf": b"plain words"}, "PDF"),
        ("absent", {}, {}, "cv.pdf"),
    ],
)
def test_a_wrong_profile_or_document_ends_invalid_with_words(
    field: Field, name: str, change: dict, files: dict[str, bytes], word: str
) -> None:
    field.secret(f"bad-{name}", bad({**field.profile(), **change}, files))
    task = field.apply(profile_ref=f"bad-{name}", review="Skip")
    assert word in message_of(task, "InvalidSpec")
    assert task.status.get("attempts") in (None, 0)


def test_an_answer_to_a_question_that_is_not_open_is_said_so(field: Field) -> None:
    task = field.apply()
    draft = task.wait_draft()
    task.answer("hitl_1", "whatever")
    status = task.wait("the word", lambda seen: any(r["id"] == "hitl_1" for r in seen.get("responses") or []))
    (entry,) = [r for r in status["responses"] if r["id"] == "hitl_1"]
    assert entry["state"] == "unknown"
    assert entry["message"]
    assert any(event["reason"] == "AnswerRefused" for event in task.events())
    task.answer(draft, "reject")
    assert task.end()["reason"] == "Rejected"


def test_a_pod_template_beyond_what_is_permitted_is_refused_with_words(field: Field) -> None:
    task = field.apply(podTemplate={"priorityClassName": "system-node-critical"})
    assert "priorityClassName" in message_of(task, "InvalidSpec")


def test_cancel_ends_the_task_for_the_record(field: Field) -> None:
    task = field.apply()
    task.wait_draft()
    assert field.plugin("cancel", task.name).returncode == 0
    assert task.end()["reason"] == "Cancelled"
    assert task.posts() == []


def test_suspend_stops_the_browser_and_resuming_starts_it_again(field: Field) -> None:
    task = field.apply()
    task.wait_draft()
    task.patch(suspend=True)
    task.wait("the stop", lambda seen: seen.get("phase") == "Suspended")
    task.patch(suspend=False)
    task.confirm()
    assert task.end()["reason"] == "Submitted"
    assert len(task.posts()) == 1


def test_a_deleted_task_takes_its_pod_and_draft_with_it(field: Field) -> None:
    task = field.apply()
    task.wait_draft()
    field.kubectl.run("delete", "applicationtask", task.name, "-n", SESSIONS)
    wait_until("the pod to go", lambda: task.pod() is None, seconds=60)
    wait_until(
        "the draft to go", lambda: field.kubectl.get("secret", f"{task.name}-draft", SESSIONS) is None, seconds=60
    )
    assert task.posts() == []


def test_a_finished_task_is_deleted_after_its_ttl(field: Field) -> None:
    task = field.apply("closed", ttlSecondsAfterFinished=1)
    wait_until(
        "the deletion",
        lambda: field.kubectl.get("applicationtask", task.name, SESSIONS) is None,
        seconds=90,
    )


def test_the_users_cap_queues_and_frees(field: Field) -> None:
    tasks = [field.apply(user="greedy", reviewTimeoutSeconds=120) for _ in range(4)]
    queued = wait_until(
        "the queue", lambda: [task for task in tasks if waits_for(task.status, "UserLimit")], seconds=60
    )
    assert len(queued) == 1, "three of a user's browsers at once"
    free = next(task for task in tasks if task not in queued)
    free.patch(cancel=True)
    queued[0].wait_condition("Admitted")
    for task in tasks:
        task.patch(cancel=True)
    assert all(task.end()["reason"] == "Cancelled" for task in tasks)
