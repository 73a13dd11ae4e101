"""From a manifest to a submitted form, as people do it."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from itertools import dropwhile

import pytest

from jobhunter_dev.applied_task import Field, fitting
from jobhunter_dev.demo import EXAMPLES
from jobhunter_dev.expected import differences, expected_answers
from jobhunter_dev.installation import SESSIONS


def test_a_manifest_becomes_a_submitted_application_equal_to_the_profile(field: Field) -> None:
    task = field.apply()
    draft = task.wait_draft()
    table = json.loads(
        base64.b64decode(field.kubectl.get("secret", f"{task.name}-draft", SESSIONS)["data"]["draft.json"])
    )
    assert all(row["source"] for row in table["fields"])
    assert table["hitl_id"] == draft
    task.answer(draft, "confirm")
    status = task.end()
    assert status["reason"] == "Submitted"
    assert status["phase"] == "Succeeded"
    assert status["attempts"] == 1
    (post,) = task.posts()
    assert post["outcome"] == "accepted"
    received = post["fields"]
    assert {"given-name", "family-name", "email", "tel"} <= received.keys()
    wanted = expected_answers(field.profile(), EXAMPLES / "cv.pdf")
    assert [
        item for item in differences(field.kubectl, task.kind, task.job, wanted) if item.get("token") in wanted
    ] == []
    assert not post["honeypot_filled"]
    assert post["csrf_ok"]
    shown = {row["token"]: row["value"] for row in table["fields"] if row.get("token") and row["value"]}
    assert shown["email"] == received["email"]
    reasons = {event["reason"] for event in task.events()}
    assert "Submitted" in reasons, reasons
    assert status["result"]["evidence"]
    assert not status.get("pendingInputs")


def test_two_users_apply_at_once_and_neither_sees_the_other(field: Field) -> None:
    other = field.profile({"given_name": "Ravi", "family_name": "Menon"})
    other["basics"] |= {"name": "Ravi Menon", "email": "ravi.menon@example.net"}
    field.profile_secret("ravi-profile", other)
    first = field.apply(user="asha", review="Skip")
    second = field.apply(user="ravi", review="Skip", profile_ref="ravi-profile")
    assert first.end()["reason"] == "Submitted"
    assert second.end()["reason"] == "Submitted"
    (one,), (two,) = first.posts(), second.posts()
    assert one["fields"]["email"] == field.profile()["basics"]["email"]
    assert two["fields"]["email"] == "ravi.menon@example.net"
    assert two["fields"]["given-name"] == "Ravi"


def test_a_question_is_asked_answered_by_the_plugin_and_sent(field: Field) -> None:
    task = field.apply("greenhouse-question")
    question = task.wait_input("text", "choice")
    answer = fitting(question, "Because of the tests")
    said = field.plugin("answer", task.name, "--id", question["id"], answer)
    assert said.returncode == 0, said.stdout + said.stderr
    task.wait_draft()
    said = field.plugin("answer", task.name, "confirm")
    assert said.returncode == 0, said.stdout + said.stderr
    assert task.end()["reason"] == "Submitted"
    (post,) = task.posts()
    assert answer in post["fields"].values()


def test_two_questions_of_a_page_are_asked_together(field: Field) -> None:
    task = field.apply("greenhouse-questions", questionTimeoutSeconds=60)
    status = task.wait("both questions", lambda seen: len(seen.get("pendingInputs") or []) == 2)
    answers = {item["id"]: fitting(item, f"Answer to {item['id']}") for item in status["pendingInputs"]}
    for ident, answer in answers.items():
        task.answer(ident, answer)
    task.confirm()
    assert task.end()["reason"] == "Submitted"
    (post,) = task.posts()
    assert set(answers.values()) <= set(post["fields"].values())


def test_an_edit_in_words_changes_the_draft_and_what_is_sent(field: Field) -> None:
    task = field.apply()
    first = task.wait_draft()
    task.answer(first, "change email to asha.second@example.org")
    status = task.wait(
        "a second draft",
        lambda seen: any(item["kind"] == "review" and item["id"] != first for item in seen.get("pendingInputs") or []),
    )
    second = next(item["id"] for item in status["pendingInputs"] if item["kind"] == "review")
    task.answer(second, "confirm")
    assert task.end()["reason"] == "Submitted"
    (post,) = task.posts()
    assert post["fields"]["email"] == "asha.second@example.org"


def test_a_rejected_draft_is_never_sent(field: Field) -> None:
    task = field.apply()
    task.answer(task.wait_draft(), "reject")
    assert task.end()["reason"] == "Rejected"
    assert task.posts() == []


def test_a_draft_nobody_confirms_expires_unsent(field: Field) -> None:
    task = field.apply(reviewTimeoutSeconds=5)
    task.wait_draft()
    assert task.end()["reason"] == "ReviewExpired"
    assert task.posts() == []


def test_a_server_error_is_put_to_the_person_who_presses_again(field: Field) -> None:
    task = field.apply("flaky", review="Skip")
    question = task.wait_input("choice")
    again = next(option for option in question["options"] if "again" in option.lower())
    task.answer(question["id"], again)
    assert task.end()["reason"] == "Submitted"
    assert [post["outcome"] for post in task.posts()] == ["error", "accepted"]


def test_a_server_error_with_silence_ends_unconfirmed_and_can_be_settled(field: Field) -> None:
    task = field.apply("flaky", review="Skip", questionTimeoutSeconds=5)
    task.wait_input("choice")
    assert task.end()["reason"] == "SubmissionUnconfirmed"
    said = field.plugin("settle", task.name, "sent")
    assert said.returncode == 0, said.stderr
    status = task.wait("settled", lambda seen: seen.get("reason") == "Submitted")
    assert status["phase"] == "Succeeded"
    assert len(task.posts()) == 1


def test_a_refused_press_goes_back_to_review_and_a_second_press_goes_through(field: Field) -> None:
    task = field.apply("strict")
    first = task.wait_draft()
    task.answer(first, "confirm")
    status = task.wait(
        "the form to come back",
        lambda seen: (
            any(item["id"] != first for item in seen.get("pendingInputs") or []) or bool(seen.get("completionTime"))
        ),
    )
    answered = {first}
    while not status.get("completionTime"):
        for item in status.get("pendingInputs") or []:
            if item["id"] not in answered:
                phone = field.profile()["basics"]["phone"]
                task.answer(item["id"], "confirm" if item["kind"] == "review" else phone)
                answered.add(item["id"])
        status = task.wait(
            "the next step",
            lambda seen: (
                bool(seen.get("completionTime"))
                or any(item["id"] not in answered for item in seen.get("pendingInputs") or [])
            ),
        )
    assert status["reason"] == "Submitted", status
    assert [post["outcome"] for post in task.posts()] == ["refused", "accepted"]


def test_an_unseen_outcome_ends_unconfirmed_and_not_sent_frees_the_posting(field: Field) -> None:
    task = field.apply("hidden-confirmation", review="Skip", user="settler")
    assert task.end()["reason"] == "SubmissionUnconfirmed"
    again = field.apply("hidden-confirmation", job=task.job, review="Skip", user="settler")
    assert again.end()["reason"] == "DuplicateApplication"
    assert field.plugin("settle", task.name, "not-sent").returncode == 0
    task.wait("settled", lambda seen: (seen.get("result") or {}).get("outcome") == "not-sent")
    third = field.apply("hidden-confirmation", job=task.job, review="Skip", user="settler")
    assert third.end()["reason"] == "SubmissionUnconfirmed"
    assert len(task.posts()) == 2


def test_deleted_and_applied_again_after_a_submission_is_a_duplicate(field: Field) -> None:
    task = field.apply(user="repeater", review="Skip")
    assert task.end()["reason"] == "Submitted"
    field.kubectl.run("delete", "applicationtask", task.name, "-n", SESSIONS)
    again = field.apply(user="repeater", job=task.job, name=task.name, review="Skip")
    assert again.end()["reason"] == "DuplicateApplication"
    wanted = field.apply(user="repeater", job=task.job, review="Skip", allowDuplicate=True)
    assert wanted.end()["reason"] == "Submitted"
    assert len(task.posts()) == 2


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("closed", "PostingClosed"), ("gone", "PostingClosed"), ("noform", "ManualApplicationRequired")],
)
def test_a_page_that_cannot_be_applied_on_ends_with_its_reason(field: Field, kind: str, reason: str) -> None:
    task = field.apply(kind, questionTimeoutSeconds=5)
    status = task.end()
    assert status["reason"] == reason
    assert task.condition("Succeeded")["message"]
    assert task.posts() == []


def test_a_login_wall_asks_a_choice_and_silence_hands_over(field: Field) -> None:
    task = field.apply("login", questionTimeoutSeconds=5)
    question = task.wait_input("choice")
    assert question["reason"] == "Login"
    assert task.end()["reason"] == "ManualApplicationRequired"


def test_kubectl_get_watch_tells_the_story(field: Field) -> None:
    task = field.apply()
    command = [field.kubectl.program("kubectl"), "get", "apptask", task.name, "-n", SESSIONS, "--watch", "--no-headers"]
    with subprocess.Popen(command, env=field.kubectl.env(), stdout=subprocess.PIPE, text=True) as watching:
        task.confirm()
        task.end()
        time.sleep(1)  # the last line is on its way
        watching.terminate()
        said, _ = watching.communicate(timeout=10)
    told = [" ".join(line.split()[1:-2]) for line in said.splitlines()]  # without name, site and age
    story = [words for words, before in zip(told, ["", *told], strict=False) if words != before]
    story = list(dropwhile(("Pending", "Starting").__contains__, story))  # gone unwritten on a slow machine
    assert story == ["Running", "WaitingForInput DraftReview", "Running", "Succeeded Submitted"], said


def test_watch_tells_the_story_and_draft_saves_the_picture(field: Field, tmp_path) -> None:
    task = field.apply()
    task.wait_draft()
    picture = tmp_path / "draft.jpg"
    said = field.plugin("draft", task.name, "-o", str(picture))
    assert said.returncode == 0, said.stderr
    assert picture.read_bytes()[:3] == b"\xff\xd8\xff"
    assert "asha" in said.stdout.lower()
    field.plugin("answer", task.name, "confirm")
    said = field.plugin("watch", task.name)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Submitted" in said.stdout
